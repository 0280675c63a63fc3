"""The example rows that the paper shows, and the score of each answer to them.

Reads score files and selection.json; gives entries for numbers.json. Examples are chosen by rule and never by hand: the
same scores always show the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from kotune.core.names import BASE, ENSEMBLE, SELECTED
from kotune.core.storage import Json, read_json, read_jsonl
from kotune.printing.numbers import number
from kotune.report.view import Report

Row = tuple[str, str]  # split, id
Side = tuple[str, str]  # model (or "ensemble"), arm (or method)


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
        self.unasked: dict[Side, set[Row]] = {}

    def of(self, side: Side) -> dict[Row, dict[str, float]]:
        """Return {row: {metric: value}} of one (model, arm)."""
        if side not in self.known:
            rows: dict[Row, dict[str, float]] = {}
            unasked = self.unasked.setdefault(side, set())
            for line in read_jsonl(self.report.scores(self.report.of_first_seed(*side))):
                if line.get("number"):  # of several samples the first is shown
                    continue
                rows.setdefault((line["split"], line["id"]), {})[line["metric"]] = line["value"]
                if not line.get("asked", True):
                    unasked.add((line["split"], line["id"]))
            self.known[side] = rows
        return self.known[side]

    def rows(self, side: Side, split: str, *others: Side) -> list[Row]:
        """Return the rows of a split that a side, and each other, was asked, in the order of the side's scores."""
        given = [self.of(one) for one in (side, *others)]
        unasked = set().union(*(self.unasked[one] for one in (side, *others)))
        return [row for row in given[0] if row[0] == split and row not in unasked]

    def primary(self, side: Side, row: Row) -> float:
        """Return a row's value of the study's primary metric."""
        return self.of(side)[row][self.report["primary_metric"]]

    def right(self, side: Side, row: Row) -> bool:
        """Return whether an answer is exactly right (or scores 1 where exact match is not measured)."""
        values = self.of(side)[row]
        return values.get("exact_match", values[self.report["primary_metric"]]) >= 1


def shown_sides(report: Report, best: Side | None) -> list[Side]:
    """Return whose answers an example shows: the best model's base and tuned self, the members, the main ensemble.

    Of a study that names the arms to be shown (`shown`): the best model's answers under each of them besides.
    """
    sides: list[Side] = []
    if best:
        sides += [(best[0], BASE)] if best[0] in report.bases else []
        sides += [
            (best[0], arm) for arm in report.settings.get("shown", []) if best[0] in report["arms"][arm]["models"]
        ]
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
    examples = []
    if best and best[0] in report.bases:
        examples += [one for split in report["reported"] for one in _of_tuning(scores, best, split)]
    if report.members:
        examples += [_all_wrong(report, scores, split) for split in report["reported"]]
    if report.main_method:
        examples += _of_ensemble(report, scores, report.main_method, report["reported"][0])
    return examples


def _of_tuning(scores: Scores, best: Side, split: str) -> list[Example]:
    """Return the rows that tuning made better, and worse, by most."""
    base = (best[0], BASE)
    rows = scores.rows(best, split, base)
    gains = [(scores.primary(best, row) - scores.primary(base, row), row[1]) for row in rows]
    won = [(-gain, id) for gain, id in gains if gain > 0]
    lost = [(gain, id) for gain, id in gains if gain < 0]
    return [
        _pick(f"gain.{split}", f"largest gain by tuning {best[0]}", split, won),
        _pick(f"loss.{split}", f"largest loss by tuning {best[0]}", split, lost),
    ]


def _all_wrong(report: Report, scores: Scores, split: str) -> Example:
    """Return the row that every member answered wrongly, and none nearly right."""
    sides = [(member, report["ensembles"]["arm"]) for member in report.members]
    wrong = [
        (max(scores.primary(side, row) for side in sides), row[1])
        for row in scores.rows(sides[0], split, *sides[1:])
        if not any(scores.right(side, row) for side in sides)
    ]
    return _pick(f"wrong.{split}", "every member wrong, lowest best score", split, wrong)


def _of_ensemble(report: Report, scores: Scores, method: str, split: str) -> list[Example]:
    """Return a row that the ensemble has right and its favourite wrong, and one the other way round."""
    arm = report["ensembles"]["arm"]
    favourite, ensemble = (report["ensembles"]["favourite"], arm), (ENSEMBLE, method)
    rescued, spoilt = [], []
    for row in scores.rows((report.members[0], arm), split, favourite, ensemble):
        if scores.right(ensemble, row) and not scores.right(favourite, row):
            rescued.append((scores.primary(favourite, row), row[1]))
        if scores.right(favourite, row) and not scores.right(ensemble, row):
            spoilt.append((scores.primary(ensemble, row), row[1]))
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
            records = [report.shown(report.scores(report.of_first_seed(*side), "record.json"))]
            value = scores.primary(side, (example.split, example.id))
            key = f"{report.name}.example.{example.name}.{side[1]}.{side[0]}"
            entries[key] = number(value, report["digits"], records, row=example.id, split=example.split)
    return entries
