"""The table of a ladder: what each rung scores, what it adds to the rung before, what it learned, how seeds differ.

Reads numbers; of a benchmark by lm-evaluation-harness the accuracy over all its tasks, where the study asks one.
"""

from __future__ import annotations

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.numbers import Numbers, difference_key, fixed, mean_key, treatment_key
from kotune.printing.table import Cell, Column, Row, Table, build, shown_at, text
from kotune.report import harness_names
from kotune.report.titles import INTERVALS, metric_title, uneven_seeds
from kotune.report.view import Report

NOTHING = "This study has no ladder of arms."
LADDER = "ladder"  # of the report's settings, and the table's name
LEARNED = ("rows", "steps", "target_tokens")
TITLE = "The ladder: what each rung adds to the one before"
CLEAN, PUBLISHED = "clean", "published"


def benchmark_of(report: Report) -> tuple[Json, str] | None:
    """Return the first benchmark that is asked, and its row with the fewest shots, clean where there is such; None."""
    asked = next(iter(report.settings.get("harness", [])), None)
    if asked is None:
        return None
    protocol = CLEAN if CLEAN in asked["protocols"] else PUBLISHED
    row = {"protocol": protocol, "shots": min(asked["num_fewshot"]), "template": asked["template"]}
    return asked, harness_names.row_name(row)


def _benchmark_key(report: Report, numbers: Numbers, model: str, arm: str) -> str | None:
    found = benchmark_of(report)
    if found is None:
        return None
    asked, row = found
    start = harness_names.start_of(report.name, asked["evaluation"])
    tasks = ["kobest", *asked["tasks"]]  # the group, or where there is none the first task
    keys = [harness_names.mean_key(start, arm, model, row, task, "acc") for task in tasks]
    return next((key for key in keys if key in numbers), None)


def ladder_table(report: Report, numbers: Numbers) -> Table:
    """Return a row a rung and model, in the study's order; a section a reported split."""
    if LADDER not in report.settings:
        return build(LADDER, TITLE, [Column("arm", "rung")], [], [NOTHING])
    found = benchmark_of(report)
    columns = [
        Column("split", "split"),
        Column("arm", "rung"),
        Column("model", "model", printed=len(report["models"]) > 1),
        Column("seeds", "seeds", "count"),
        Column("mean", metric_title(report, report["primary_metric"]), "interval"),
        Column("low_seed", "lowest", "number", "of its seeds"),
        Column("high_seed", "highest", "number", "of its seeds"),
        Column("added", "difference", "interval", "less the rung before"),
        Column("p_holm", "p, Holm", "number", "less the rung before"),
        Column("verdict", "word", "text", "less the rung before"),
        Column("rows", "rows", "count", "learned"),
        Column("steps", "steps", "count", "learned"),
        Column("target_tokens", "tokens in the loss", "count", "learned"),
        *([Column("benchmark", "accuracy", "interval", found[0]["title"])] if found else []),
    ]
    sections = [
        [
            _rung(report, numbers, columns, split, place, model)
            for place, arm in enumerate(report[LADDER])
            for model in report["arms"][arm]["models"]
        ]
        for split in report["reported"]
    ]
    rows = numbers[mean_key(report.name, *_first(report), report["reported"][0], report["primary_metric"])]["n"]
    notes = [
        f"{INTERVALS} {fixed(rows, 0)} rows in {report['reported'][0]}. Differences are paired, of the same rows and "
        "the seeds that both rungs have; the word follows p corrected within the comparisons of its kind, or the "
        "study's margin. Rows, steps and tokens in the loss: of the rung's own training with the first seed, not of "
        f"those that it starts from.{uneven_seeds(report)}"
    ]
    if found:
        notes.append(f"Accuracy of {found[0]['title']}: over all items, {found[1]}.")
    return build(LADDER, TITLE, columns, sections, notes)


def _first(report: Report) -> tuple[str, str]:
    arm = report[LADDER][0]
    return report["arms"][arm]["models"][0], arm


def _rung(report: Report, numbers: Numbers, columns: list[Column], split: str, place: int, model: str) -> Row:
    """Return the row of a rung."""
    arm, metric = report[LADDER][place], report["primary_metric"]
    mean, seeds = mean_key(report.name, model, arm, split, metric), report.seeds(arm)
    keys = {"mean": mean} | _against(report, numbers, split, place, model)
    row: dict[str, Cell] = {"split": text(split), "arm": text(arm), "model": text(model)}
    row["seeds"] = Cell(len(seeds), str(len(seeds)))
    of_seeds = sorted((numbers[key]["value"], key) for seed in seeds if (key := f"{mean}.seed{seed}") in numbers)
    if of_seeds:
        keys |= {"low_seed": of_seeds[0][1], "high_seed": of_seeds[-1][1]}
    if arm != BASE:
        start = treatment_key(report.name, "training", model, arm, seeds[0])
        keys |= {name: f"{start}.{name}" for name in LEARNED if f"{start}.{name}" in numbers}
    benchmark = _benchmark_key(report, numbers, model, arm)
    if benchmark:
        keys["benchmark"] = benchmark
    if "added" in keys:
        row["verdict"] = text(numbers[keys["added"]].get("verdict", ""))
    return {**row, **shown_at(numbers, columns, keys)}


def _against(report: Report, numbers: Numbers, split: str, place: int, model: str) -> dict[str, str]:
    """Return the keys of a rung's difference to the rung before; none for the first."""
    if not place:
        return {}
    before, arm = report[LADDER][place - 1], report[LADDER][place]
    key = difference_key(report.name, (model, before), (model, arm), split, report["primary_metric"])
    if key not in numbers:
        return {}
    return {"added": key} | ({"p_holm": f"{key}.p_holm"} if f"{key}.p_holm" in numbers else {})
