"""A judge's two tables: rule and judge side by side, never averaged; and what the judge's audit found.

Takes verdicts with their labels, what `scoring.judges.shares` and `scoring.judges.audit` say of them, and what
`plan.judges.tabulating` says of the evaluation; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.numbers import Numbers, count, number, p_text
from kotune.printing.table import Column, Row, Table, build, shown_below, text
from kotune.report.evaluation_names import judge_names
from kotune.report.titles import INTERVALS
from kotune.scoring.intervals import wilson
from kotune.scoring.judges.audit import counts_of, disagreement
from kotune.scoring.judges.classes import EMPTY, FAILED, NOT_ASKED, UNREADABLE
from kotune.scoring.judges.shares import JUDGE, RULE

OUTSIDE = {"empty": EMPTY, "unreadable": UNREADABLE, "failed": FAILED, "not_asked": NOT_ASKED}
SIDES = {RULE: "rule", JUDGE: "judge"}
SILENT = "decides nothing"
Files = Sequence[tuple[Json, Sequence[Json]]]


def _place(start: str, model: str, arm: str, split: str) -> str:
    return f"{start}.{arm}.{model}.{split}"


def numbers_of(settings: Json, files: Files, shares: Json, audit: Json) -> Numbers:
    """Return every number of the two tables, with the records of the verdicts that it is of."""
    start, digits = f"{settings['study']}.judge.{settings['evaluation']}", settings["digits"]
    grouped: dict[tuple[str, str], list[tuple[Json, Sequence[Json]]]] = {}
    for label, lines in files:
        grouped.setdefault((label["model"], label["arm"]), []).append((label, lines))
    records = {one: [_record(settings, label) for label, _ in of] for one, of in grouped.items()}
    entries: dict[str, Json] = {}
    for (model, arm), of in grouped.items():
        for split in settings["splits"]:
            lines = [line for _, every in of for line in every if line["split"] == split]
            entries |= _counts(_place(start, model, arm, split), lines, digits, records[model, arm])
    for line in shares["means"]:
        one = line["model"], line["arm"]
        key = f"{_place(start, *one, line['split'])}.{SIDES[line['metric']]}"
        facts = {"n": line["n"], "articles": line["articles"], "no_spread": line.get("no_spread")}
        entries[key] = number(line["mean"], digits, records[one], (line["low"], line["high"]), **facts)
    for pair in shares["pairs"]:
        a, b = ((pair[side]["model"], pair[side]["arm"]) for side in "ab")
        key = f"{_place(start, *b, pair['split'])}.{SIDES[pair['metric']]}_difference"
        both, bounds = [*records[a], *records[b]], (pair["low"], pair["high"])
        facts = {"n": pair["n"], "no_spread": pair.get("no_spread")}
        entries[key] = number(pair["difference"], digits, both, bounds, sign=True, **facts)
        p = pair["p_holm"]
        entries[f"{key}_p"] = number(p, digits, both, text=p_text(p), verdict=pair["verdict"])
    everything = [record for of in records.values() for record in of]
    return Numbers(entries | _audit(f"{start}.audit", audit, digits, everything), f"verdicts of {start}")


def _record(settings: Json, label: Json) -> str:
    folder = f"{settings['study']}/verdicts/{settings['evaluation']}"
    return f"{folder}/{label['model']}/{label['arm']}/seed{label['seed']}.record.json"


def _counts(key: str, lines: Sequence[Json], digits: int, records: list[str]) -> dict[str, Json]:
    found = {f"{key}.answers": count(sum("planted" not in line for line in lines), records)}
    for column, side in SIDES.items():
        counted = counts_of(lines, column)
        found |= {f"{key}.{side}_{name}": count(counted.get(what, 0), records) for name, what in OUTSIDE.items()}
    unequal = disagreement(lines)
    found[f"{key}.both"] = count(unequal["both"], records)
    found[f"{key}.unequal"] = count(unequal["unequal"], records)
    if unequal["kappa"] is not None:
        found[f"{key}.kappa"] = number(unequal["kappa"], digits, records)
    return found


def _share(some: int, of: int, digits: int, records: list[str]) -> Json:
    return number(some / of, digits, records, wilson(some / of, of), n=of)


def _audit(key: str, audit: Json, digits: int, records: list[str]) -> dict[str, Json]:
    of_all = {"planted": audit["judged"] + sum(one["failed"] for one in audit["faults"].values())}
    of_all |= {"failed": of_all["planted"] - audit["judged"], "passed": audit["passed"]}
    found = {}
    for place, counts in enumerate([*audit["faults"].values(), of_all]):
        found |= {f"{key}.{place}.{name}": count(value, records) for name, value in counts.items()}
        if judged := counts["planted"] - counts["failed"]:
            found[f"{key}.{place}.share"] = _share(counts["passed"], judged, digits, records)
    for name in ("twice", "equal"):
        noise = audit[name]
        found |= {f"{key}.{name}.planted": count(noise["inputs"], records)}
        found |= {f"{key}.{name}.passed": count(noise["unequal"], records)}
        if noise["inputs"]:
            found[f"{key}.{name}.share"] = _share(noise["unequal"], noise["inputs"], digits, records)
    return found


def tables(settings: Json, files: Files, numbers: Numbers, audit: Json) -> list[Table]:
    """Return the table of rule and judge, and that of the audit."""
    return [_table(settings, files, numbers, audit), _audit_table(settings, numbers, audit)]


def _columns() -> list[Column]:
    own = [
        Column("model", "model"),
        Column("arm", "arm"),
        Column("split", "rows"),
        Column("answers", "answers", "count"),
    ]
    for side in SIDES.values():
        own += [
            Column(side, "refused", "interval", side),
            Column(f"{side}_difference", "against the base", "interval", side),
            Column(f"{side}_difference_p", "p, Holm", "number", side),
            Column(f"{side}_word", "word", group=side),
            Column(f"{side}_unreadable", "unreadable", "count", side),
            Column(f"{side}_empty", "empty", "count", side),
        ]
    own.append(Column("judge_failed", "failed", "count", "judge"))
    both = "rule and judge"
    return [
        *own,
        Column("both", "scored by both", "count", both),
        Column("unequal", "disagree", "count", both),
        Column("kappa", "kappa", "number", both),
    ]


def _table(settings: Json, files: Files, numbers: Numbers, audit: Json) -> Table:
    start, columns = f"{settings['study']}.judge.{settings['evaluation']}", _columns()
    sections: dict[str, list[Row]] = {}
    contenders = dict.fromkeys((label["model"], label["arm"]) for label, _ in files)
    for model, arm in sorted(contenders, key=lambda one: one[1] != BASE):
        for split in settings["splits"]:
            key = _place(start, model, arm, split)
            row = {"model": text(model), "arm": text(arm), "split": text(split)}
            row |= shown_below(numbers, columns, key) | _words(numbers, key, audit)
            sections.setdefault(arm, []).append(row)
    title = f"{settings['title']}: who refuses, by a rule and by a judge"
    return build(
        judge_names(settings["evaluation"])[0], title, columns, list(sections.values()), _notes(settings, audit)
    )


def _words(numbers: Numbers, key: str, audit: Json) -> Mapping[str, object]:
    """Return the word of each side's difference; a judge that passed too many faults has none."""
    found = {}
    for side in SIDES.values():
        p = f"{key}.{side}_difference_p"
        if p in numbers:
            silent = side == "judge" and not audit["decides"]
            found[f"{side}_word"] = text(SILENT if silent else numbers[p]["verdict"])
    return found


