"""Engines of training side by side: what each is asked, the document of what was found, and its table.

Reads config/speed/engines/*.json where they are kept; writes nothing. The first way is the one that others are held
against: the same model, rows, order and recipe, so that losses differ only by the sums' last digits.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, read_json
from kotune.prompts.families import asked_of_tokenizer
from kotune.speed.settings import SEED
from kotune.speed.tables import markdown
from kotune.training.engine import TRL, UNSLOTH

# Name → what the recipe gets for it: TRL's padded batches, the fastest way of this repository, and Unsloth.
WAYS: dict[str, Json] = {
    "trl": {"engine": TRL, "passes": {"layers": "plain"}},
    "fused": {"engine": TRL, "passes": {"layers": "auto"}},
    "unsloth": {"engine": UNSLOTH},
}
ABOUT = {"trl": "TRL, padded batches", "fused": "TRL through fused layers", "unsloth": "Unsloth"}
CHATS = {"prompt": {"median": 120, "sigma": 0.7, "max": 1400}, "answer": {"low": 60, "high": 400}}
SHORT = {"prompt": {"median": 60, "sigma": 0.5, "max": 200}, "answer": {"low": 8, "high": 40}}  # for stand-ins
FOUND = (
    "tokens_per_second",
    "repeats",
    "rows_per_second",
    "gib",
    "gib_allocated",
    "mfu",
    "packages",
    "passes",
    "notes",
)


def model_settings(name: str, models: Json, stand_ins: Json, families: Json, folder: Path) -> Json:
    """Return a model's settings object: a stand-in's own folder, or ``folder``, where random weights will lie."""
    entry = stand_ins.get(name) or models.get(name)
    if entry is None:
        known = [*stand_ins, *models]
        raise UserError(f"--model: config/models.yaml has no '{name}'{nearest(name, known)}")
    kept = {key: entry[key] for key in ("family", "context_window", "architecture", "shape") if key in entry}
    if name not in stand_ins and "shape" not in kept:
        raise UserError(f"--model: the catalogue has no shape of '{name}', so that no random weights can be made")
    path = entry["path"] if name in stand_ins else str(folder)
    return {"name": name, **kept, "path": path, "dtype": "bfloat16", **asked_of_tokenizer(families[entry["family"]])}


def settings_of(way: str, model: Json, recipe: Json, rows: int, epochs: int, compute: Json) -> Json:
    """Return what `speed.measure.measure_training` takes to measure one way.

    The steps are those of whole epochs over made-up rows: a recipe's own number of steps is not looked at.
    """
    trainer = {key: value for key, value in recipe["trainer"].items() if key != "max_steps"}
    asked = {key: recipe[key] for key in ("lora", "quantization", "loss") if key in recipe}
    if compute["device"] == "cpu":
        trainer |= {"bf16": False, "gradient_checkpointing": False}
        asked["quantization"] = None
    law = CHATS if "shape" in model else SHORT
    return {
        "name": way,
        "model": model,
        "recipe": {**asked, "trainer": trainer, **WAYS[way]},
        "rows": {"count": rows, "seed": 0, **law},
        "epochs": epochs,
        "seed": SEED,
        "compute": compute,
        "curve": True,
    }


def largest_difference(losses: Sequence[float], others: Sequence[float]) -> float | None:
    """Return how far two curves are from each other where they differ most; None where they have no step in common."""
    pairs = list(zip(losses, others, strict=False))
    return round(max(abs(one - other) for one, other in pairs), 6) if pairs else None


def document(asked: Json, found: Mapping[str, Json], on: str) -> Json:
    """Return one document of the ways that were measured on one card; ``on``: the day, in words."""
    first = next((one for one in found.values() if "failed" not in one), None)
    if first is None:
        reasons = "; ".join(f"{name}: {one['failed']}" for name, one in found.items())
        raise UserError(f"no way could be measured: {reasons}")
    base = next(iter(found.values()))
    ways = []
    for name, one in found.items():
        about = {"name": name, "about": ABOUT[name]}
        if "failed" in one:
            ways.append({**about, "failed": one["failed"]})
            continue
        losses = [loss for _, loss, _ in one["curve"]]
        off = None if one is base or "failed" in base else [loss for _, loss, _ in base["curve"]]
        kept = {key: one[key] for key in FOUND if one.get(key) is not None}
        far = {} if off is None else {"largest_difference": largest_difference(losses, off)}
        ways.append({**about, **kept, "losses": [round(loss, 5) for loss in losses], **far})
    return {"card": first["card"], "on": on, **asked, "tokens": first["tokens"], "ways": ways}


def table(documents: Sequence[Json]) -> str:
    """Return the table of documents in Markdown: a row a way, in their order."""
    if not documents:
        return "Nothing was measured yet.\n"
    head = ["card", "model", "trained by", "tokens/s", "GiB reserved (in use)", "mean loss", "loss off by at most"]
    rows = []
    for one in documents:
        for way in one["ways"]:
            by = way["about"]
            version = way.get("packages", {}).get("unsloth")
            row = [one["card"], one["model"], f"{by} {version}" if version else by]
            if "failed" in way:
                rows.append([*row, f"failed: {way['failed']}", "–", "–", "–"])
                continue
            gib = f"{way['gib']:.2f} ({way['gib_allocated']:.2f})" if "gib" in way else "–"
            far = way.get("largest_difference")
            mean = statistics.fmean(way["losses"])
            rows.append(
                [*row, f"{way['tokens_per_second']:,}", gib, f"{mean:.4f}", "–" if far is None else f"{far:.4f}"]
            )
    return markdown(head, rows)


def kept_at(root: Path) -> list[Json]:
    """Return the documents that are kept."""
    return [read_json(path) for path in sorted((root / "config/speed/engines").glob("*.json"))]
