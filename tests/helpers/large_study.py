"""A study of a thousand arms, and results for it that look like a finished run; no model trains or answers for them.

Made from a finished run of the shortened study: each treatment takes the files of one that was really trained.
"""

import itertools
import os
import shutil
from pathlib import Path

import yaml
from shortened import rewrite

from kotune.core.catalogue import read_yaml

STUDY = "results/mini/econ-qa"
CANDIDATES = 5
RECIPES = 10
SEEDS = 20


def enlarge(folder):
    """Give a copy of the shortened study ten recipes, twenty seeds and all five candidates: a thousand trainings."""
    recipe = read_yaml(folder / "config/recipes/qlora-r6.yaml")
    candidates = read_yaml(Path(__file__).parents[2] / "config/studies/econ-qa.yaml")["candidates"]
    assert len(candidates) == CANDIDATES

    def study(content):
        arm = content["arms"].pop("qlora")
        for rank in range(1, RECIPES + 1):
            recipe["lora"]["r"] = rank
            path = folder / f"config/recipes/rank_{rank}.yaml"
            path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
            content["arms"][f"rank_{rank}"] = {**arm, "recipe": f"rank_{rank}", "models": candidates}
        content["candidates"] = candidates
        content["ensembles"]["arm"] = "rank_6"
        content["statistics"]["resamples"] = 1000

    rewrite(folder / "config/studies/econ-qa.yaml", study)
    rewrite(folder / "config/config.yaml", lambda config: config.update(seeds=list(range(1, SEEDS + 1))))
    return folder


def _linked(source, target):
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        os.link(path, target / path.name)


def fill(folder, finished):
    """Lay results for every treatment of the enlarged study below ``folder``, from those of a finished run."""
    old, new = finished / STUDY, folder / STUDY
    shutil.copytree(old / "rows", new / "rows")
    names = ("tiny-gemma2", "tiny-eeve", "tiny-solar", "tiny-qwen2", "tiny-llama3")
    trained = itertools.cycle(("tiny-gemma2", "tiny-qwen2"))
    for name in names:
        known = name if (old / "prompts" / name).is_dir() else "tiny-eeve"
        shutil.copytree(old / "prompts" / known, new / "prompts" / name)
        _copy_one(old, new, (known, "base", 42), (name, "base", 1))
        for rank, seed in itertools.product(range(1, RECIPES + 1), range(1, SEEDS + 1)):
            source = next(trained)
            _copy_one(old, new, (source, "qlora", 42), (name, f"rank_{rank}", seed))
            _linked(old / f"adapters/{source}/qlora/seed42", new / f"adapters/{name}/rank_{rank}/seed{seed}")
    for path in [*(new / "rows").rglob("*"), *(new / "prompts").rglob("*")]:
        # one model's prompts are another's here: none shall be newer than what was made of them
        shutil.copystat(old / "rows/all/train.parquet", path)
    for method in (path.name for path in (old / "answers/own/ensemble").iterdir()):
        for seed in range(1, SEEDS + 1):
            _copy_one(old, new, ("ensemble", method, 42), ("ensemble", method, seed))


def _copy_one(old, new, source, target):
    for kind, ending in itertools.product(("answers", "scores"), ("jsonl", "record.json")):
        path = new / kind / "own" / target[0] / target[1] / f"seed{target[2]}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(old / kind / "own" / source[0] / source[1] / f"seed{source[2]}.{ending}", path)
