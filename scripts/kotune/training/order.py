"""What one training is asked to do, in precision that the device has, and the fingerprints of all that it asks for.

Reads files for their hashes; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kotune.core.code_hash import code_hash
from kotune.core.names import ROOT
from kotune.core.records import PACKAGES, package_versions
from kotune.core.storage import Json, sha256_of
from kotune.models import adapters, precision
from kotune.training import checkpoints, engine, method


@dataclass(frozen=True)
class Order:
    """What one training is asked to do; the settings objects are those of the rule's parameters."""

    model: Json
    recipe: Json
    prompts: Path
    valid: Path | None
    seed: int
    compute: Json
    tracking: Json
    folder: Path
    label: str
    shared: Path | None = None  # where several processes find the checkpoints of the first; None: in `folder`
    engine: str = engine.TRL  # who trains: `engine.chosen` of the recipe on this machine
    engine_notes: tuple[str, ...] = ()  # why it is not the one that the recipe would rather have
    adapter: Path | None = None  # the folder of the adapter that it starts from; None: a fresh one
    rows: Path | None = None  # the rows that the prompts were rendered from, for methods that ask for them
    held: tuple[Path, ...] = ()  # and rows that are evaluated, whose units such a method must not see


def _named(order: Order) -> list[str]:
    """Return the modules that the recipe names: its method's and its engine's."""
    return [*method.modules_named(order.recipe), *engine.modules_named(order.recipe)]


def fingerprints(order: Order, weights: dict[str, Path], files: list[Path]) -> dict[str, str]:
    """Return the fingerprint of each part of what was asked; a checkpoint is continued only where all are equal."""
    settings = {name: value for name, value in order.model.items() if name not in ("path", "name")}
    parts = {
        "model": [settings, {name: sha256_of(path) for name, path in weights.items()}],
        "recipe": order.recipe,
        "prompts": [sha256_of(path) for path in files],
        "seed": order.seed,
        "compute": order.compute,
        "packages": package_versions(PACKAGES),
        "code": code_hash(ROOT / "scripts" / "train_adapter.py", also=_named(order)),
    }
    if order.engine != engine.TRL:
        parts["engine"] = order.engine
    if order.adapter is not None:
        parts["adapter"] = sha256_of(order.adapter / adapters.WEIGHTS)
    return {name: checkpoints.fingerprint(value) for name, value in parts.items()}


def fitted(order: Order, device: str) -> tuple[Order, list[str]]:
    """Return the order in 16 bits that the device has, and notes on what that changed."""
    recipe = order.recipe
    model, quantization, trainer, notes = precision.fitted(
        order.model, recipe.get("quantization"), recipe["trainer"], device
    )
    return replace(order, model=model, recipe={**recipe, "quantization": quantization, "trainer": trainer}), notes
