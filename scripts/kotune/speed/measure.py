"""Measure one recipe or one engine on a model's true shape with random weights, as a study runs it.

Reads nothing and writes nothing that stays; `config/benchmarks.yaml` says what is measured. One process measures one
thing: kernels that a recipe puts into transformers' classes would otherwise speed up, or slow down, the next one.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.answering import padded
from kotune.answering.packed import decoder_for
from kotune.core.gpu_energy import Energy
from kotune.core.records import package_versions
from kotune.core.storage import Json
from kotune.cost import row_lengths
from kotune.cost.model import flops_per_token
from kotune.cost.row_lengths import Lengths
from kotune.cost.shapes import plan_of, shape_of
from kotune.models import loading as models
from kotune.models import random_weights
from kotune.prompts import encoding
from kotune.training import engine, recipes
from kotune.training.build import build, run
from kotune.training.counts import Counts
from kotune.training.lora import lora_config
from kotune.training.order import Order

if TYPE_CHECKING:
    from transformers import TrainerCallback

PACKAGES = (
    "torch", "triton", "transformers", "peft", "trl", "bitsandbytes", "nvidia-cudnn-frontend", "liger-kernel",
    "unsloth", "unsloth_zoo",
)  # fmt: skip
COMPUTE = {"device": "auto", "threads": 4}


def rows_of(law: Json, count: int | None) -> Lengths:
    """Return the lengths of the benchmark's rows, the first ``count`` of them."""
    return row_lengths.of_law(law, law["count"], law["seed"])[:count]


def tokens_of(lengths: Lengths, vocabulary: int, first: int, seed: int) -> list[list[int]]:
    """Return rows of random tokens of such lengths; what they are does not matter to a random model."""
    import random

    draw = random.Random(seed)
    return [[draw.randrange(first, vocabulary) for _ in range(sum(pair))] for pair in lengths]


def environment() -> Json:
    """Return the versions and the card that a measurement was made with."""
    import torch

    card = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return {"card": card, "packages": package_versions(PACKAGES), "cudnn": torch.backends.cudnn.version()}


def _timer(counts: Counts, energy: Energy, epochs: list[Json]) -> TrainerCallback:
    """Return the callback that notes each epoch's tokens, seconds and joules."""
    import torch
    from transformers import TrainerCallback

    class Timer(TrainerCallback):
        def _now(self) -> tuple[float, int, float | None]:
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            return time.monotonic(), counts.tokens, energy.joules()

        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.began = self._now()

        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            (began, before, charged), (ended, after, used) = self.began, self._now()
            joules = used - charged if used is not None and charged is not None else None
            epochs.append({"tokens": after - before, "seconds": ended - began, "joules": joules})

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_save = False  # the last checkpoint would be timed with the last epoch

    return Timer()


def _forget_peak() -> float | None:
    """Return the GiB that loading took at most, and count anew."""
    import torch

    if not torch.cuda.is_available():
        return None
    loading = torch.cuda.max_memory_reserved() / 2**30
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return round(loading, 2)


def _memory() -> Json:
    """Return the most GiB that were held, and that were in use, since `_forget_peak`."""
    import torch

    if not torch.cuda.is_available():
        return {"gib": None, "gib_allocated": None}
    peaks = torch.cuda.max_memory_reserved(), torch.cuda.max_memory_allocated()
    return dict(zip(("gib", "gib_allocated"), (round(peak / 2**30, 2) for peak in peaks), strict=True))


def measure_training(settings: Json, peak_tflops: float) -> Json:
    """Train some epochs with kotune's own training; return speed, memory, MFU, losses and what it was made with.

    ``settings``: model (with its shape), recipe, rows (a law), count, epochs, seed; ``curve``, where each
    step's loss is asked for.
    """
    compute = settings.get("compute", COMPUTE)
    device = models.set_up_torch(compute)
    lengths = rows_of(settings["rows"], settings.get("count"))
    trainer = {**settings["recipe"]["trainer"], "num_train_epochs": settings["epochs"], "save_steps": 10**6}
    trainer |= {"logging_steps": 1, "train_sampling_strategy": "sequential"}
    recipe = {**settings["recipe"], "trainer": trainer}
    source = source_of(settings["model"])
    tokenizer = source.load_tokenizer(settings["model"])
    special = len(tokenizer.get_added_vocab())
    ids = tokens_of(lengths, len(tokenizer), special, settings["rows"]["seed"])
    whole = recipe.get("loss") == encoding.ALL
    masks = [[0, *[1] * (sum(pair) - 1)] if whole else [0] * pair[0] + [1] * pair[1] for pair in lengths]
    rows, by = encoding.Rows(ids, masks, {}, None), engine.wanted(recipe)
    counts, epochs, curve = Counts(), [], []
    with tempfile.TemporaryDirectory() as folder:
        config = recipes.trainer_config(recipe, Path(folder), settings["seed"], device, evaluate=False)
        order = Order(
            model=settings["model"], recipe=recipe, prompts=Path(folder), valid=None, seed=settings["seed"],
            compute=compute, tracking={"mode": "disabled"}, folder=Path(folder), label=settings["name"],
            engine=by,
        )  # fmt: skip
        make = partial(build, source=source) if by == engine.TRL else engine.module(by).build
        built = make(order, config, {"train": rows}, tokenizer, counts, device)
        built.trainer.add_callback(_timer(counts, Energy(None), epochs))
        loading = _forget_peak()
        run(built.trainer, None, Path(folder))
        curve = [line for line in built.trainer.state.log_history if "loss" in line]
    speeds = [epoch["tokens"] / epoch["seconds"] for epoch in epochs]
    median = statistics.median(speeds[1:] or speeds)
    flops = _flops(settings["model"], recipe, lengths)
    rows_a_second = median * len(lengths) / sum(map(sum, lengths))
    return {
        "name": settings["name"],
        "tokens_per_second": round(median),
        "repeats": [round(speed) for speed in speeds],
        "rows_per_second": round(rows_a_second, 2),
        "mfu": flops and round(median * flops / (peak_tflops * 1e12), 3),
        "gflop_per_token": flops and round(flops / 1e9, 2),
        **_memory(),
        "gib_loading": loading,
        "joules_per_token": _joules(epochs),
        "losses": [round(line["loss"], 4) for line in curve[:3]],
        "grad_norms": [round(float(line["grad_norm"]), 4) for line in curve[:3]],
        "passes": built.record(),
        "notes": built.notes,
        **_every_step(curve, ids, bool(settings.get("curve"))),
        **environment(),
    }


