"""Supervised fine-tuning by TRL's SFTTrainer: tokens counted, and no work on positions that carry no loss.

Reads prompts ({split}.parquet); writes nothing. The loss is on the completion and its stop token, or on all of a row.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.storage import Json
from kotune.layers import passes, ways
from kotune.prompts import encoding
from kotune.training import processes, redrawn
from kotune.training.budget import Order
from kotune.training.counts import Counts
from kotune.training.gradients import Step, as_number, without_needless_mask
from kotune.training.method import Built, Given
from kotune.training.redrawn import Redrawn
from kotune.training.row_order import remembered
from kotune.training.watching import untouched_random_state

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase
    from trl import SFTConfig, SFTTrainer

BUDGET = True
ARGUMENTS: Json = {}
OWNED = {
    "completion_only_loss": "`loss` of the recipe says where the loss is: completion (stop token included) or all",
    "assistant_only_loss": "`loss` of the recipe says where the loss is: completion (stop token included) or all",
    "dataset_text_field": "kotune renders and tokenises the prompts itself",
    "dataset_kwargs": "kotune renders and tokenises the prompts itself",
    "chat_template_path": "kotune renders and tokenises the prompts itself",
    "eos_token": "the family's stop token ends a completion",
    "pad_token": "it comes from the family",
}
DEFAULTS: Json = {"max_length": None}  # rows are never cut
TRAINER = ("packing", "packing_strategy", "padding_free")

CHUNK = 2048  # positions whose logits are there at once, where there are more
# Multipliers that some architectures put on their logits; TRL knows them, the short way to the loss does not.
LOGIT_SCALES = ("logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")


def config_class() -> type[SFTConfig]:
    """Return the class that takes a recipe's `trainer`."""
    from trl import SFTConfig

    return SFTConfig


def fixed(recipe: Json) -> Json:
    """Return the arguments of SFTConfig that kotune sets itself: the loss is where the mask is."""
    return {"completion_only_loss": True}  # also for `loss: all`, whose mask is everywhere


def check(recipe: Json) -> None:
    """Raise UserError for a `loss` that there is not, or that cannot go with the packing."""
    encoding.check_loss(recipe)


def read_rows(
    recipe: Json, files: dict[str, Path], tokenizer: PreTrainedTokenizerBase, config: SFTConfig
) -> dict[str, encoding.Rows]:
    """Return each split's tokenised prompts and completions; UserError where TRL would cut one of them."""
    loss = encoding.check_loss(recipe)
    rows = {split: encoding.encode_rows(path, tokenizer, loss) for split, path in files.items()}
    for split, encoded in rows.items():
        encoding.check_lengths(encoded, config.max_length, files[split])
    return rows


def way(recipe: Json, shape: Any, device: str) -> ways.Way:
    """Return the way through the model: fused layers, packed rows or padded batches."""
    return ways.choose(recipe, shape, device)


def build(given: Given) -> Built:
    """Return the trainer, its rows put into passes as the way wants them."""
    settings, lengths = given.recipe.get("passes") or {}, [len(ids) for ids in given.rows["train"].ids]
    widths = passes.Widths.of(given.shape) if given.way.name == "fused" else None
    free = processes.smallest(ways.free_bytes(given.device, settings, 0))
    decided: Json = {"way": given.way.name}
    decided |= ways.arrange(given.way, given.config, settings, widths, lengths, free)
    trainer = trainer_class()(
        counts=given.counts,
        runs_on=given.device,
        step=Step(given.rows["train"]),
        redrawn=Redrawn.of(given.recipe, given.rows["train"].names, given.config.seed),
        budget=Order.of(given.recipe, lengths, given.config),
        model=given.model,
        args=given.config,
        train_dataset=given.rows["train"].dataset(),
        eval_dataset=given.rows["valid"].dataset() if "valid" in given.rows else None,
        processing_class=given.tokenizer,
        peft_config=given.lora,
    )
    given.settle(trainer.model)
    if widths is None:
        return Built(trainer, decided, given.way.notes)
    trainer.fused_loss = ways.FusedLoss(trainer.model, widths, given.device, settings)
    return Built(trainer, decided, given.way.notes, trainer.fused_loss.rooms)


