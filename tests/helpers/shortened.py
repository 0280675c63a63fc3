"""A small version of the study, for tests that run the workflow."""

import yaml

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


def rewrite(path, change):
    """Apply ``change`` to a YAML document and write it back."""
    content = read_yaml(path)
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def shorten(folder):
    """Make a copy's study small: three candidates, two of them tuned for a few steps, an ensemble of those two."""

    def study(content):
        content["candidates"] = [GEMMA, EEVE, QWEN]
        content["arms"]["qlora"]["models"] = [GEMMA, QWEN]
        content["ensembles"] |= {"members": [GEMMA, QWEN], "favourite": GEMMA}
        content["statistics"]["resamples"] = 1000

    def scale(content):
        content["trainer"] |= {"max_steps": 15, "save_steps": 5, "per_device_train_batch_size": 4}

    rewrite(folder / "config/studies/econ-qa.yaml", study)
    rewrite(folder / "config/scales/mini.yaml", scale)
    return folder
