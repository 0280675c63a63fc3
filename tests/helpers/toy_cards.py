"""Model cards without a run: what a study's settings say, and plausible records of one training of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plans import Job, plan_for

from kotune.core.storage import sha256_of, write_json, write_text
from kotune.export import card_prompt
from kotune.export.card_facts import Facts
from kotune.export.model_card import card
from kotune.plan import model_cards

SEED = 3407
SETTINGS = {"mini": "plain-llama-chat", "full": "llama-3.1-8b"}
EXAMPLE = {"prompt": "<|begin_of_text|>### instruction:\n인사해 줘\n", "completion": "안녕하세요.<|end_of_text|>"}


def job(scale: str = "mini", arm: str = "tuned") -> Job:
    """Return the job of a card of the study safe-chat."""
    return Job(study="safe-chat", model=SETTINGS[scale], arm=arm, seed=str(SEED))


def settings(scale: str = "mini") -> dict[str, Any]:
    """Return what a card of the study safe-chat is told."""
    return model_cards.settings(plan_for("safe-chat", scale=scale), job(scale))


def record(name: str) -> dict[str, Any]:
    """Return a training's record."""
    recipe = {
        "method": "sft",
        "lora": {"r": 16, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj"]},
        "loss": "all",
        "quantization": {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
        "trainer": {"max_steps": 60, "learning_rate": 2e-4, "warmup_steps": 5},
    }
    return {
        "asked": {
            "model": {"name": name, "family": "plain_llama3", "dtype": "bfloat16"},
            "recipe": recipe,
            "seed": SEED,
        },
        "on": {"device": "NVIDIA H100 80GB HBM3", "processor": "x86_64", "threads": 1},
        "cost": {"seconds": 5400.0, "peak_memory_gib": 12.34, "tokens": 480_000, "joules": 1.8e6},
        "found": {
            "steps": 60,
            "final_loss": 1.25,
            "processes": 1,
            "trainable_parameters": 41_943_040,
            "rows": {"train": 990},
            "rows_excluded": {"train": {"too long": 10}},
        },
        "with": {
            "files": {"prompts": {"path": "p", "sha256": "ab" * 32}},
            "packages": {"peft": "0.21.2", "trl": "1.16.0"},
        },
        "commit": "c" * 40,
    }


def mean(
    arm: str, value: float, split: str = "test", metric: str = "similarity", model: str = SETTINGS["mini"]
) -> dict:
    """Return a line of statistics."""
    interval = {"mean": value, "low": value - 0.05, "high": value + 0.05}
    return {"model": model, "arm": arm, "split": split, "metric": metric, "n": 120, "seeds": [SEED], **interval}


def statistics(model: str = SETTINGS["mini"]) -> dict[str, Any]:
    """Return statistics in which tuning helps."""
    pair = {"a": {"arm": "base", "model": model}, "b": {"arm": "tuned", "model": model}, "split": "test"}
    pair |= {"metric": "similarity", "difference": 0.4, "low": 0.35, "high": 0.45}
    means = [mean("base", 0.3, model=model), mean("tuned", 0.7, model=model)]
    return {"means": [*means, mean("tuned", 30.5, metric="answer_chars", model=model)], "pairs": [pair]}


def facts(scale: str = "mini", **changes: Any) -> Facts:
    """Return what a card of the study safe-chat is made of."""
    told, name = settings(scale), SETTINGS[scale]
    own = told["models"][name]
    given = {
        "settings": told,
        "told": own,
        "record": record(name),
        "adapter": {"revision": "sha256:" + "0" * 64},
        "weights": "f" * 64,
        "audit": {
            "splits": {"train": {"rows": 1000}, "test": {"rows": 120}, "submission": {"rows": 0}},
            "excluded": {"empty answer": {"rows": 3, "ids": ["a"], "splits": {"train": 3}}},
        },
        "prompts": {"variant": "safe-chat.clean", "example": EXAMPLE},
        "template": card_prompt.template(own, told["columns"], told["empty"]),
        "loading": ["from peft import PeftModel"],
        "statistics": statistics(name),
    }
    return Facts(**{**given, **changes})


def trained(work: Path, scale: str = "mini", weights: bytes = b"weights") -> Path:
    """Put an adapter of safe-chat's arm tuned, with its record, into a work folder; return its folder."""
    folder = work / f"results/{scale}/safe-chat/adapters/{SETTINGS[scale]}/tuned/seed{SEED}"
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(weights)
    write_json(folder / "adapter_config.json", {"r": 16})
    write_json(folder / "generation_config.json", {"eos_token_id": [2]})
    write_json(folder / "tokenizer.json", {"model": {}})
    write_json(folder / "record.json", record(SETTINGS[scale]))
    (folder / "checkpoints").mkdir()
    write_text(folder / "checkpoints/optimizer.pt", "not handed on")
    return folder


def with_card(work: Path, scale: str = "mini") -> Path:
    """Put an adapter and its card into a work folder; return the card."""
    adapter = trained(work, scale)
    path = work / f"results/{scale}/safe-chat/cards/{SETTINGS[scale]}/tuned/seed{SEED}/README.md"
    write_text(path, card(facts(scale, weights=sha256_of(adapter / "adapter_model.safetensors"))))
    return path
