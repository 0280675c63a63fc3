"""Tune a model: LoRA or QLoRA by TRL's SFTTrainer, loss on the completion and its stop token, or on all of a row.

Reads prompts ({split}.parquet) and a model's folder. Writes adapter_config.json, curve.jsonl, record.json and, last,
adapter_model.safetensors; checkpoint-*/ lie beside them while it runs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core import console
from kotune.core.code_hash import code_hash
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.records import PACKAGES, package_versions, peak_memory_gib, write_record
from kotune.core.storage import FULL, Json, explained, jsonl_line, replacing, sha256_of, write_json
from kotune.layers import attention as varlen
from kotune.layers import passes, ways
from kotune.models import loading, precision
from kotune.prompts import encoding
from kotune.training import checkpoints, processes, recipes, tracking, watching
from kotune.training.curves import curve_callback
from kotune.training.methods.sft import Counts, trainer_class

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor
    from trl import SFTConfig, SFTTrainer


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
        "code": code_hash(ROOT / "scripts" / "train_adapter.py"),
    }
    return {name: checkpoints.fingerprint(value) for name, value in parts.items()}


def write_adapter(model: PeftModel, base: str, folder: Path, tensors: dict[str, Tensor] | None = None) -> None:
    """Write adapter_config.json and, last, adapter_model.safetensors, byte for byte the same for the same adapter.

    ``tensors``: the weights of an earlier step, where the last one's are not the best.
    """
    from safetensors.torch import save

    config = {**model.peft_config["default"].to_dict(), "base_model_name_or_path": base, "inference_mode": True}
    # peft keeps sets, and their order changes from process to process
    write_json(
        folder / "adapter_config.json",
        {name: sorted(value) if isinstance(value, set) else value for name, value in config.items()},
    )
    tensors = tensors or watching.adapter_tensors(model)
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise UserError(
                f"{folder}: training ended with weights that are not numbers ({name}); "
                "lower trainer.learning_rate of the recipe"
            )
    with replacing(folder / "adapter_model.safetensors") as beside:
        beside.write_bytes(save(tensors, metadata={"format": "pt"}))


def fitted(order: Order, device: str) -> tuple[Order, list[str]]:
    """Return the order in 16 bits that the device has, and notes on what that changed."""
    recipe = order.recipe
    model, quantization, trainer, notes = precision.fitted(
        order.model, recipe.get("quantization"), recipe["trainer"], device
    )
    return replace(order, model=model, recipe={**recipe, "quantization": quantization, "trainer": trainer}), notes


@dataclass
class Built:
    """The trainer around the loaded model, the way it goes, and notes on what was done."""

    trainer: SFTTrainer
    fused: list[ways.FusedLoss]
    passes: Json
    notes: list[str]

    def record(self) -> Json:
        """Return what a record says of the way: its name, what goes through at once, and what could be kept."""
        return {**self.passes, **({"rooms": self.fused[0].rooms} if self.fused else {})}


def build(
    order: Order,
    config: SFTConfig,
    rows: dict[str, encoding.Rows],
    tokenizer: Any,
    counts: Counts,
    device: str,
    source: Any = loading,
) -> Built:
    """Load the model, choose the way through it and build the trainer around it; a rehearsal brings its ``source``."""
    settings = order.recipe.get("passes") or {}
    shape = source.load_config(order.model)
    way = ways.choose(order.recipe, shape, device)
    if way.attention:
        varlen.register()
    wanted = {**order.model, "attn_implementation": way.attention or order.model.get("attn_implementation")}
    loaded = source.load_model(wanted, order.recipe.get("quantization"), order.compute)
    loading.check_vocabulary(loaded.model, tokenizer)
    lora = recipes.lora_config(order.recipe["lora"], loaded.model)
    decided: Json = {"way": way.name}
    fused: list[ways.FusedLoss] = []
    widths = passes.Widths.of(shape) if way.name == "fused" else None
    free = processes.smallest(ways.free_bytes(device, settings, 0))
    decided |= ways.arrange(way, config, settings, widths, [len(ids) for ids in rows["train"].ids], free)
    try:
        trainer = trainer_class(counts, loaded.device, fused)(
            model=loaded.model,
            args=config,
            train_dataset=rows["train"].dataset(),
            eval_dataset=rows["valid"].dataset() if "valid" in rows else None,
            processing_class=tokenizer,
            peft_config=lora,
        )
    except ValueError as error:  # what peft and TRL find wrong in arguments once they see the model
        raise UserError(f"recipe: {' '.join(str(error).split())}") from error
    tuned = [parameter for parameter in trainer.model.parameters() if parameter.requires_grad]
    if loaded.device == "cpu" or config.fp16 or widths:
        for parameter in tuned:  # TRL makes a 4-bit model's adapter bfloat16: slow on a CPU, wrong under fp16, coarse
            parameter.data = parameter.data.float()
    if widths:
        fused.append(ways.FusedLoss(trainer.model, widths, device, settings))
    return Built(trainer, fused, decided, loaded.notes + way.notes)


def run(trainer: SFTTrainer, checkpoint: Path | None, folder: Path, stopped: bool = False) -> None:
    """Train, from a checkpoint where there is one; say what a full GPU or a full disk means.

    ``stopped``: the checkpoint is of a training that had stopped early, so that nothing is left to do.
    """
    import torch
    from transformers import TrainerState

    if checkpoint:
        state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
        if stopped or state.global_step >= state.max_steps:  # the Trainer would take one more step
            trainer._load_from_checkpoint(str(checkpoint))
            trainer.state = state
            return
    try:
        with explained(folder, "write a checkpoint"):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except torch.cuda.OutOfMemoryError as error:
        raise UserError(
            "the GPU's memory is full: lower trainer.per_device_train_batch_size of the recipe (and raise "
            "gradient_accumulation_steps by as much), set gradient_checkpointing, or raise passes.memory_gib or lower "
            "passes.tokens where the recipe has them"
        ) from error
    except Exception as error:  # torch hides the operating system's error in its own
        if "PytorchStreamWriter" not in str(error):
            raise
        raise UserError(f"{folder}: cannot write a checkpoint, {FULL}") from error


def _read_rows(order: Order, config: SFTConfig, tokenizer: Any) -> dict[str, tuple[Path, encoding.Rows]]:
    """Return split → (file, rows): train, and valid where the recipe evaluates."""
    files = {"train": order.prompts}
    if config.eval_strategy != "no" and order.valid is not None:
        files["valid"] = order.valid
    loss = encoding.check_loss(order.recipe)
    rows = {split: (path, encoding.encode_rows(path, tokenizer, loss)) for split, path in files.items()}
    for path, encoded in rows.values():
        encoding.check_lengths(encoded, config.max_length, path)
    return rows


def _make_ready(folder: Path, curve: list[Json]) -> None:
    """Leave nothing in the folder that could be taken for this training's result, and the curve as far as it is."""
    (folder / "adapter_model.safetensors").unlink(missing_ok=True)
    with replacing(folder / "curve.jsonl") as beside:
        beside.write_text("".join(jsonl_line(line) for line in curve))


