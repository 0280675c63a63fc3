"""The toy study: two tiny models, few rows, few steps, one ensemble; a whole run takes half a minute on one core.

What any whole study proves (kills, equal bytes, conda, SLURM, several cards, a hub, rows of a user) is proved on it. It
is written into a copy of the repository, never into config/.
"""

import csv
import shutil
from pathlib import Path

import yaml
from bundled_rows import econ_news, opened
from checkout import copy_to
from shortened import rewrite, write_rows

NAME = "toy"
STUDY = f"results/mini/{NAME}"
LLAMA, QWEN = "llama-3.2-3b-instruct", "qwen2.5-3b-instruct"
MODELS = {LLAMA: "tiny-llama3", QWEN: "tiny-qwen2"}
ROWS = {"train": 88, "valid": 8, "test": 12}
STEPS, SAVED = 20, 2  # less than an epoch: two processes draw the order of a second one otherwise than one does

SETTINGS = {
    "title": "A toy",
    "title_ko": "장난감",
    "question": "Which of two tiny models is better?",
    "question_ko": "두 작은 모델 가운데 어느 것이 나은가?",
    "dataset": "dacon-236291",
    "rowsets": {"all": {"max_context_chars": 700}},
    "split": {"valid": 0.1, "test": 0.1, "seed": 42},
    "candidates": list(MODELS),
    "arms": {
        "base": {"rowset": "all", "prompt": "econ-qa.clean"},
        "qlora": {"rowset": "all", "prompt": "econ-qa.clean", "recipe": "qlora-r6"},
    },
    "base_recipe": "qlora-r6",
    "generation": {"max_new_tokens": 100, "do_sample": False},
    "metrics": ["exact_match", "char_f1"],
    "primary_metric": "char_f1",
    "embedder": "char-ngrams",
    "ensembles": {"arm": "qlora", "members": list(MODELS), "favourite": LLAMA, "methods": ["majority_then_f1"]},
    "submission": "majority_then_f1",
    "lengths": {
        "prompt": {"median": 300, "sigma": 0.5, "max": 900},
        "answer": {"low": 5, "high": 20},
        "rows": {"train": 88, "answered": 20},
        "source": "assumed",
    },
    "statistics": {"resamples": 200, "seed": 1},
}
FEW_STEPS = {"max_steps": STEPS, "save_steps": SAVED, "logging_steps": 2, "per_device_train_batch_size": 4}
PART = f"""#import "house.typ": *

= A toy

It is asked of #num("{NAME}.data.all.test.rows") rows.
"""


def bundled_rows(split: str, count: int, most: int = 700) -> list[dict[str, str]]:
    """Return the first of econ-qa's bundled rows whose article has at most ``most`` characters."""
    with opened(econ_news(split)) as file:
        return [row for row in csv.DictReader(file) if len(row["context"]) <= most][:count]


def toy(folder: Path) -> Path:
    """Copy the repository to ``folder``, write the study into it as the one that runs there, and return the folder."""
    copy_to(folder)
    for path in (folder / "resources/mini/models").iterdir():  # a copy of a copy is small
        if path.is_dir() and path.name not in MODELS.values():
            shutil.rmtree(path)
    for split, count in ROWS.items():
        write_rows(econ_news(split, folder), bundled_rows(split, count))
    (folder / "resources/mini/econ-news/test-unseen.csv.xz").unlink()

    def few_rows(content):
        content["datasets"]["mini-econ-news"]["splits"] = ROWS
        del content["datasets"]["mini-econ-news"]["files"]["test-unseen"]

    def few_steps(scale):
        scale["trainer"] |= FEW_STEPS
        scale["generation"] |= {"max_new_tokens": 12}
        scale["embedder"] = "char-ngrams"

    rewrite(folder / "config/datasets.yaml", few_rows)
    rewrite(folder / "config/scales/mini.yaml", few_steps)
    rewrite(folder / "config/config.yaml", lambda config: config.update(studies=[NAME]))
    text = yaml.safe_dump(SETTINGS, allow_unicode=True, sort_keys=False)
    (folder / f"config/studies/{NAME}.yaml").write_text(text, encoding="utf-8")
    (folder / f"paper/parts/{NAME}.typ").write_text(PART, encoding="utf-8")
    return folder


def adapter(model: str) -> str:
    """Return the folder of a model's adapter."""
    return f"{STUDY}/adapters/{model}/qlora/seed42"


def weights(model: str) -> str:
    """Return the file of an adapter's weights."""
    return f"{adapter(model)}/adapter_model.safetensors"


def answers(model: str, arm: str) -> str:
    """Return the file of a model's answers, or of an ensemble's."""
    return f"{STUDY}/answers/own/{model}/{arm}/seed42.jsonl"


def scores(model: str, arm: str) -> str:
    """Return the file of a model's scores, or of an ensemble's."""
    return f"{STUDY}/scores/own/{model}/{arm}/seed42.jsonl"
