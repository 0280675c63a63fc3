"""A small version of econ-qa, for tests that run the workflow."""

import csv
import lzma

import yaml
from bundled_rows import econ_news, opened

from kotune.core.catalogue import read_yaml

GEMMA, EEVE, QWEN = "ko-gemma-2-9b-it", "eeve-korean-instruct-10.8b", "qwen2.5-3b-instruct"
CAPS = {  # the most that each part of a shape may be where a CPU rehearses
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 128,
    "vocab_size": 512,
}


def write_rows(path, rows):
    """Write rows as a CSV file, packed where its name says so."""
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def rewrite(path, change):
    """Apply ``change`` to a YAML document and write it back."""
    content = read_yaml(path)
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


ROWS = {"train": 240, "valid": 24, "test": 40, "test-unseen": 24}


def shorten(folder):
    """Make a copy's econ-qa and its tries small: few rows, three candidates, two of them tuned for a few steps, both combined."""
    for split, count in ROWS.items():
        path = econ_news(split, folder)
        with opened(path) as file:
            rows = list(csv.DictReader(file))[:count]
        write_rows(path, rows)

    def study(content):
        content["candidates"] = [GEMMA, EEVE, QWEN]
        content["arms"]["qlora"]["models"] = [GEMMA, QWEN]
        content["ensembles"] |= {"members": [GEMMA, QWEN], "favourite": GEMMA}
        content["statistics"]["resamples"] = 500

    def tries(content):
        content["arms"]["as_published"]["models"] = [GEMMA]
        for arm in ("expert", "steps", "own_choice"):
            content["arms"][arm]["models"] = [QWEN]
        content["panel"]["beside"] = [GEMMA, QWEN]

    def scale(content):
        content["trainer"] |= {"max_steps": 15, "save_steps": 5, "per_device_train_batch_size": 4}

    rewrite(folder / "config/datasets.yaml", lambda content: content["datasets"]["mini-econ-news"].update(splits=ROWS))
    rewrite(folder / "config/studies/econ-qa.yaml", study)
    rewrite(folder / "config/studies/econ-qa-tries.yaml", tries)
    rewrite(folder / "config/scales/mini.yaml", scale)
    return folder
