"""What a rehearsal found, as one document: measured, predicted for every card, and how far the prediction was off.

Reads the user's rows ({split}.parquet), if there are any, for their lengths; writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kotune.core.names import TRAIN
from kotune.core.records import commit, machine, package_versions
from kotune.core.storage import Json
from kotune.cost import fit, model, row_lengths
from kotune.cost.cards import Card, card_named, cards_of
from kotune.cost.fit import Job
from kotune.cost.row_lengths import Lengths
from kotune.cost.shapes import lora_parameters
from kotune.models.precision import BYTES_A_PARAMETER
from kotune.rehearsal import rehearse, runs

FLOPS = (
    "4 x weights of the frozen layers + 6 x weights of LoRA + 3 x forward pass of causal attention, for each token "
    "that is no padding; 4 x weights of the output layer for each answer's token; nothing that checkpointing computes "
    "again"
)


def lengths_from(
    settings: Json, files: Sequence[Path], prompt: Json | None, family: Json | None
) -> tuple[Lengths | None, Lengths | None]:
    """Return the lengths of the train rows and of the rows to answer, guessed from characters; None without files."""
    if not files:
        return None, None
    from kotune.core.storage import read_parquet
    from kotune.prompts.families import family_from
    from kotune.prompts.variants import INFERENCE, TRAINING, renderer

    rate = settings["rehearsal"]["characters_per_token"]
    spoken = family_from(settings["model"]["family"], family or {})
    trained: Lengths = []
    asked: Lengths = []
    for file in files:
        rows = read_parquet(file).to_dicts()
        if not rows:
            continue
        learned = file.stem == TRAIN
        render = renderer(prompt or {}, spoken, list(rows[0]), TRAINING if learned else INFERENCE)
        texts = [
            (render.prompt({k: v or "" for k, v in row.items()}), row.get(render.learned.gold) or "") for row in rows
        ]
        (trained if learned else asked).extend(row_lengths.of_texts(texts, rate))
    return trained, asked or trained


def off(predicted: float, measured: float) -> float:
    """Return by what share a prediction is off."""
    return predicted / measured - 1


def errors(settings: Json, job: Job, measured: Json, card: Card | None) -> Json:
    """Return the prediction's error on this machine's card, for exactly the rows that ran; null where it has none."""
    found: Json = {"training": None, "answers": None}
    if card is None:
        return found
    asked, constants = settings["rehearsal"], settings["constants"]
    if job.tuned and measured["training"]["fits"]:
        steps = asked["warmup_steps"] + asked["timed_steps"]
        rows = runs.rehearsed_rows(job, steps, settings["seed"])
        said = fit.trained(replace(job, rows=rows), card, constants)
        is_ = measured["training"]
        found["training"] = {
            "gib": off(said["gib"], is_["gib"]),
            "seconds": off(is_["tokens_per_second"], said["tokens_per_second"]),
            "predicted": said,
        }
    if measured["answers"]["fits"]:
        prompts = runs.rehearsed_prompts(job, asked["prompts"])
        said = fit.answering(replace(job, prompts=prompts), card, constants)
        is_ = measured["answers"]
        found["answers"] = {
            "gib": off(said["gib"], is_["gib"]),
            "seconds": off(is_["prompts_per_second"], said["prompts_per_second"]),
            "predicted": said,
        }
    return found


def document(settings: Json, job: Job, measured: Json, brought: bool) -> Json:
    """Return the whole result."""
    on_gpu, constants = measured["device"] == "cuda", settings["constants"]
    here = card_named(machine()["device"], settings["cards"]) if on_gpu else None
    measured = rehearse.extrapolated(measured, job)
    per_token = model.flops_per_token(job.shape, job.plan, job.rows) if job.tuned else None
    trained = measured["training"]
    if trained and trained["fits"]:
        trained["mfu"] = per_token * trained["tokens_per_second"] / here.peak if here and per_token else None
    fits = measured["answers"]["fits"] and (trained is None or trained["fits"])
    parameters = settings["model"]["parameters"] or job.shape.parameters
    law = settings["lengths"]
    assumed = f"{settings['rehearsal']['characters_per_token']:g} characters a token, assumed"
    return {
        "kind": "rehearsal",
        "study": settings["study"],
        "model": settings["model"]["name"],
        "arm": settings["arm"],
        "asked": {key: settings[key] for key in ("model", "recipe", "generation", "compute", "seed", "rehearsal")},
        "on": machine(),
        "card": here.name if here else None,
        "shrunken": "shape_caps" in settings["rehearsal"],
        "lengths": {
            "from": f"rows that were brought; {assumed}" if brought else law["source"],
            "assumed": True,
            "train": row_lengths.summary(job.rows),
            "rows": {"train": job.row_count, "answered": job.prompt_count},
            "answers": job.answer_count,
        },
        "path": job.plan.path,
        "provisional": model.path_of(job.plan, constants)["provisional"],
        "flops": FLOPS,
        "flops_per_token": per_token,
        "parameters": job.shape.parameters,
        "trainable_parameters": lora_parameters(job.shape, job.plan) if job.tuned else 0,
        "download_gb": parameters * BYTES_A_PARAMETER / 1e9,
        "measured": {**measured, "fits": fits},
        "change": "" if fits else change_of(job, here, constants),
        "error": errors(settings, job, measured, here),
        "predicted": [fit.predicted(job, card, constants) for card in cards_of(settings["cards"]).values()],
        "packages": package_versions(),
        "commit": commit(),
    }


def change_of(job: Job, card: Card | None, constants: Json) -> str:
    """Return what to change if this machine's card turned out to be too small."""
    if card is None:
        return "its card is not in config/cards.yaml, so nothing is predicted for it; halve the batch sizes"
    return fit.advice(job, card, constants) or "the cost model expects it to fit; halve the batch sizes"


def in_one_line(result: Json) -> str:
    """Return what a user wants to know first."""
    words = []
    for name, part in (("training", result["measured"]["training"]), ("answers", result["measured"]["answers"])):
        if part is None:
            continue
        if not part["fits"]:
            words.append(f"{name} does not fit")
            continue
        answered = name == "answers"
        pace = f"{part['prompts_per_second']:.2f}/s" if answered else f"{part['tokens_per_second']:,.0f} tokens/s"
        words.append(f"{name} {pace}, {part['gib']:.1f} GiB, {part['hours']:.2f} h for the full run")
    if result["change"]:
        words.append(f"to make it fit: {result['change']}")
    return "; ".join(words)