def _every_step(curve: list[Json], ids: list[list[int]], asked: bool) -> Json:
    """Return each step's loss and gradient norm, and the rows' tokens, where they are asked for."""
    if not asked:
        return {}
    steps = [[line["step"], float(line["loss"]), round(float(line["grad_norm"]), 4)] for line in curve]
    return {"curve": steps, "tokens": sum(map(len, ids))}


def source_of(model: Json) -> Any:
    """Return where a model comes from: its folder, or random weights of its shape."""
    return models if "path" in model else random_weights


def _flops(model: Json, recipe: Json, lengths: Lengths) -> float | None:
    """Return the FLOPs of a token; None for a stand-in, for whose processor no peak is known."""
    if "shape" not in model:
        return None
    return flops_per_token(shape_of(model, "benchmark"), plan_of(recipe, model["architecture"]), lengths)


def _joules(epochs: list[Json]) -> float | None:
    used = [epoch for epoch in epochs[1:] if epoch["joules"] is not None]
    return round(sum(epoch["joules"] for epoch in used) / sum(epoch["tokens"] for epoch in used), 4) if used else None


def measure_answering(settings: Json) -> Json:
    """Answer prompts with the adapter, and where the engine can, without it from the same load; two rounds, the second
    is told.

    ``settings``: model, lora, quantization, engine, batch_size, prompts (a law), count, seed.
    """
    compute = settings.get("compute", COMPUTE)
    models.set_up_torch(compute)
    import torch

    lengths = rows_of(settings["prompts"], settings.get("count"))
    new_tokens = lengths[0][1]
    source = source_of(settings["model"])
    tokenizer = source.load_tokenizer(settings["model"])
    loaded = source.load_model(settings["model"], settings["quantization"], compute)
    model = _with_adapter(loaded.model, settings["lora"])
    prompts = tokens_of(
        [(prompt, 0) for prompt, _ in lengths], len(tokenizer), len(tokenizer.get_added_vocab()), settings["seed"]
    )
    if settings["engine"] == "packed":
        engine = decoder_for(model, [len(prompt) for prompt in prompts], new_tokens, [])
        arms = {"tuned": True, "base": False}
    else:
        engine, arms = None, {"tuned": True}
    told: Json = {}
    for arm, adapter in arms.items():
        for _ in range(2):
            began = time.monotonic()
            if engine is not None:
                made = sum(len(one.tokens) for one in engine.answer(prompts, adapter=adapter))
            else:
                made = _padded(model, tokenizer, prompts, new_tokens, settings["batch_size"])
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            seconds = time.monotonic() - began
            told[arm] = {
                "prompts_per_second": round(len(prompts) / seconds, 2),
                "new_tokens_per_second": round(made / seconds, 1),
                "seconds": round(seconds, 2),
            }
    return {
        "name": settings["name"],
        **told,
        "prompts": len(prompts),
        "new_tokens": new_tokens,
        **_memory(),
        **environment(),
    }


def _with_adapter(model: Any, lora: Json) -> Any:
    """Return the model with a random adapter whose B is not zero, so that nothing can be left out."""
    import torch
    from peft import get_peft_model

    tuned = get_peft_model(model, lora_config(lora, model)).eval()
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.01)
    return tuned


def _padded(model: Any, tokenizer: Any, prompts: list[list[int]], new_tokens: int, size: int) -> int:
    """Answer through transformers' generate, batches in the rows' order; return the number of new tokens."""
    settings = {"max_new_tokens": new_tokens, "min_new_tokens": new_tokens, "batch_size": size}
    config = padded.generation_config(settings, tokenizer, [tokenizer.eos_token_id])
    asked = [encoding.Prompt(place, "test", str(place), tuple(ids), False) for place, ids in enumerate(prompts)]
    made = 0
    for start in range(0, len(asked), size):
        lines = padded.answer_batch(model, tokenizer, asked[start : start + size], config, {})
        made += sum(line["new_tokens"] for line in lines)
    return made
