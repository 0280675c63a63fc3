"""The settings of each measurement, as plain JSON, and the lines that say what was found.

Reads the contents of config/benchmarks.yaml, models.yaml and families.yaml; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kotune.core.catalogue import benchmarks_at, entry
from kotune.core.names import ROOT
from kotune.core.storage import Json
from kotune.prompts.families import asked_of_tokenizer

SEED = 42
SMALL = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}


def _model(name: str, models: Json, families: Json) -> Json:
    """Return a model's settings object as `models.random_weights` takes it."""
    entry = models[name]
    family = families[entry["family"]]
    return {
        "name": name,
        **{key: entry[key] for key in ("family", "architecture", "context_window", "shape")},
        "attn_implementation": entry.get("attn_implementation"),
        "dtype": "bfloat16",
        **asked_of_tokenizer(family),
    }


def training_settings(name: str, asked: Json, models: Json, families: Json) -> Json:
    """Return what `speed.measure.measure_training` takes."""
    one = asked["training"][name]
    return {
        "name": name,
        "model": _model(one.get("model", asked["model"]), models, families),
        "recipe": {key: one[key] for key in ("lora", "quantization", "trainer", "passes") if key in one},
        "rows": one.get("law", asked["rows"]),
        "count": one.get("rows"),
        "epochs": one.get("epochs", asked["epochs"]),
        "seed": SEED,
    }


def answering_settings(name: str, asked: Json, models: Json, families: Json) -> Json:
    """Return what `speed.measure.measure_answering` takes."""
    one = asked["answering"][name]
    return {
        "name": name,
        "model": _model(one.get("model", asked["model"]), models, families),
        "lora": asked["lora"],
        "quantization": one.get("quantization"),
        "engine": one["engine"],
        "batch_size": one.get("batch_size"),
        "prompts": asked["prompts"],
        "count": one.get("prompts"),
        "seed": SEED,
    }


def stand_in_settings(kind: str, name: str, asked: Json, stand_ins: Json, families: Json) -> Json:
    """Return what `speed.measure.measure_training` or `measure_answering` takes for a bundled stand-in on the CPU."""
    cpu = asked["cpu"]
    entry = stand_ins[cpu["stand_in"]]
    family = families[entry["family"]]
    model = {
        "name": cpu["stand_in"],
        **{key: entry[key] for key in ("path", "family", "context_window")},
        **asked_of_tokenizer(family),
    }
    common = {"name": name, "model": model, "compute": {"device": "cpu", "threads": 2}, "seed": SEED}
    if kind == "training":
        recipe = {"lora": asked["lora"], "quantization": None, "trainer": cpu["trainer"]}
        recipe |= {"passes": cpu["training"][name]["passes"]}
        return common | {"recipe": recipe, "rows": cpu["rows"], "epochs": cpu["epochs"]}
    one = cpu["answering"][name]
    own = {"lora": asked["lora"], "quantization": None, "prompts": cpu["prompts"]}
    return common | own | {"engine": one["engine"], "batch_size": one.get("batch_size")}


def shrunken(settings: Json) -> Json:
    """Return settings that a CPU measures in seconds: two narrow layers, rows of some thirty tokens."""
    shape = {**settings["model"]["shape"], **SMALL, "intermediate_size": 128, "vocab_size": 512}
    law = {"count": 8, "seed": 0, "prompt": {"median": 30, "sigma": 0.3, "max": 60}, "answer": {"low": 4, "high": 4}}
    small = {**settings, "model": {**settings["model"], "shape": shape, "dtype": "float32"}}
    small["compute"] = {"device": "cpu", "threads": 1}
    for key in ("rows", "prompts"):
        if key in small:
            small[key] = law
    if "recipe" in small:
        trainer = {**small["recipe"]["trainer"], "bf16": False, "optim": "adamw_torch", "gradient_checkpointing": False}
        trainer.pop("use_liger_kernel", None)
        if trainer.get("packing"):
            trainer["max_length"] = 128
        small["recipe"] = {**small["recipe"], "quantization": None, "trainer": trainer}
        small["epochs"] = 2
    else:
        small["quantization"] = None
    return small


def lines_of(kind: str, found: Json) -> Iterator[str]:
    """Yield one line, or one an arm, on what was found."""
    name = f"{found['name']:<16}"
    if "failed" in found:
        yield f"{name} failed: {found['failed']}"
    elif kind == "training":
        gib = "" if found["gib"] is None else f"  {found['gib']:6.2f} GiB"
        mfu = "" if found["mfu"] is None else f"  MFU {found['mfu']:.3f}"
        yield (
            f"{name} {found['tokens_per_second']:>7,} tokens/s  {found['rows_per_second']:6.1f} rows/s{gib}"
            f"{mfu}  loss {found['losses'][0]}  {found['card']}"
        )
    else:
        for arm in ("tuned", "base"):
            if arm in found:
                gib = "" if found["gib"] is None else f"  {found['gib']:6.2f} GiB"
                yield f"{name} {arm:<6} {found[arm]['prompts_per_second']:>7.1f} prompts/s{gib}  {found['card']}"


def benchmarked_model(config: Json, root: Path = ROOT) -> Json:
    """Return the catalogue's entry of the model that config/benchmarks.yaml is about, under its name."""
    name = benchmarks_at(root)["model"]
    return {name: entry(config["models"], name, "model", "config/benchmarks.yaml, model")}