@cache
def trainer_class() -> type[SFTTrainer]:
    """Return TRL's SFTTrainer with `Completions` in front of it; TRL is imported for it."""
    from trl import SFTTrainer

    return type("CompletionTrainer", (Completions, SFTTrainer), {})


class Forward:
    """A model's forward that can also give a loss: DDP joins gradients only of what its module's forward does."""

    def __init__(self, own: Callable[..., Any], loss_of: Callable[[Json], Any]) -> None:
        self.own, self.loss_of = own, loss_of

    def __call__(self, *args: Any, batch: Json | None = None, **kwargs: Any) -> Any:
        """Return the loss of ``batch``, or where there is none what the model's own forward gives."""
        return self.own(*args, **kwargs) if batch is None else self.loss_of(batch)


class Completions:
    """What kotune changes in TRL's SFTTrainer: it counts tokens and computes the loss by a way of its own.

    ``counts``: of this training. ``runs_on``: "cpu" or "cuda". ``step``: what went into the step at hand.
    ``redrawn``: which rows an epoch has, where that differs (`training.redrawn`). ``budget``: the order of the rows,
    where their tokens are counted beforehand (`training.budget`).
    ``fused_loss``: the summed loss of a batch through fused layers; None for the model's own. TRL scores every position
    of a batch and throws the prompt's away; with answers of ten tokens to prompts of three hundred and a vocabulary of
    262,144, that is most of a step. The short way scores the positions with a loss only: the same sum.
    """

    def __init__(
        self,
        *args: Any,
        counts: Counts,
        runs_on: str,
        step: Step,
        redrawn: Redrawn | None = None,
        budget: Order | None = None,
        **kwargs: Any,
    ) -> None:
        self.counts, self.runs_on, self.step = counts, runs_on, step
        self.redrawn, self.budget = redrawn, budget
        self.fused_loss: ways.FusedLoss | None = None
        self.evaluated: list[tuple[float, int]] = []  # of each batch: mean loss, targets
        super().__init__(*args, **kwargs)

    def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
        from transformers.trainer_pt_utils import LengthGroupedSampler

        if self.redrawn is not None:
            return redrawn.sampler(self.redrawn, lambda: self.state.epoch)
        if self.budget is not None:
            return self.budget.sampler(lambda: self.state.epoch)
        sampler = super()._get_train_sampler(*args, **kwargs)
        if isinstance(sampler, LengthGroupedSampler):  # rows are grouped for a step, whoever computes it
            processes = self.accelerator.num_processes
            sampler.batch_size *= processes
            shared = self.args.seed if processes > 1 else None
            return remembered(sampler, lambda: self.counts.drawn, lambda: self.state.epoch, shared)
        return sampler

    def get_eval_dataloader(self, *args: Any, **kwargs: Any) -> Any:
        """Return the batches of an evaluation: with several processes, all of them for each."""
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
        """Evaluate one batch, and keep its loss with its number of targets."""
        targets = int((inputs["labels"][:, 1:] != -100).sum())
        made = super().prediction_step(model, inputs, *args, **kwargs)
        self.evaluated.append((float(made[0]) * targets, targets))
        return made

    def evaluation_loop(self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any) -> Any:
        """Evaluate; the loss is the mean over all targets, however rows were put into batches."""
        self.evaluated = []
        # an evaluation draws a random number; before the first step a resumed training would lack it
        with untouched_random_state() if self.state.global_step == 0 else nullcontext():
            output = super().evaluation_loop(*args, metric_key_prefix=metric_key_prefix, **kwargs)
        total, targets = (sum(column) for column in zip(*self.evaluated, strict=True))
        output.metrics[f"{metric_key_prefix}_loss"] = total / targets
        return output

    def compute_loss(
        self, model: Any, inputs: Json, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the mean loss of a batch's targets, or their summed loss over ``num_items_in_batch``."""
        if self.model.training:
            self._count(inputs)
            self.step.add(inputs)
        if self.runs_on == "cuda":  # on a CPU no kernel fails with a mask, and without one sums end in other digits
            inputs = without_needless_mask(inputs)
        if self.fused_loss is not None:
            loss = self._through_fused_layers(model, inputs, num_items_in_batch)
            return (loss, {}) if return_outputs else loss
        # an evaluation on a CPU stays TRL's own, whose sums end in other digits
        if not self.short_way() or (return_outputs and self.runs_on == "cpu"):
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        loss = self._of_targets_alone(model, inputs, num_items_in_batch)
        return (loss, {}) if return_outputs else loss

    def _get_grad_norm(self, *args: Any, **kwargs: Any) -> Any:
        norm = super()._get_grad_norm(*args, **kwargs)
        self.step.end(as_number(norm), self.state.global_step + 1, skipped=self.args.fp16)
        return norm

    def _count(self, inputs: Json) -> None:
        """Count a batch's tokens and targets, of all processes."""
        import torch

        tokens = inputs["attention_mask"].sum() if "attention_mask" in inputs else inputs["input_ids"].numel()
        labels = inputs["labels"]
        pair = torch.stack([torch.as_tensor(tokens, device=labels.device), (labels != -100).sum()])
        tokens, targets = self.accelerator.reduce(pair, reduction="sum").tolist()
        self.counts.tokens += tokens
        self.counts.target_tokens += targets

    def _through_fused_layers(self, model: Any, inputs: Json, items: Any) -> Tensor:
        from torch.nn.parallel import DistributedDataParallel

        if not isinstance(model, DistributedDataParallel):
            loss = self.fused_loss(inputs)
        else:
            if not isinstance(model.module.forward, Forward):
                model.module.forward = Forward(model.module.forward, self.fused_loss)
            loss = model(batch=inputs)
        if items is None:
            return loss / (inputs["labels"][:, 1:] != -100).sum()
        return loss * self.accelerator.num_processes / items  # DDP joins gradients by their mean

    def short_way(self) -> bool:
        """Return whether the loss can be computed from the targets' positions alone."""
        config, args = self.model.config.get_text_config(), self.args
        if self.accelerator.num_processes > 1:  # gradients are joined on the way through the whole model only
            return False
        if args.use_liger_kernel or args.loss_type != "nll" or args.label_smoothing_factor:
            return False
        return all(getattr(config, name, None) is None for name in LOGIT_SCALES)

    def _of_targets_alone(self, model: Any, inputs: Json, items: Any) -> Tensor:
        """Return the loss with logits of the targets' positions only."""
        from torch.utils.checkpoint import checkpoint

        base = self.accelerator.unwrap_model(model).get_base_model()
        given = {name: value for name, value in inputs.items() if name != "labels"}
        targets = inputs["labels"][:, 1:]
        scored = targets != -100
        # accelerate puts autocast around the forward of the whole model only
        with self.accelerator.autocast(), self._no_needless_casts(base):
            hidden = base.base_model(**given, use_cache=False).last_hidden_state[:, :-1]
            hidden, targets = hidden[scored], targets[scored]
            if len(targets) <= CHUNK:
                loss = summed_loss(base, hidden, targets)
            else:  # the logits of long rows that are learned whole would take gigabytes: a part of them at a time
                pieces = zip(hidden.split(CHUNK), targets.split(CHUNK), strict=True)
                loss = sum(checkpoint(summed_loss, base, *piece, use_reentrant=False) for piece in pieces)
        return loss / (len(targets) if items is None else items)

    def _no_needless_casts(self, base: Any) -> AbstractContextManager[None]:
        """Keep peft from making each input of an adapter float32 where autocast makes it 16 bits again: the same bits.

        The copies are a quarter of what a step keeps. A step that computes layers anew must find them as they were.
        """
        from peft.helpers import disable_input_dtype_casting

        autocast = self.args.bf16 or self.args.fp16
        return disable_input_dtype_casting(base, active=autocast and not self.args.gradient_checkpointing)


def summed_loss(base: Any, hidden: Tensor, targets: Tensor) -> Tensor:
    """Return the summed cross entropy of hidden states (positions, width) against token ids (positions)."""
    import torch

    softcap = getattr(base.config.get_text_config(), "final_logit_softcapping", None)
    logits = base.get_output_embeddings()(hidden)
    if softcap:
        logits = torch.tanh(logits / softcap) * softcap
    return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")
