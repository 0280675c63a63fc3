"""What the members of an ensemble give it, and the example rows that the paper shows.

Reads answer files, score files and the ensembles' records; gives entries for numbers.json. Examples are chosen by rule
and never by hand: the same scores always show the same rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from kotune.core.names import BASE, ENSEMBLE, SELECTED
from kotune.core.storage import Json, needed, read_json, read_jsonl
from kotune.printing.numbers import count, number
from kotune.report.view import Report, Treatment

Row = tuple[str, str]  # split, id
Side = tuple[str, str]  # model (or "ensemble"), arm (or method)


def vote_pattern(answers: list[str]) -> str:
    """Return how many members gave each answer, most first, as ``2:1:0``: equal means equal letter for letter."""
    votes = sorted(Counter(answers).values(), reverse=True)
    return ":".join(str(times) for times in votes + [0] * (len(answers) - len(votes)))


def vote_patterns(members: int) -> list[str]:
    """Return every pattern that so many members can make, from all agreeing to all differing."""

    def split_up(left: int, most: int) -> list[list[int]]:
        if left == 0:
            return [[]]
        return [[first, *rest] for first in range(min(left, most), 0, -1) for rest in split_up(left - first, first)]

    return [":".join(map(str, parts + [0] * (members - len(parts)))) for parts in split_up(members, members)]


def _first(report: Report, model: str, arm: str) -> Treatment:
    return (model, arm, report.seeds(arm)[0])


def votes(report: Report) -> dict[str, Json]:
    """Return how often the members agree: rows and share of each pattern, on each split that is shown."""
    if not report.members:
        return {}
    arm = report["ensembles"]["arm"]
    treatments = [_first(report, member, arm) for member in report.members]
    by_row: dict[Row, list[str]] = {}
    for treatment in treatments:
        for line in read_jsonl(report.answers(treatment)):
            by_row.setdefault((line["split"], line["id"]), []).append(line["answer"])
    records = [report.shown(report.answers(treatment, "record.json")) for treatment in treatments]
    entries = {}
    for split in report.voted:
        patterns = Counter(vote_pattern(answers) for (of, _), answers in by_row.items() if of == split)
        rows = sum(patterns.values())
        for pattern in vote_patterns(len(report.members)):
            key = f"{report.name}.votes.{split}.{pattern}"
            entries[f"{key}.rows"] = count(patterns[pattern], records, n=rows)
            entries[f"{key}.share"] = number(100 * patterns[pattern] / max(1, rows), 1, records, n=rows)
    return entries


def members(report: Report) -> dict[str, Json]:
    """Return what each member gives each ensemble, from the ensembles' own records; a share beside each count."""
    entries = {}
    for method in report.methods:
        path = report.answers(_first(report, ENSEMBLE, method), "record.json")
        records = [report.shown(path)]
        for line in needed(needed(read_json(path), "found", path), "contributions", path):
            key = f"{report.name}.members.{method}.{line['member']}.{line['split']}"
            for part in ("chosen", "gave", "sole_correct"):
                entries[f"{key}.{part}"] = count(needed(line, part, path), records, n=line["rows"])
            if line.get("without") is not None:
                digits = report["digits"]
                entries[f"{key}.without"] = number(line["without"], digits, records, n=line["rows"])
                entries[f"{key}.contribution"] = number(
                    line["contribution"], digits, records, sign=True, n=line["rows"]
                )
    return entries


@dataclass(frozen=True)
class Example:
    """One row that the paper shows. ``name`` is part of its keys, ``rule`` says in words how it was found."""

    name: str
    rule: str
    split: str
    id: str | None  # None: no row fits the rule


def best_tuned(selection: Json, report: Report) -> Side | None:
    """Return the highest ranked (model, arm) that was tuned, the winner as a rule; `selected` where that was tuned."""
    if SELECTED in report.models:
        return SELECTED, report.main_arm or BASE
    for entry in [selection["winner"], *selection["ranking"]]:
        if entry["arm"] in report.tuned_arms:
            return entry["model"], entry["arm"]
    return None


