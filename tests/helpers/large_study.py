"""The toy study with hundreds of arms, and results for it that look like a finished run; none of it was trained.

Each treatment takes the files of one that was really trained in a finished run of the toy study. How many arms there are
is a matter of seeds: ``--config seeds=[…]`` takes the first of them.
"""

import itertools
import os
import shutil
from pathlib import Path

import yaml
from shortened import rewrite
from toy_study import MODELS, NAME, STUDY

from kotune.core.catalogue import read_yaml

RECIPES = 5
SEEDS = 20
ARMS = len(MODELS) * RECIPES * SEEDS


def seeds(count: int) -> str:
    """Return the value of ``--config`` that takes the first seeds."""
    return f"seeds={list(range(1, count + 1))}"


def enlarge(folder: Path) -> Path:
    """Give a copy of the toy study five recipes and twenty seeds: two hundred trainings."""
    recipe = read_yaml(folder / "config/recipes/qlora-r6.yaml")

    def study(content):
        arm = content["arms"].pop("qlora")
        for rank in range(1, RECIPES + 1):
            recipe["lora"]["r"] = rank
            path = folder / f"config/recipes/rank_{rank}.yaml"
            path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
            content["arms"][f"rank_{rank}"] = {**arm, "recipe": f"rank_{rank}"}
        content["ensembles"]["arm"] = "rank_5"

    rewrite(folder / f"config/studies/{NAME}.yaml", study)
    rewrite(folder / "config/config.yaml", lambda config: config.update(seeds=list(range(1, SEEDS + 1))))
    return folder


def _linked(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        os.link(path, target / path.name)


def fill(folder: Path, finished: Path) -> Path:
    """Lay results for every treatment of the enlarged study below ``folder``, from those of a finished run."""
    old, new = finished / STUDY, folder / STUDY
    for kind in ("rows", "prompts"):
        shutil.copytree(old / kind, new / kind)
    for name in MODELS.values():
        _copy_one(old, new, (name, "base", 42), (name, "base", 1))
        for rank, seed in itertools.product(range(1, RECIPES + 1), range(1, SEEDS + 1)):
            _copy_one(old, new, (name, "qlora", 42), (name, f"rank_{rank}", seed))
            _linked(old / f"adapters/{name}/qlora/seed42", new / f"adapters/{name}/rank_{rank}/seed{seed}")
    for seed in range(1, SEEDS + 1):
        _copy_one(old, new, ("ensemble", "majority_then_f1", 42), ("ensemble", "majority_then_f1", seed))
    return folder


def _copy_one(old: Path, new: Path, source: tuple[str, str, int], target: tuple[str, str, int]) -> None:
    for kind, ending in itertools.product(("answers", "scores"), ("jsonl", "record.json")):
        path = new / kind / "own" / target[0] / target[1] / f"seed{target[2]}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(old / kind / "own" / source[0] / source[1] / f"seed{source[2]}.{ending}", path)