def train(order: Order) -> Json:
    """Tune one model and write its adapter, curve and record; return the record's facts and cost, for the last line.

    A run that was killed continues from its newest whole checkpoint and ends with the bytes of an undisturbed run.
    """
    began = time.monotonic()
    device = loading.set_up_torch(order.compute)
    weights = loading.model_files(order.model["path"])
    recipes.check_lora(order.recipe["lora"])
    encoding.check_loss(order.recipe)
    asked_for, (order, precise) = order, fitted(order, device)
    shared_out = processes.shared_out(order.recipe["trainer"])
    config = recipes.trainer_config(shared_out, order.folder, order.seed, device, order.valid is not None)
    wanted = watching.asked_of(order.recipe, config)
    tokenizer = loading.load_tokenizer(order.model)
    rows = _read_rows(order, config, tokenizer)
    sampler = None
    if wanted.samples and processes.rank() == 0:
        sampler = watching.Sampler.read(wanted, *rows["valid"], tokenizer, order.model)
    with explained(order.folder, "make the folder"):
        order.folder.mkdir(parents=True, exist_ok=True)
    asked = fingerprints(asked_for, weights, [path for path, _ in rows.values()])
    resumed = processes.first_alone(lambda: checkpoints.newest(order.shared or order.folder, asked), device == "cpu")
    counts, watcher = Counts(), watching.Watcher(wanted)
    built = build(order, config, {split: encoded for split, (_, encoded) in rows.items()}, tokenizer, counts, device)
    trainer = built.trainer
    if resumed:
        counts.restore(resumed[1])
        watcher.restore(resumed[1], resumed[0])
        trainer.args.eval_on_start = False  # it is in the curve
        console.say(f"train {order.label}: continues from {resumed[0].name}")
    _make_ready(order.folder, counts.curve)
    settings = {name: getattr(asked_for, name) for name in ("model", "recipe", "seed", "compute")}
    mirror = tracking.start(order.tracking, settings, counts.curve)
    trainer.add_callback(curve_callback(order.label, order.folder, counts, asked, mirror, watcher, sampler))
    setup, counts.started = time.monotonic() - began, time.monotonic()
    run(trainer, resumed[0] if resumed else None, order.folder, watcher.stopped_at is not None)
    cost = counts.cost() | {"setup_seconds": round(setup, 3)}
    facts = {
        "trainable_parameters": sum(p.numel() for p in trainer.model.parameters() if p.requires_grad),
        "rows": {split: len(encoded.ids) for split, (_, encoded) in rows.items()},
        "rows_excluded": {split: encoded.excluded for split, (_, encoded) in rows.items()},
        "stop_token": rows["train"][1].ends_with,
        "steps": trainer.state.global_step,
        "final_loss": counts.final_loss(),
        "target_tokens": counts.target_tokens,
        "resumed_from": int(resumed[0].name.split("-")[1]) if resumed else None,
        "processes": processes.count(),
        "passes": built.record(),
        "notes": precise + built.notes,
        **watcher.facts(),
    }
    known = {name: facts[name] for name in ("final_loss", "steps", "best_step", "best_eval_loss") if name in facts}
    mirror.finish(
        {**known, **cost, "peak_memory_gib": round(peak_memory_gib(), 3)}, watcher.best_step if wanted.best else None
    )
    prompts = {"prompts" if split == "train" else split: path for split, (path, _) in rows.items()}
    write_record(order.folder / "record.json", "adapter", settings, {**prompts, **weights}, cost, facts)
    base = order.model.get("hub_id") or Path(order.model["path"]).as_posix()
    write_adapter(trainer.model, base, order.folder, watcher.tensors)
    checkpoints.clear(order.folder)
    (order.folder / "README.md").unlink(missing_ok=True)  # TRL's model card, remade at each checkpoint
    return {**facts, **cost}
