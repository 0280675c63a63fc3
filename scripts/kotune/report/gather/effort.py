"""Gather the numbers on what was done and what it cost: trainings, answers, seconds, memory.

Reads curves, adapters' headers, answer files and records. What differs from run to run goes to costs.json, all else to
numbers.json.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.names import SELECTED
from kotune.core.storage import Json, needed, read_json, read_jsonl
from kotune.core.tensor_file import count_values
from kotune.models.adapters import WEIGHTS
from kotune.printing.numbers import Numbers, count, number, prompt_key, treatment_key
from kotune.report.view import Report, Treatment


def training(report: Report, known: Numbers) -> dict[str, Json]:
    """Return what each training did: rows, steps, losses, tokens, trainable parameters.

    ``known`` holds the numbers of the models and prompts.
    """
    entries = {}
    for treatment in report.trained():
        model, arm, seed = treatment
        start = treatment_key(report.name, "training", model, arm, seed)
        folder, of_arm = report.adapter(treatment), report["arms"][arm]
        curve = folder / "curve.jsonl"
        lines = [line for line in read_jsonl(curve) if "loss" in line]
        if not lines:
            raise UserError(f"{curve}: holds no loss; remove the folder {folder} and run again")
        records = [report.shown(curve), report.shown(folder / "record.json")]
        entries[f"{start}.steps"] = count(lines[-1]["step"], records)
        entries[f"{start}.epochs"] = number(lines[-1]["epoch"], 2, records)
        entries[f"{start}.first_loss"] = number(lines[0]["loss"], 3, records)
        entries[f"{start}.last_loss"] = number(lines[-1]["loss"], 3, records)
        for part in ("tokens", "target_tokens"):
            entries[f"{start}.{part}"] = count(needed(lines[-1], part, curve), records)
        rendered = prompt_key(report.name, model, of_arm["rowset"], of_arm["prompt"], "train")
        rows, cut = known[f"{rendered}.rows"], known[f"{rendered}.excluded"]
        entries[f"{start}.rows"] = count(rows["value"] - cut["value"], rows["records"])
        weights = folder / WEIGHTS
        trainable, records = count_values(weights, "remove it and run again"), [report.shown(weights)]
        entries[f"{start}.trainable_parameters"] = count(trainable, records)
        own = report.selected_model if model == SELECTED else model
        share = 100 * trainable / known[f"{report.name}.model.{own}.parameters"]["value"]
        entries[f"{start}.trainable_percent"] = number(share, 2, records)
    return entries


def answers(report: Report) -> dict[str, Json]:
    """Return how many answers of each treatment and split ran into the length limit instead of stopping."""
    entries = {}
    for treatment in report.treatments():
        model, arm, seed = treatment
        path = report.answers(treatment)
        ends = Counter((line["split"], line["finish_reason"]) for line in read_jsonl(path))
        records = [report.shown(report.answers(treatment, "record.json"))]
        for split in sorted({split for split, _ in ends}):
            start = treatment_key(report.name, "answers", model, arm, seed)
            rows = sum(times for (of, _), times in ends.items() if of == split)
            entries[f"{start}.{split}.rows"] = count(rows, records)
            entries[f"{start}.{split}.cut"] = count(ends[split, "length"], records, n=rows)
    return entries


def costs(report: Report) -> dict[str, Json]:
    """Return seconds, speed and peak memory of each training, each set of answers and its scoring, and their sum."""
    entries: dict[str, Json] = {}
    total, peaks, everything = 0.0, [], []
    steps: list[tuple[str, Treatment, Path]] = [
        *(("training", one, report.adapter(one) / "record.json") for one in report.trained()),
        *(("answers", one, report.answers(one, "record.json")) for one in report.treatments()),
        *(("scores", one, report.scores(one, "record.json")) for one in report.treatments()),
    ]
    for step, (model, arm, seed), path in steps:
        cost = needed(read_json(path), "cost", path)
        start, records = f"{treatment_key(report.name, 'cost', model, arm, seed)}.{step}", [report.shown(path)]
        seconds = needed(cost, "seconds", path)
        total, everything = total + seconds, [*everything, *records]
        entries[f"{start}.seconds"] = number(seconds, 1, records)
        peaks.append(needed(cost, "peak_memory_gib", path))
        entries[f"{start}.peak_memory_gib"] = number(peaks[-1], 2, records)
        speed = cost.get("tokens_per_second") or (cost["tokens"] / seconds if cost.get("tokens") and seconds else None)
        if speed:
            entries[f"{start}.tokens_per_second"] = number(speed, 0, records)
    entries[f"{report.name}.cost.minutes"] = number(total / 60, 1, everything)
    entries[f"{report.name}.cost.peak_memory_gib"] = number(max(peaks), 2, everything)
    return entries