class Scores:
    """Scores by (model, arm), row and metric; a file is read when it is first asked for (first seed)."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.known: dict[Side, dict[Row, dict[str, float]]] = {}

    def of(self, side: Side) -> dict[Row, dict[str, float]]:
        """Return {row: {metric: value}} of one (model, arm)."""
        if side not in self.known:
            rows: dict[Row, dict[str, float]] = {}
            for line in read_jsonl(self.report.scores(_first(self.report, *side))):
                rows.setdefault((line["split"], line["id"]), {})[line["metric"]] = line["value"]
            self.known[side] = rows
        return self.known[side]

    def primary(self, side: Side, row: Row) -> float:
        """Return a row's value of the study's primary metric."""
        return self.of(side)[row][self.report["primary_metric"]]

    def right(self, side: Side, row: Row) -> bool:
        """Return whether an answer is exactly right (or scores 1 where exact match is not measured)."""
        values = self.of(side)[row]
        return values.get("exact_match", values[self.report["primary_metric"]]) >= 1


def shown_sides(report: Report, best: Side | None) -> list[Side]:
    """Return whose answers an example shows: the best model's base and tuned self, the members, the main ensemble."""
    sides: list[Side] = []
    if best:
        sides += [(best[0], BASE)] if best[0] in report.bases else []
        sides += [best]
    if report.members:
        arm = report["ensembles"]["arm"]
        sides += [(member, arm) for member in report.members]
        sides += [(ENSEMBLE, report.main_method)] if report.main_method else []
    return list(dict.fromkeys(sides))


def _pick(name: str, rule: str, split: str, candidates: list[tuple[float, str]]) -> Example:
    """Return the example with the lowest value; of equals the lowest id."""
    return Example(name, rule, split, min(candidates)[1] if candidates else None)


def choose_examples(report: Report, scores: Scores, best: Side | None) -> list[Example]:
    """Return the example rows: best gain, worst loss, all members wrong, ensemble against its favourite."""
    if not report["reported"]:
        return []
    first, examples = report["reported"][0], []

    def ids(split: str, side: Side) -> list[str]:
        return [name for of, name in scores.of(side) if of == split]

    if best and best[0] in report.bases:
        base = (best[0], BASE)
        for split in report["reported"]:
            gains = [
                (scores.primary(best, (split, id)) - scores.primary(base, (split, id)), id) for id in ids(split, best)
            ]
            won = [(-gain, id) for gain, id in gains if gain > 0]
            lost = [(gain, id) for gain, id in gains if gain < 0]
            examples.append(_pick(f"gain.{split}", f"largest gain by tuning {best[0]}", split, won))
            examples.append(_pick(f"loss.{split}", f"largest loss by tuning {best[0]}", split, lost))
    if report.members:
        arm = report["ensembles"]["arm"]
        sides = [(member, arm) for member in report.members]
        for split in report["reported"]:
            wrong = [
                (max(scores.primary(side, (split, id)) for side in sides), id)
                for id in ids(split, sides[0])
                if not any(scores.right(side, (split, id)) for side in sides)
            ]
            examples.append(_pick(f"wrong.{split}", "every member wrong, lowest best score", split, wrong))
        if report.main_method:
            examples += _ensemble_examples(report, scores, first, ids(first, sides[0]))
    return examples


def _ensemble_examples(report: Report, scores: Scores, split: str, ids: list[str]) -> list[Example]:
    favourite = (report["ensembles"]["favourite"], report["ensembles"]["arm"])
    ensemble = (ENSEMBLE, report.main_method or "")
    rescued, spoilt = [], []
    for id in ids:
        row = (split, id)
        if scores.right(ensemble, row) and not scores.right(favourite, row):
            rescued.append((scores.primary(favourite, row), id))
        if scores.right(favourite, row) and not scores.right(ensemble, row):
            spoilt.append((scores.primary(ensemble, row), id))
    return [
        _pick("rescued", f"the ensemble right where {favourite[0]} is wrong", split, rescued),
        _pick("spoilt", f"the ensemble wrong where {favourite[0]} is right", split, spoilt),
    ]


def examples(report: Report) -> dict[str, Json]:
    """Return the score of each answer that an example shows."""
    best = best_tuned(read_json(report.folder / "selection.json"), report)
    scores, entries = Scores(report), {}
    for example in choose_examples(report, scores, best):
        if example.id is None:
            continue
        for side in shown_sides(report, best):
            records = [report.shown(report.scores(_first(report, *side), "record.json"))]
            value = scores.primary(side, (example.split, example.id))
            key = f"{report.name}.example.{example.name}.{side[1]}.{side[0]}"
            entries[key] = number(value, report["digits"], records, row=example.id, split=example.split)
    return entries
