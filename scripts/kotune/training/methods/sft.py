"""TRL's SFTTrainer as the house uses it: tokens counted, and no work on positions that carry no loss.

Reads and writes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kotune.core.storage import Json, jsonl_line
from kotune.training.row_order import Drawn, remembered
from kotune.training.watching import untouched_random_state

if TYPE_CHECKING:
    from trl import SFTTrainer

CHUNK = 2048  # positions whose logits are there at once, where there are more
# Multipliers that some architectures put on their logits; TRL knows them, the short way to the loss does not.
LOGIT_SCALES = ("logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")


@dataclass
class Counts:
    """What a training has done so far; kept in its checkpoints, so that a resumed one goes on counting."""

    tokens: int = 0
    target_tokens: int = 0
    seconds_before: float = 0.0
    started: float = field(default_factory=time.monotonic)
    curve: list[Json] = field(default_factory=list)
    drawn: Drawn = field(default_factory=Drawn)

    def seconds(self) -> float:
        """Return the seconds of training so far; those after the last checkpoint of a killed run are not in it."""
        return self.seconds_before + time.monotonic() - self.started

    def cost(self) -> Json:
        """Return what the training cost, for its record."""
        seconds = self.seconds()
        return {
            "seconds": round(seconds, 3),
            "tokens": self.tokens,
            "tokens_per_second": round(self.tokens / seconds, 1),
        }

    def final_loss(self) -> float | None:
        """Return the last loss that was logged; None where logging_steps is more than all steps."""
        return next((line["loss"] for line in reversed(self.curve) if "loss" in line), None)

    def state(self) -> Json:
        """Return what a checkpoint keeps."""
        return {
            "tokens": self.tokens,
            "target_tokens": self.target_tokens,
            "seconds": self.seconds(),
            "curve": [jsonl_line(line) for line in self.curve],  # as text: the order of its keys is kept
            **self.drawn.to_json(),
        }

    def restore(self, state: Json) -> None:
        """Take up what a checkpoint kept."""
        self.tokens, self.target_tokens = state["tokens"], state["target_tokens"]
        self.seconds_before = state["seconds"]
        self.curve = [json.loads(line) for line in state["curve"]]
        self.drawn = Drawn.of(state)


def _short_way(trainer: SFTTrainer, device: str) -> bool:
    """Return whether the loss can be computed from the completion's positions alone; see `trainer_class`."""
    config, args = trainer.model.config.get_text_config(), trainer.args
    if trainer.accelerator.num_processes > 1:  # gradients are joined on the way through the whole model only
        return False
    plain = args.loss_type == "nll" and not args.label_smoothing_factor and not args.bf16 and not trainer.padding_free
    return device == "cpu" and plain and all(getattr(config, name, None) is None for name in LOGIT_SCALES)


def _through(model: Any, loss_of: Callable[[Json], Any], inputs: Json) -> Any:
    """Return the loss of inputs; DDP joins gradients only of what runs as the forward of the module that it holds."""
    from torch.nn.parallel import DistributedDataParallel

    if not isinstance(model, DistributedDataParallel):
        return loss_of(inputs)
    own = model.module.forward
    model.module.forward = loss_of
    try:
        return model(inputs)
    finally:
        model.module.forward = own