def _decides(settings: Json, audit: Json) -> str:
    most = f"{audit['most']:.0%}"
    if audit["share"] is None:
        return "Of no planted fault did the judge say anything: it is shown here and decides nothing."
    told = f"The judge passed {audit['passed']} of {audit['judged']} planted faults ({audit['share']:.1%})"
    if audit["decides"]:
        return f"{told}, not more than the {most} that it may pass."
    return f"{told}, more than the {most} that it may pass: it is shown here and decides nothing."


def _notes(settings: Json, audit: Json) -> list[str]:
    judge = settings["judge"]
    model = f", model {judge['model']}" if "model" in judge else ""
    return [
        f"Judge: {judge['title']}{model}; rule: {judge['beside']}. The two are never averaged. Refused is a share of "
        "the answers that were found to refuse or to comply; empty and unreadable answers, and failures of the judge, "
        "are classes of their own and no scores.",
        f"{INTERVALS} kappa: agreement beyond chance (Cohen).",
        f"{_decides(settings, audit)} See the table of its audit.",
    ]


def _audit_table(settings: Json, numbers: Numbers, audit: Json) -> Table:
    start = f"{settings['study']}.judge.{settings['evaluation']}.audit"
    columns = [
        Column("what", "planted"),
        Column("planted", "answers", "count"),
        Column("failed", "failed", "count"),
        Column("passed", "passed, or unequal", "count"),
        Column("share", "share", "interval"),
    ]

    def row(place: object, what: str) -> Row:
        return {"what": text(what), **shown_below(numbers, columns, f"{start}.{place}")}

    faults = [row(place, what) for place, what in enumerate(audit["faults"])]
    noise = [
        row("twice", "the same answer twice: unequal verdicts"),
        row("equal", "equal answers of several arms or seeds: unequal verdicts"),
    ]
    said = settings["judge"]["audit"]
    notes = [
        f"Of each fault {said['planted']} answers are planted in each file of answers by the seed {said['seed']}, or "
        "as many as its rows allow. A fault is passed where the judge takes the answer for a sound one: it says "
        "refused or complied of it; of the opposite, it says what would be right. A judge's failures are left out of "
        "the shares, whose intervals are Wilson's. Unequal verdicts on equal inputs are the judge's own noise.",
        _decides(settings, audit),
    ]
    title = f"{settings['title']}: faults that the judge passed, and its noise"
    sections = [faults, [row(len(faults), "all faults")], noise]
    return build(judge_names(settings["evaluation"])[1], title, columns, sections, notes)
