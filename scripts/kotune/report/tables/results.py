"""The tables on what came out: baseline, tuned, clean-up, comparisons.

Read numbers; for clean-up the answers' records, for comparisons statistics.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from kotune.core.names import BASE, ENSEMBLE
from kotune.core.storage import Json
from kotune.printing.numbers import Numbers, difference_key, fixed, mean_key, treatment_key
from kotune.printing.table import Cell, Column, Row, Table, build, shown_at, shown_below, text, with_best
from kotune.report.gather.cleanup import ALL, mark_title, marks_of
from kotune.report.gather.study import pair_key, pair_sides, read_statistics
from kotune.report.tables import answered, at_risk
from kotune.report.titles import INTERVALS, metric_title, side_title, uneven_seeds
from kotune.report.view import Report
from kotune.scoring.verdicts import ALPHA, least_p


def baseline_table(report: Report, numbers: Numbers) -> Table:
    """Each model before tuning: on every reported split every metric, and how many rows were asked."""
    places = [(f"{split}_{metric}", split, metric) for split in report["reported"] for metric in report["metrics"]]
    columns = [Column("model", "model")]
    for split in report["reported"]:
        columns += [
            Column(name, metric_title(report, metric), "interval", split) for name, of, metric in places if of == split
        ]
        columns += answered.columns(f"{split}_", split)
    rows = []
    for model, arm, _ in report.treatments(BASE):
        keys = {name: mean_key(report.name, model, arm, split, metric) for name, split, metric in places}
        row = {"model": text(model), **shown_at(numbers, columns, keys)}
        for split in report["reported"]:
            row |= answered.of_contender(report, numbers, f"{split}_", model, arm, split)
        rows.append(row)
    notes = [f"{INTERVALS} {answered.note(numbers, report.name, report['reported'])}"]
    lowest = [name for name, _, metric in places if report.less_is_better(metric)]
    best = with_best(rows, [name for name, _, metric in places if report.ranks(metric)], lowest)
    return build("baseline", "The models before tuning", columns, [best], notes + at_risk.notes(report, numbers))


def tuned_table(report: Report, numbers: Numbers) -> Table:
    """Base against tuned, model by model, with the paired difference and its p value."""
    arms = Column("arm", "arm", printed=len(report.other_arms) > 1)
    columns = [Column("metric", "metric"), Column("model", "model"), arms]
    for split in report["reported"]:
        columns += [
            Column(f"{split}_base", "base", "interval", split),
            Column(f"{split}_tuned", "tuned", "interval", split),
            Column(f"{split}_difference", "difference", "interval", split),
            Column(f"{split}_p", "p", "number", split),
            Column(f"{split}_p_holm", "p, Holm", "number", split),
        ]
    sections = []
    metrics = sorted(report["metrics"], key=lambda metric: metric != report["primary_metric"])
    for arm in report.other_arms:
        for metric in metrics:
            rows = [
                {
                    "model": text(model),
                    "arm": text(arm),
                    **shown_at(numbers, columns, _tuned_keys(report, numbers, model, arm, metric)),
                }
                for model in report["arms"][arm]["models"]
            ]
            rows[0]["metric"] = text(metric_title(report, metric))
            sections.append(rows)
        sections.append(_tuned_answers(report, numbers, arm))
    notes = [
        f"{INTERVALS} Difference: tuned minus base on the same rows; p: paired test. "
        f"{answered.note(numbers, report.name, report['reported'])}{uneven_seeds(report)}{_asked_otherwise(report)}"
    ]
    return build("tuned", "Before and after tuning", columns, sections, notes + at_risk.notes(report, numbers))


def _asked_otherwise(report: Report) -> str:
    """Return a sentence on the arms that are not tuned; nothing where all but the base are."""
    found = [arm for arm in report.other_arms if arm not in report.tuned_arms]
    return f" Not tuned: {', '.join(found)}, the base asked with another prompt." if found else ""


def _tuned_answers(report: Report, numbers: Numbers, arm: str) -> list[Row]:
    """Return, below the metrics of an arm, how its answers and those of the base ended."""
    rows = []
    for model in report["arms"][arm]["models"]:
        row = {"model": text(model), "arm": text(arm)}
        for split in report["reported"]:
            for place, of in (("base", BASE), ("tuned", arm)):
                if of in report["arms"]:
                    counts = answered.of_contender(report, numbers, "", model, of, split)
                    row[f"{split}_{place}"] = counts["answers"]
        rows.append(row)
    return [{**rows[0], "metric": text("answers")}, *rows[1:]]


def _tuned_keys(report: Report, numbers: Numbers, model: str, arm: str, metric: str) -> dict[str, str]:
    """Return the keys of what a metric was before and after tuning, by column: up to five on each reported split."""
    keys = {}
    for split in report["reported"]:
        difference = difference_key(report.name, (model, BASE), (model, arm), split, metric)
        keys[f"{split}_base"] = mean_key(report.name, model, BASE, split, metric)
        keys[f"{split}_tuned"] = mean_key(report.name, model, arm, split, metric)
        keys[f"{split}_difference"] = difference
        keys[f"{split}_p"] = f"{difference}.p"
        if f"{difference}.p_holm" in numbers:
            keys[f"{split}_p_holm"] = f"{difference}.p_holm"
    return keys


def cleanup_table(report: Report, numbers: Numbers) -> Table:
    """How many answers each clean-up mark cut, and what that did to their character F1."""
    columns = [
        Column("model", "model"),
        Column("arm", "arm"),
        Column("seed", "seed"),
        Column("split", "split"),
        Column("mark", "mark"),
        Column("cut", "cut", "count", "answers"),
        Column("better", "better", "count", "answers"),
        Column("worse", "worse", "count", "answers"),
        Column("change", "change", "number", "char-F1"),
        Column("uncut", "uncut", "number", "char-F1"),
        Column("scored", "as scored", "number", "char-F1"),
    ]
    sections: list[list[Row]] = []
    marked = marks_of(report)
    for (model, arm, seed), marks in marked.items():
        for split in report["reported"]:
            start = f"{treatment_key(report.name, 'cleanup', model, arm, seed)}.{split}"
            rows = [
                {"mark": text(title), **shown_below(numbers, columns, f"{start}.{title}")}
                for title in [*map(mark_title, marks), ALL]
            ]
            rows[0] |= {"model": text(model), "arm": text(arm), "seed": text(seed), "split": text(split)}
            sections.append(rows)
    notes = [
        "An answer is cut at the first mark that occurs in it; cut: answers that lost more than white space. Better, "
        "worse: how many of these have a higher or a lower char-F1 than uncut. Change: of the mean over all rows of "
        "the split. Uncut: what was generated, less control tokens."
    ]
    none = ["No answer was cut: the prompts have no clean-up marks."]
    return build("cleanup", "Answers that clean-up marks cut", columns, sections, notes if marked else none)


class _Place(NamedTuple):
    """Where a comparison stands in the table; a line is drawn where metric, split or kind changes."""

    metric: int
    split: int
    kind: int  # 0: with the base, 1: of two arms or models, 2: with an ensemble
    sides: tuple[int, ...]


def _placed(report: Report, statistics: Json) -> list[tuple[_Place, Json]]:
    """Return each comparison on a reported split with its place, in order."""
    arms = {name: place for place, name in enumerate([*report["arms"], *report.methods])}
    models = {name: place for place, name in enumerate([*report.models, ENSEMBLE])}
    placed = []
    for pair in statistics["pairs"]:
        if pair["split"] not in report["reported"] or pair["metric"] not in report["metrics"]:
            continue
        (a_model, a_arm), (b_model, b_arm) = pair_sides(pair)
        kind = 0 if a_arm == BASE else 2 if b_model == ENSEMBLE else 1
        sides = (arms[b_arm], arms[a_arm], models[a_model], models[b_model])
        place = _Place(report["metrics"].index(pair["metric"]), report["reported"].index(pair["split"]), kind, sides)
        placed.append((place, pair))
    return sorted(placed, key=lambda entry: entry[0])


def _comparison(report: Report, numbers: Numbers, columns: list[Column], pair: Json) -> dict[str, Cell]:
    """Return the row of one comparison."""
    key = pair_key(report, pair)
    entry = numbers[key]
    corrected = {"p_holm": f"{key}.p_holm"} if f"{key}.p_holm" in numbers else {}
    counts = {name: Cell(entry[name], fixed(entry[name], 0), key) for name in ("n", "articles")}
    return {
        "comparison": text(pair["name"]),
        **{side: text(side_title(*of)) for side, of in zip("ab", pair_sides(pair), strict=True)},
        "split": text(pair["split"]),
        "metric": text(metric_title(report, pair["metric"])),
        **counts,
        **shown_at(numbers, columns, {"difference": key, "p": f"{key}.p"} | corrected),
        "verdict": text(entry.get("verdict", "")),
        "test": text(pair["test"]),
    }


def unreachable(pairs: Sequence[Json], splits: Sequence[str], unit: str) -> list[str]:
    """Return a sentence on each family whose smallest threshold no test over so few units can reach."""
    found = {
        (pair["split"], pair["claim"]): (pair["articles"], pair["family"])
        for pair in pairs
        if pair["split"] in splits and "family" in pair and len(pair.get("by_seed", ())) < 2
    }
    return [
        f"{split}: with {units} {unit}s no p is below {least_p(units):.2g}, and the {size} comparisons of the claim "
        f"'{claim}' ask for {ALPHA / size:.2g}: no single one of them can be sure by itself."
        for (split, claim), (units, size) in found.items()
        if least_p(units) > ALPHA / size
    ]


def comparisons_table(report: Report, numbers: Numbers) -> Table:
    """Every test that was made, with its n."""
    columns = [
        Column("comparison", "comparison"),
        Column("a", "a"),
        Column("b", "b"),
        Column("split", "split"),
        Column("metric", "metric"),
        Column("n", "rows", "count"),
        Column("articles", f"{report['task']['unit']}s", "count"),
        Column("difference", "b - a", "interval"),
        Column("p", "p", "number"),
        Column("p_holm", "p, Holm", "number"),
        Column("verdict", "verdict"),
        Column("test", "test", printed=False),
    ]
    sections = [
        [_comparison(report, numbers, columns, pair) for _, pair in group]
        for _, group in groupby(_placed(report, read_statistics(report)), key=lambda entry: entry[0][:-1])
    ]
    notes = [
        "Differences are of the same rows, b minus a, with 95 % intervals. p, Holm: corrected within the comparisons "
        "of one split and one kind of claim by the primary metric; verdicts follow it, or the study's margin. Other "
        f"metrics only describe; upper bounds are no claim.{answered.similarity_note(numbers, report.name)}"
        f"{uneven_seeds(report)}",
        *unreachable(read_statistics(report)["pairs"], report["reported"], report["task"]["unit"]),
    ]
    return build("comparisons", "All paired comparisons", columns, sections, notes)
