"""The engine of a training: TRL as this repository drives it, or Unsloth, which lives in an environment of its own.

Reads nothing but which files there are; writes nothing. Unsloth's pins clash with ours, so that it trains under another
Python: this one where it has Unsloth, else the one that KOTUNE_UNSLOTH_PYTHON names, else that of .venv-unsloth.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from kotune.core import gpu_pool
from kotune.core.errors import UserError, nearest
from kotune.core.names import METHOD, REDRAW, ROOT, TRAINING_ENGINES
from kotune.core.registry import module_of
from kotune.core.storage import Json

AUTO, TRL, UNSLOTH = "auto", "trl", "unsloth"
ENGINES = (AUTO, TRL, UNSLOTH)
PYTHON = "KOTUNE_UNSLOTH_PYTHON"
HANDED_OVER = "KOTUNE_HANDED_OVER"  # set for the Python that a training was handed over to
PLACE = ROOT / ".venv-unsloth" / "bin" / "python"
INSTALL = "install it by requirements-unsloth.txt into .venv-unsloth (docs/performance.md)"
LORA = ("r", "lora_alpha", "lora_dropout", "bias", "use_rslora", "target_modules")  # what Unsloth is handed


def wanted(recipe: Json) -> str:
    """Return the engine that a recipe names; UserError for one that there is not."""
    asked = recipe.get("engine", TRL)
    if asked not in ENGINES:
        raise UserError(f"recipe.engine: unknown '{asked}'{nearest(str(asked), ENGINES)}")
    return str(asked)


def _refused_key(recipe: Json) -> str | None:
    """Return the words on what of a recipe Unsloth cannot do, or None."""
    trainer, watch = recipe["trainer"], recipe.get("watch") or {}
    if recipe.get("method", METHOD) != METHOD:
        return f"it trains by the method '{METHOD}' only"
    if "budget" in recipe:
        return "it draws rows in an order of its own, and `budget` counts them beforehand"
    if REDRAW in recipe:
        return "it sees the same rows in each epoch, and the mixture is drawn again"
    if recipe.get("cards", 1) > 1:
        return "it sees one card, and `cards` asks for more"
    for key in recipe["lora"]:
        if key not in LORA:
            return f"it is not handed lora.{key}"
    if (recipe.get("quantization") or {}).get("load_in_8bit"):
        return "it is not handed quantization.load_in_8bit"
    if not (trainer.get("bf16") or trainer.get("fp16")):
        return "it computes in 16 bits, and neither trainer.bf16 nor trainer.fp16 is true"
    if trainer.get("use_liger_kernel"):
        return "it has kernels of its own, and trainer.use_liger_kernel asks for Liger's"
    if watch.get("samples"):
        return "it does not answer while it trains, and watch.samples asks for that"
    return None


def refusal(recipe: Json, start: object = None) -> str | None:
    """Return why Unsloth cannot train by a recipe on any machine, or None; ``start``: an adapter to start from."""
    return "it starts no training from another adapter" if start else _refused_key(recipe)


def own_python() -> Path | None:
    """Return the Python that has Unsloth, as far as can be known without starting it; None where there is none."""
    if find_spec(UNSLOTH) is not None:
        return Path(sys.executable)
    given = os.environ.get(PYTHON)
    if given:
        if not Path(given).is_file():
            raise UserError(f"{PYTHON}: there is no '{given}'; name the Python of an environment that has Unsloth")
        return Path(given)
    return PLACE if PLACE.is_file() else None


def lack(compute: Json) -> str | None:
    """Return what a machine lacks for Unsloth, and what to do; None where it has all."""
    if compute.get("device", "cpu") == "cpu":
        return "its kernels are written for CUDA GPUs, and compute.device of the scale is cpu"
    if own_python() is None:
        return f"it is not installed; {INSTALL}"
    return None


def check(recipe: Json, compute: Json, where: str, start: object = None) -> None:
    """Raise UserError where a recipe insists on Unsloth and cannot have it; ``where``: who says it."""
    why = lack(compute) or refusal(recipe, start) if wanted(recipe) == UNSLOTH else None
    if why:
        raise UserError(f"{where}, engine: unsloth cannot train here: {why}; or set it to auto")


def chosen(recipe: Json, compute: Json, start: object = None) -> tuple[str, list[str]]:
    """Return the engine that trains on this machine, and notes for the record on why it is not Unsloth.

    Raises UserError where a recipe insists on Unsloth and cannot have it.
    """
    if wanted(recipe) == TRL:
        return TRL, []
    check(recipe, compute, "recipe", start)
    why = lack(compute) or refusal(recipe, start) or (None if gpu_pool.visible() else "there is no CUDA GPU")
    if why and wanted(recipe) == UNSLOTH:
        raise UserError(f"recipe.engine: unsloth cannot train here: {why}; or set it to auto")
    return (TRL, [f"not by Unsloth: {why}"]) if why else (UNSLOTH, [])


def hand_over(engine: str, script: Path, arguments: Sequence[str]) -> None:
    """Go on as the Python that has Unsloth, where this one has not: the process becomes it, and does not return."""
    if engine != UNSLOTH or find_spec(UNSLOTH) is not None:
        return
    python = own_python()
    if python is None or os.environ.get(HANDED_OVER):
        raise UserError(f"{sys.executable}: has no Unsloth; {INSTALL}")
    sys.stdout.flush()
    sys.stderr.flush()
    environment = {**os.environ, HANDED_OVER: "1"}
    os.execve(python, [str(python), str(script.resolve()), *arguments], environment)


def module(engine: str) -> ModuleType:
    """Return the module of an engine other than TRL, by its name: a job's code hash holds the one that it may use."""
    return module_of(TRAINING_ENGINES, engine)


def modules_named(recipe: Json) -> list[str]:
    """Return the dotted names of the modules that a training may load because of its recipe's engine."""
    return [] if wanted(recipe) == TRL else [f"{TRAINING_ENGINES}.{UNSLOTH}"]
