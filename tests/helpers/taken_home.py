"""An arm to take home: a bundled stand-in, an adapter of random weights on it, a few prompts, rows and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars
import yaml
from checkout import ROOT

from kotune.answering import answer
from kotune.answering.order import Order
from kotune.core.storage import write_parquet
from kotune.export.export import Asked
from kotune.prompts.families import Family, asked_of_tokenizer, family_from
from kotune.prompts.tokenizers import read_tokenizer
from kotune.study.exports import MERGED

CPU = {"device": "cpu", "threads": 1}
NF4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": "bfloat16"}
FAMILIES = yaml.safe_load((ROOT / "config/families.yaml").read_text(encoding="utf-8"))
METRIC = {
    "name": "exact_match",
    "function": "kotune.scoring.metrics.text.exact_match",
    "aggregate": "kotune.scoring.aggregates.mean.mean",
    "bounds": [0.0, 1.0],
}


def family(name: str = "qwen2") -> Family:
    """Return a family as config/families.yaml has it."""
    return family_from(name, FAMILIES[name])


def model(name: str = "tiny-qwen2", of: str = "qwen2") -> dict[str, Any]:
    """Return the settings of a stand-in."""
    folder = ROOT / "resources/mini/models" / name
    more = {"name": name, "family": of, "dtype": "bfloat16", "context_window": 1024, "hub_id": None}
    return {"path": str(folder), **more, **asked_of_tokenizer(FAMILIES[of])}


def write_adapter(folder: Path, size: float = 0.02, **lora: Any) -> Path:
    """Write an adapter for tiny-qwen2 whose B has random values of about ``size``."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    given = {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "down_proj"], **lora}
    base = AutoModelForCausalLM.from_pretrained(model()["path"], dtype=torch.float32)
    tuned = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **given))
    torch.manual_seed(4)
    for name, values in sorted(tuned.named_parameters()):
        if "lora_B" in name:
            values.data = torch.randn(values.shape) * size
    tuned.save_pretrained(folder)
    return folder


def write_prompts(folder: Path, count: int = 4) -> tuple[Path, Path]:
    """Write prompts and rows of the split valid."""
    of, tokenizer = family(), read_tokenizer(model()["path"])
    texts = [of.prompt([("user", f"{number}번째 기사에서 금리는 얼마인가?")]) for number in range(count)]
    ids = [f"valid-{number}" for number in range(count)]
    prompts = {"id": ids, "prompt": texts, "completion": [""] * count, "excluded": [None] * count}
    counts = [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]
    prompts |= {"prompt_tokens": counts, "completion_tokens": [0] * count}
    write_parquet(
        folder / "prompts/valid.parquet", polars.DataFrame(prompts, schema_overrides={"excluded": polars.Utf8})
    )
    rows = polars.DataFrame({"id": ids, "article": ids, "answer": ["3.5%"] * count})
    write_parquet(folder / "rows/valid.parquet", rows)
    return folder / "prompts/valid.parquet", folder / "rows/valid.parquet"


def arm(folder: Path, quantization: dict[str, Any] | None = None) -> Asked:
    """Return an arm that has answered, and is asked to be taken home merged."""
    prompts, rows = write_prompts(folder)
    order = Order(
        model=model(),
        quantization=quantization,
        adapter=write_adapter(folder / "adapter"),
        prompts=[prompts],
        generation={"max_new_tokens": 8, "do_sample": False, "batch_size": 4, "stop": model()["stop"]},
        compute=CPU,
        seed=42,
        output=folder / "answers.jsonl",
        record=folder / "answers.record.json",
        label="tiny-qwen2",
    )
    answer.answer(order)
    told = {"title": "toy, tiny-qwen2, qlora, seed 42", "model": "tiny-qwen2", "arm": "qlora", "seed": 42}
    told |= {"prompt": "toy.clean", "scoring": {"metric": METRIC, "gold": "answer"}, "trained_by": "snakemake it"}
    return Asked(MERGED, order, family(), prompts, rows, order.output, folder / "exports" / MERGED, told)