def trainer_class(counts: Counts, device: str, fused: Sequence[Callable[[Json], Any]] = ()) -> type[SFTTrainer]:
    """Return TRL's SFTTrainer with tokens counted and the loss computed by ``fused[0]``, or on a CPU the short way.

    ``fused`` is filled once the trainer has put the adapter into the model; it stays empty for the model's own layers.
    TRL scores every position of a batch on a CPU and throws the prompt's away; with answers of ten tokens to prompts
    of three hundred, that is half of a step. The short way scores the completion's positions only: the same sum.
    """
    import torch
    from torch.utils.checkpoint import checkpoint
    from transformers.trainer_pt_utils import LengthGroupedSampler
    from trl import SFTTrainer

    class CompletionTrainer(SFTTrainer):
        def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
            sampler = super()._get_train_sampler(*args, **kwargs)
            if isinstance(sampler, LengthGroupedSampler):  # rows are grouped for a step, whoever computes it
                sampler.batch_size *= self.accelerator.num_processes
                return remembered(sampler, lambda: counts.drawn, lambda: self.state.epoch)
            return sampler

        def get_eval_dataloader(self, *args: Any, **kwargs: Any) -> Any:
            loader = super().get_eval_dataloader(*args, **kwargs)
            if self.accelerator.num_processes > 1:  # each evaluates everything: shared out, batches would differ
                shard = loader.batch_sampler
                shard.num_processes, shard.process_index, shard.even_batches = 1, 0, False
                self.gather_function = self._of_whole_batch
            return loader

        def _of_whole_batch(self, losses: Any) -> Any:
            """Return a batch's loss once for each of its rows, as one process alone would find it."""
            state = self.accelerator.gradient_state
            return losses[: state.remainder] if state.end_of_dataloader and state.remainder > 0 else losses

        def prediction_step(self, model: Any, inputs: Json, *args: Any, **kwargs: Any) -> Any:
            targets = int((inputs["labels"][:, 1:] != -100).sum())
            made = super().prediction_step(model, inputs, *args, **kwargs)
            self.evaluated.append((float(made[0]) * targets, targets))
            return made

        def evaluation_loop(self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any) -> Any:
            """Evaluate; the loss is the mean over all targets, however rows were put into batches."""
            self.evaluated: list[tuple[float, int]] = []
            # an evaluation draws a random number; before the first step a resumed training would lack it
            with untouched_random_state() if self.state.global_step == 0 else nullcontext():
                output = super().evaluation_loop(*args, metric_key_prefix=metric_key_prefix, **kwargs)
            total, targets = (sum(column) for column in zip(*self.evaluated, strict=True))
            output.metrics[f"{metric_key_prefix}_loss"] = total / targets
            return output

        def compute_loss(
            self, model: Any, inputs: Json, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            if self.model.training:
                shape = inputs["attention_mask"].sum() if "attention_mask" in inputs else inputs["input_ids"].numel()
                pair = torch.stack(
                    [torch.as_tensor(shape, device=inputs["labels"].device), (inputs["labels"] != -100).sum()]
                )
                tokens, targets = self.accelerator.reduce(pair, reduction="sum").tolist()  # of all processes
                counts.tokens += tokens
                counts.target_tokens += targets
            if fused:
                loss = _through(model, fused[0], inputs)
                scored = (inputs["labels"][:, 1:] != -100).sum() if num_items_in_batch is None else num_items_in_batch
                if num_items_in_batch is not None:
                    loss = loss * self.accelerator.num_processes  # DDP joins gradients by their mean
                return (loss / scored, {}) if return_outputs else loss / scored
            if return_outputs or not _short_way(self, device):
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            base = self.accelerator.unwrap_model(model).get_base_model()
            given = {name: value for name, value in inputs.items() if name != "labels"}
            hidden = base.base_model(**given, use_cache=False).last_hidden_state[:, :-1]
            targets = inputs["labels"][:, 1:]
            scored = targets != -100
            softcap = getattr(base.config.get_text_config(), "final_logit_softcapping", None)

            def loss_of(hidden: Any, targets: Any) -> Any:
                logits = base.get_output_embeddings()(hidden)
                if softcap:
                    logits = torch.tanh(logits / softcap) * softcap
                return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")

            hidden, targets = hidden[scored], targets[scored]
            if len(targets) <= CHUNK:
                loss = loss_of(hidden, targets)
            else:  # the logits of long rows that are learned whole would take gigabytes: a part of them at a time
                pieces = zip(hidden.split(CHUNK), targets.split(CHUNK), strict=True)
                loss = sum(checkpoint(loss_of, *piece, use_reentrant=False) for piece in pieces)
            return loss / (len(targets) if num_items_in_batch is None else num_items_in_batch)

    return CompletionTrainer
