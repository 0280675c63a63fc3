"""Measure Unsloth on the rows, shape and rank of config/benchmarks.yaml, in an environment that has it.

Reads config/benchmarks.yaml, models.yaml and families.yaml; writes one JSON file. Unsloth needs other versions of TRL
and datasets than this repository, so this script is run twice: `--make FOLDER` with the repository's Python writes a
model with random weights, and `--model FOLDER` with a Python that has Unsloth measures it.
"""

from __future__ import annotations

import argparse
import inspect
import json
import statistics
import tempfile
import time
from pathlib import Path

import yaml

import library  # noqa: F401
from kotune.core import console

ROOT = Path(__file__).resolve().parents[1]


def _asked() -> tuple[dict, dict]:
    from kotune.speed.settings import training_settings

    read = {
        name: yaml.safe_load((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8"))
        for name in ("benchmarks", "models", "families")
    }
    asked = read["benchmarks"]
    return asked, training_settings("fused", asked, read["models"]["models"], read["families"])


def make(folder: Path) -> None:
    """Write the benchmark's model and tokenizer."""
    import torch

    from kotune.models import random_weights

    _, settings = _asked()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    random_weights.make(settings["model"], None, torch.bfloat16, device).save_pretrained(folder)
    random_weights.load_tokenizer(settings["model"]).save_pretrained(folder)


def _let_gqa_through() -> None:
    """Give torch 2.11's varlen_attn the keyword that Unsloth looks for; its kernel takes grouped heads as they are."""
    import torch.nn.attention.varlen as varlen

    plain = varlen.varlen_attn
    if "enable_gqa" in inspect.signature(plain).parameters:
        return

    def varlen_attn(*args, enable_gqa: bool = False, **kwargs):
        return plain(*args, **kwargs)

    varlen.varlen_attn = varlen_attn


def measure(folder: Path, four_bit: bool, checkpointing: str | bool, batch: int, epochs: int) -> dict:
    """Train some epochs with Unsloth; return speed, memory and losses."""
    _let_gqa_through()
    import torch
    import unsloth
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from kotune.speed.measure import rows_of, tokens_of

    asked, settings = _asked()
    model, tokenizer = unsloth.FastLanguageModel.from_pretrained(
        model_name=str(folder), max_seq_length=4096, dtype=torch.bfloat16, load_in_4bit=four_bit
    )
    lora = asked["lora"]
    model = unsloth.FastLanguageModel.get_peft_model(
        model, r=lora["r"], lora_alpha=lora["lora_alpha"], lora_dropout=0, bias="none",
        target_modules=lora["target_modules"], use_gradient_checkpointing=checkpointing,
    )  # fmt: skip
    lengths = rows_of(settings["rows"], None)
    ids = tokens_of(lengths, len(tokenizer), len(tokenizer.get_added_vocab()), settings["rows"]["seed"])
    labels = [[-100] * prompt + row[prompt:] for row, (prompt, _) in zip(ids, lengths, strict=True)]
    marks, losses = [], []

    class Timer(TrainerCallback):
        def on_epoch_begin(self, *_, **__):
            torch.cuda.synchronize()
            self.began = time.monotonic()

        def on_epoch_end(self, *_, **__):
            torch.cuda.synchronize()
            marks.append(time.monotonic() - self.began)

        def on_log(self, args, state, control, logs=None, **_):
            if logs and "loss" in logs:
                losses.append(float(logs["loss"]))

    with tempfile.TemporaryDirectory() as place:
        config = SFTConfig(
            output_dir=place, per_device_train_batch_size=batch, gradient_accumulation_steps=1, num_train_epochs=epochs,
            learning_rate=1e-4, lr_scheduler_type="constant", optim="adamw_torch_fused", bf16=True, packing=True,
            max_length=4096, logging_steps=1, save_strategy="no", report_to="none", disable_tqdm=True,
            train_sampling_strategy="sequential", dataset_kwargs={"skip_prepare_dataset": False},
        )  # fmt: skip
        trainer = SFTTrainer(
            model=model, args=config, processing_class=tokenizer, callbacks=[Timer()],
            train_dataset=Dataset.from_dict({"input_ids": ids, "labels": labels}),
        )  # fmt: skip
        torch.cuda.reset_peak_memory_stats()
        trainer.train()
    tokens = sum(map(len, ids))
    speeds = [tokens / seconds for seconds in marks]
    return {
        "tokens_per_second": round(statistics.median(speeds[1:] or speeds)),
        "repeats": [round(speed) for speed in speeds],
        "gib": round(torch.cuda.max_memory_reserved() / 2**30, 2),
        "gib_allocated": round(torch.cuda.max_memory_allocated() / 2**30, 2),
        "losses": losses[:3],
        "card": torch.cuda.get_device_name(),
        "unsloth": unsloth.__version__,
        "passes": len(trainer.get_train_dataloader()),
    }


def main(argv: list[str] | None = None) -> None:
    """Make the model, or measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--make", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--name", default="unsloth")
    parser.add_argument("--bf16", action="store_true", help="16-bit weights instead of NF4")
    parser.add_argument("--checkpointing", action="store_true", help="Unsloth's own, inputs on the host")
    parser.add_argument("--batch", type=int, default=2, help="packs of 4096 tokens a pass")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--output", type=Path)
    args = parser.parse_args(argv)
    if args.make:
        make(args.make)
        return
    found = measure(args.model, not args.bf16, "unsloth" if args.checkpointing else False, args.batch, args.epochs)
    found["name"] = args.name
    print(json.dumps(found))
    if args.output:
        args.output.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    console.run(main)
