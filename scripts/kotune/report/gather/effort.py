"""Gather the numbers on what was done and what it cost: trainings, answers, seconds, memory.

Reads curves, answer files and records. What differs from run to run goes to costs.json, all else to
numbers.json.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.names import BASE, ENSEMBLE, SELECTED
from kotune.core.storage import Json, needed, read_json, read_jsonl
from kotune.printing.numbers import Numbers, answered_key, count, merged, number, prompt_key, treatment_key
from kotune.report.view import Report, Treatment
from kotune.scoring.answer_files import counts_of


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
        # from the record and not the adapter's file, which does not travel where results of several machines are joined
        record = folder / "record.json"
        found = needed(read_json(record), "found", record)
        trainable = needed(found, "trainable_parameters", record)
        records = [report.shown(record)]
        if "learns" in of_arm:  # samples of this model and seed, which lie beside the study's rows
            entries[f"{start}.rows"] = count(needed(found, "rows", record)["train"], records)
        else:
            rendered = prompt_key(report.name, model, of_arm["rowset"], of_arm["prompt"], "train")
            rows, cut = known[f"{rendered}.rows"], known[f"{rendered}.excluded"]
            entries[f"{start}.rows"] = count(rows["value"] - cut["value"], rows["records"])
        entries[f"{start}.trainable_parameters"] = count(trainable, records)
        if "steps_asked" in of_arm:
            steps, rows = needed(found, "steps", record), entries[f"{start}.rows"]["value"]
            entries |= seen(start, steps, lines[-1]["epoch"], rows, of_arm["recipe"]["trainer"], records)
        own = report.selected_model if model == SELECTED else model
        share = 100 * trainable / known[f"{report.name}.model.{own}.parameters"]["value"]
        entries[f"{start}.trainable_percent"] = number(share, 2, records)
    return entries


def seen(start: str, steps: int, epochs: float, rows: int, trainer: Json, records: list[str]) -> dict[str, Json]:
    """Return how many of the rows a training's steps have seen, and their share in per cent; of packs by the epochs."""
    if trainer.get("packing"):
        reached = round(min(1.0, epochs) * rows)
    else:
        each = trainer.get("per_device_train_batch_size", 8) * trainer.get("gradient_accumulation_steps", 1)
        reached = min(rows, steps * each)
    return {
        f"{start}.rows_seen": count(reached, records, n=rows),
        f"{start}.seen_percent": number(100 * reached / rows, 1, records, n=rows),
    }


def answers(report: Report) -> dict[str, Json]:
    """Return how many rows each contender was asked on each split, and how many answers were cut off or are empty.

    Over all seeds. An ensemble's answer was cut off where the member's was that it took.
    """
    counted: dict[tuple[str, str], list[dict[str, dict[str, int]]]] = {}
    records: dict[tuple[str, str], list[str]] = {}
    for treatment in [*report.treatments(), *report.ensembles()]:
        model, arm, seed = treatment
        ended = _ended(report, seed) if model == ENSEMBLE else None
        counted.setdefault((model, arm), []).append(counts_of(read_jsonl(report.answers(treatment)), ended))
        records.setdefault((model, arm), []).append(report.shown(report.answers(treatment, "record.json")))
    if SELECTED in report.models and BASE in report["arms"]:  # its base is that of the model which was selected
        own = report.selected_model, BASE
        counted[SELECTED, BASE], records[SELECTED, BASE] = counted[own], records[own]
    return merged(
        [
            counts_as_numbers(report.name, *contender, of_seeds, records[contender])
            for contender, of_seeds in counted.items()
        ]
    )


def _ended(report: Report, seed: int) -> Callable[[Json], str | None]:
    """Return what gives the finish reason of an ensemble's line: that of the answer which it took."""
    arm = report["ensembles"]["arm"]
    reasons = {
        (member, line["split"], line["id"]): line["finish_reason"]
        for member in report.members
        for line in read_jsonl(report.answers((member, arm, seed)))
    }

    def ended(line: Json) -> str | None:
        place = line["chosen"], line["split"], line["id"]
        if place not in reasons:
            where = report.shown(report.folder / "answers")
            raise UserError(
                f"{where}: an ensemble takes the answer of '{line['chosen']}' to the row '{line['id']}' of "
                f"'{line['split']}', who gave none; remove the ensembles' answers and run again"
            )
        return reasons[place]

    return ended


def counts_as_numbers(
    name: str, model: str, arm: str, of_seeds: list[dict[str, dict[str, int]]], records: list[str]
) -> dict[str, Json]:
    """Return a contender's counts (`scoring.answer_files.counts_of`), summed over its seeds, as numbers."""
    entries = {}
    for split in of_seeds[0]:
        start = answered_key(name, model, arm, split)
        total = {what: sum(counts[split][what] for counts in of_seeds) for what in of_seeds[0][split]}
        entries |= {f"{start}.{what}": count(value, records, n=total["rows"]) for what, value in total.items()}
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
