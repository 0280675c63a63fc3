"""The few steps and the few answers of a rehearsal, with kotune's own training and answering code, timed.

Reads and writes nothing that stays: the trainer's folder is one that the caller throws away.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.answering import engines, padded, pointing, sampling
from kotune.answering.packed import decoder_for
from kotune.core.gpu_energy import NoEnergy
from kotune.core.records import peak_memory_gib
from kotune.core.storage import Json
from kotune.cost import row_lengths
from kotune.cost.fit import Job
from kotune.cost.row_lengths import Lengths
from kotune.models import heads, loading, random_weights
from kotune.prompts import encoding
from kotune.rehearsal.stand_ins import rows_for, with_reward
from kotune.training import recipes
from kotune.training.build import build, run
from kotune.training.counts import Counts
from kotune.training.lora import check_lora, lora_config
from kotune.training.order import Order, fitted

if TYPE_CHECKING:
    from transformers import TrainerCallback


NO_TOKEN = -1  # ends no answer


@dataclass
class Clock:
    """When each step ended, and what had been done by then; the first ``warmup`` steps are left out."""

    counts: Counts
    warmup: int
    device: str
    energy: NoEnergy
    max_seconds: float
    marks: list[tuple[float, int, float | None]] = field(default_factory=list)

    def mark(self) -> None:
        """Note that a step has ended."""
        if self.device == "cuda":
            import torch

            torch.cuda.synchronize()
        self.marks.append((time.monotonic(), self.counts.tokens, self.energy.joules()))

    @property
    def late(self) -> bool:
        """Whether enough was measured for the time that it takes."""
        return len(self.marks) > self.warmup + 1 and self.marks[-1][0] - self.marks[0][0] > self.max_seconds

    def cost(self) -> Json:
        """Return steps, seconds, tokens and joules between the last warm-up step and the last step."""
        (began, before, charged), (ended, after, used) = self.marks[self.warmup - 1], self.marks[-1]
        joules = used - charged if used is not None and charged is not None else None
        return {
            "steps": len(self.marks) - self.warmup,
            "seconds": ended - began,
            "tokens": after - before,
            "tokens_per_second": (after - before) / (ended - began),
            "joules": joules,
        }


def _callback(clock: Clock) -> TrainerCallback:
    """Return the callback that marks each step, ends a training that takes long, and keeps it from saving."""
    from transformers import TrainerCallback

    class ClockCallback(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            clock.mark()
            control.should_save = False
            control.should_training_stop |= clock.late

    return ClockCallback()


def encoded(lengths: Lengths, vocabulary: int, first: int) -> encoding.Rows:
    """Return rows of such lengths as a tokenizer would give them; what the tokens are does not matter."""
    span = max(1, vocabulary - first)
    ids = [[first + (place * 7919 + row) % span for place in range(sum(pair))] for row, pair in enumerate(lengths)]
    return encoding.Rows(ids, [[0] * prompt + [1] * answer for prompt, answer in lengths], {}, None)


def rehearsed_rows(job: Job, steps: int, seed: int) -> Lengths:
    """Return the rows of a rehearsal's training: evenly spread over all lengths, and the longest in front."""
    plan = job.plan
    count = steps * plan.batch * plan.accumulation
    if plan.max_length is not None:  # packed: as many as fill the passes
        mean = sum(map(sum, job.rows)) / len(job.rows)
        count = math.ceil(count * plan.max_length / mean)
    longest = max(job.rows, key=sum)
    return row_lengths.longest_first([longest, *row_lengths.spread(job.rows, max(1, count - 1), seed)])


def rehearsed_prompts(job: Job, count: int) -> list[int]:
    """Return the lengths of the prompts that are answered: evenly spread over all, the longest among them."""
    some = row_lengths.spread([(prompt, 0) for prompt in job.prompts], count, 0)
    return [max(job.prompts), *(prompt for prompt, _ in some[1:])]


def rehearse_training(settings: Json, job: Job, device: str, energy: NoEnergy, folder: Path) -> Json:
    """Train a few steps; return speed and energy after the warm-up, and the peak of memory."""
    asked = settings["rehearsal"]
    steps = asked["warmup_steps"] + asked["timed_steps"]
    changes = {"max_steps": steps, "logging_steps": steps, "save_steps": steps, "eval_strategy": "no"}
    changes |= {"eval_on_start": False}
    changes |= {"train_sampling_strategy": "sequential"}
    recipe = with_reward({**settings["recipe"], "trainer": {**settings["recipe"]["trainer"], **changes}})
    check_lora(recipe["lora"])
    order = Order(
        model=settings["model"], recipe=recipe, prompts=folder, valid=None, seed=settings["seed"],
        compute=settings["compute"], tracking={"mode": "disabled"}, folder=folder, label=settings["label"],
    )  # fmt: skip
    order, precise = fitted(order, device)
    config = recipes.trainer_config(order.recipe, folder, settings["seed"], device, evaluate=False)
    tokenizer = random_weights.load_tokenizer(settings["model"])
    rows = encoded(rehearsed_rows(job, steps, settings["seed"]), len(tokenizer), len(tokenizer.get_added_vocab()))
    counts, rows = Counts(), rows_for(recipe, rows)
    built = build(order, config, {"train": rows}, tokenizer, counts, device, random_weights)
    trainer = built.trainer
    clock = Clock(counts, asked["warmup_steps"], device, energy, asked["max_seconds"])
    trainer.add_callback(_callback(clock))
    run(trainer, None, folder)
    return {**clock.cost(), **_memory(device), "notes": precise + built.notes, "passes": built.record()}


