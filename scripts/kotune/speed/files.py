"""The measurements of one card as one document: what `make bench` writes, and what the paper's appendix is made from.

Reads the folder of single measurements that tools/benchmark_gpu.py fills; `config/speed/benchmarks/` holds the
documents that are kept.
"""

from __future__ import annotations

import re
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_json

OWN = "kotune"
MEASURED = ("tokens_per_second", "repeats", "gib", "gib_allocated", "mfu", "gflop_per_token", "joules_per_token")
ARM = ("prompts_per_second", "new_tokens_per_second", "seconds")


def slug(card: str) -> str:
    """Return a card's name as a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", card.lower()).strip("-")


def collect(folder: Path, asked: Json, on: str) -> Json:
    """Return the document of a folder's measurements; ``asked`` is config/benchmarks.yaml, ``on`` the day in words.

    Raises UserError where measurements of two cards lie in the folder, or none, or a file that is no measurement.
    """
    found = {path.stem: read_json(path) for path in sorted(folder.glob("*.json"))}
    for name, one in found.items():
        if not isinstance(one, dict) or "card" not in one:
            raise UserError(f"{folder / name}.json: is no measurement (it names no card); move it out of {folder}")
    cards = sorted({one["card"] for one in found.values()})
    if len(cards) != 1:
        what = "no measurements" if not cards else f"measurements of {' and '.join(cards)}"
        raise UserError(f"{folder}: holds {what}; name a folder with the measurements of one card")
    training = [_training(name, one, asked) for name, one in found.items() if "tokens_per_second" in one]
    answering = [_answering(one, asked) for one in found.values() if "tuned" in one]
    if not training and not answering:
        raise UserError(f"{folder}: holds no file that benchmark_recipe.py or benchmark_unsloth.py wrote")
    packages = next((one["packages"] for one in found.values() if "packages" in one), {})
    return {
        "card": cards[0],
        "on": on,
        "model": asked["model"],
        "packages": packages,
        "training": sorted(training, key=lambda one: one["name"]),
        "answering": sorted(answering, key=lambda one: one["name"]),
    }


def _training(name: str, one: Json, asked: Json) -> Json:
    other = {"by": f"Unsloth {one['unsloth']}"} if "unsloth" in one else {"by": OWN}
    told = {} if "unsloth" in one else asked["training"].get(one["name"], {})
    way = {"way": one["passes"]["way"]} if isinstance(one.get("passes"), dict) else {}
    model = {"model": told["model"]} if "model" in told else {}
    return {"name": one["name"], **other, "about": told.get("about", name), **model, **way} | {
        key: one[key] for key in (*MEASURED, "losses") if key in one
    }


def _answering(one: Json, asked: Json) -> Json:
    told = asked["answering"].get(one["name"], {})
    own = {"name": one["name"], "about": told.get("about", one["name"]), "gib": one["gib"]}
    return (
        own
        | {key: one[key] for key in ("prompts", "new_tokens")}
        | {arm: {key: one[arm][key] for key in ARM} for arm in ("tuned", "base") if arm in one}
    )