def _memory(device: str) -> Json:
    """Return the peaks of memory that torch took from the card, and that its tensors took; of a CPU, the process's."""
    import torch

    used = torch.cuda.max_memory_allocated() / 2**30 if device == "cuda" else None
    return {"gib": peak_memory_gib(), "gib_allocated": used}


def rehearse_answers(settings: Json, job: Job, device: str, energy: NoEnergy) -> Json:
    """Answer a few prompts, all answers as long as they may be; return speed, energy and the peak of memory."""
    tokenizer = random_weights.load_tokenizer(settings["model"])
    loaded = random_weights.load_model(settings["model"], settings["recipe"].get("quantization"), settings["compute"])
    model = loaded.model
    if job.tuned:  # unmerged, as in a study
        from peft import get_peft_model

        task = {"task_type": heads.TASK} if settings["model"].get(heads.KEY) else {}
        model = get_peft_model(model, lora_config({**settings["recipe"]["lora"], **task}, model))
    model.eval()
    asked = [(prompt, 0) for prompt in rehearsed_prompts(job, settings["rehearsal"]["prompts"])]
    rows = encoded(asked, len(tokenizer), len(tokenizer.get_added_vocab()))
    prompts = [encoding.Prompt(place, "test", str(place), tuple(ids), False) for place, ids in enumerate(rows.ids)]
    if settings["model"].get(heads.KEY):
        return _pointed(model, tokenizer.pad_token_id, padded.batches_of(prompts, job.batch), energy, device)
    # drawn answers know no such key: where no token ends them, they are as long as they may be
    drawn = bool(settings["generation"].get("do_sample"))
    own = {**settings["generation"], **({} if drawn else {"min_new_tokens": job.new_tokens})}
    if engines.choose(settings["generation"], model, device) == "packed":
        return _answered_packed(model, [list(prompt.tokens) for prompt in prompts], job.new_tokens, energy)
    stop = [NO_TOKEN] if drawn else loading.stop_ids(tokenizer, settings["model"]["stop"])
    config = padded.generation_config(own, tokenizer, stop)
    model.generation_config = sampling.undrawn(config) if drawn else config
    batches = padded.batches_of(prompts, job.batch)
    shortest = {} if drawn else {"min_new_tokens": 2}
    brief = padded.generation_config({**own, **shortest, "max_new_tokens": 2}, tokenizer, stop)
    padded.answer_batch(model, tokenizer, batches[-1], brief, {})  # a warm-up
    before, began, made = energy.joules(), time.monotonic(), 0
    for batch in batches:
        made += sum(line["new_tokens"] for line in padded.answer_batch(model, tokenizer, batch, config, {}))
    return _answered(before, began, [len(prompt.tokens) for prompt in prompts], made, energy, device)


def _pointed(model: Any, pad: int, batches: list[list[encoding.Prompt]], energy: NoEnergy, device: str) -> Json:
    """Point at an answer in each prompt: one pass, in which nothing is written."""
    lengths = [len(prompt.tokens) for batch in batches for prompt in batch]
    pointing.scores(model, [prompt.tokens for prompt in batches[-1]], pad)  # a warm-up
    before, began = energy.joules(), time.monotonic()
    for batch in batches:
        pointing.scores(model, [prompt.tokens for prompt in batch], pad)
    return _answered(before, began, lengths, 0, energy, device)


def _answered(before: float | None, began: float, lengths: list[int], made: int, energy: NoEnergy, device: str) -> Json:
    """Return speed, energy and memory of answering prompts of such lengths."""
    import torch

    if device == "cuda":
        torch.cuda.synchronize()
    seconds, after = time.monotonic() - began, energy.joules()
    return {
        "prompts": len(lengths),
        "prompt_tokens": sum(lengths),
        "new_tokens": made,
        "seconds": seconds,
        "prompts_per_second": len(lengths) / seconds,
        "joules": after - before if after is not None and before is not None else None,
        **_memory(device),
    }


def _answered_packed(model: Any, prompts: list[list[int]], new_tokens: int, energy: NoEnergy) -> Json:
    """Answer through the packed engine, all answers ``new_tokens`` long; its first round warms it up."""
    engine = decoder_for(model, [len(prompt) for prompt in prompts], new_tokens, [])
    list(engine.answer(prompts[-1:]))
    before, began = energy.joules(), time.monotonic()
    made = sum(len(one.tokens) for one in engine.answer(prompts))
    return _answered(before, began, [len(prompt) for prompt in prompts], made, energy, "cuda")
