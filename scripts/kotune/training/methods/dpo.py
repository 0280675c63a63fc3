"""Direct preference optimisation by TRL's DPOTrainer: an adapter goes on from another arm's, which is its reference.

Reads prompts ({split}.parquet) with the column `rejected`; writes nothing. The reference is a frozen copy of the
adapter that the training starts from, on the same base in memory: never a model read from disk. What is written is the
policy's adapter alone. It holds what the other one had learned, so that it is loaded on the base without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.layers import ways
from kotune.prompts import pairs
from kotune.training import processes
from kotune.training.budget import Order
from kotune.training.counts import Counts
from kotune.training.gradients import Step, as_number, without_needless_mask
from kotune.training.method import Built, Given
from kotune.training.row_order import remembered

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase
    from trl import DPOConfig, DPOTrainer

STARTS = PAIRS = ONE_CARD = BUDGET = True
ARGUMENTS: Json = {}
RENDERED = "kotune renders and tokenises the prompts itself"
OWNED = {
    "pad_token": "it comes from the family",
    "dataset_num_proc": RENDERED,
    "truncation_mode": "no row is cut",
    "padding_free": "TRL's DPOTrainer has it switched off",
    "precompute_ref_log_probs": "the reference reads each batch beside the policy, in the same shape",
    "precompute_ref_batch_size": "the reference reads each batch beside the policy, in the same shape",
    "sync_ref_model": "the reference is the arm that the training starts from, and stays it",
    "ref_model_mixup_alpha": "the reference is the arm that the training starts from, and stays it",
    "ref_model_sync_steps": "the reference is the arm that the training starts from, and stays it",
}
DEFAULTS: Json = {"max_length": None}  # rows are never cut
TRAINER = (
    "beta", "loss_type", "loss_weights", "label_smoothing", "ld_alpha", "f_divergence_type", "f_alpha_divergence_coef",
    "use_weighting", "discopop_tau", "disable_dropout",
)  # fmt: skip
POLICY, REFERENCE = "default", "ref"  # what TRL calls the two adapters

LOSSES = (
    "sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot", "aot_unpaired",
    "apo_zero", "apo_down", "discopop", "sft", "sigmoid_norm",
)  # fmt: skip
LENGTHS = ("lengths/chosen", "lengths/rejected")  # mean tokens of a completion
LOGGED = (
    "rewards/chosen",
    "rewards/rejected",
    "rewards/margins",
    "rewards/accuracies",
    "logps/chosen",
    "logps/rejected",
    *LENGTHS,
)


def config_class() -> type[DPOConfig]:
    """Return the class that takes a recipe's `trainer`."""
    from trl import DPOConfig

    return DPOConfig


def fixed(recipe: Json) -> Json:
    """Return the arguments of DPOConfig that kotune sets itself."""
    return {}


def check(recipe: Json) -> None:
    """Raise UserError for keys of a recipe that say how supervised fine-tuning learns."""
    asked = recipe["trainer"].get("loss_type", LOSSES[:1])
    for loss in [asked] if isinstance(asked, str) else asked:
        if loss not in LOSSES:
            raise UserError(f"recipe.trainer.loss_type: dpo has no loss '{loss}'{nearest(str(loss), LOSSES)}")
    if recipe.get("loss", "completion") != "completion":
        raise UserError(f"recipe.loss: '{recipe['loss']}' is for sft; dpo compares completions, so leave it out")
    passes = recipe.get("passes") or {}
    if passes.get("layers") == "fused" or passes.get("tokens") or passes.get("memory_gib"):
        raise UserError("recipe.passes: fused layers and their passes are for sft; leave it out, or set layers to auto")


def read_rows(
    recipe: Json, files: dict[str, Path], tokenizer: PreTrainedTokenizerBase, config: DPOConfig
) -> dict[str, pairs.Pairs]:
    """Return each split's tokenised pairs; UserError where TRL would cut one of them."""
    rows = {split: pairs.encode_pairs(path, tokenizer) for split, path in files.items()}
    for split, encoded in rows.items():
        pairs.check_lengths(encoded, config.max_length, files[split])
    return rows


def way(recipe: Json, shape: Any, device: str) -> ways.Way:
    """Return the one way there is: padded batches, through transformers' own layers."""
    return ways.Way("padded")


def looks(recipe: Json) -> int:
    """Return how often each side of a pair is looked at besides: by the reference."""
    return 1


def build(given: Given) -> Built:
    """Return the trainer; policy and reference are both the adapter that the training starts from, in float32."""
    if given.lora is not None:
        raise UserError("recipe.method: dpo goes on from an arm's adapter, and there is none; give --adapter")
    if processes.count() > 1:
        raise UserError("recipe.cards: dpo trains an adapter on one GPU; take `cards` away")
    given.model.set_adapter(POLICY)
    trainer = trainer_class()(
        counts=given.counts,
        step=Step(given.rows["train"]),
        budget=Order.of(given.recipe, given.rows["train"].lengths(), given.config),
        model=given.model,
        args=given.config,
        train_dataset=given.rows["train"].dataset(),
        eval_dataset=given.rows["valid"].dataset() if "valid" in given.rows else None,
        processing_class=given.tokenizer,
    )
    given.settle(trainer.model)
    freeze_reference(trainer.model)
    if given.device == "cuda":  # on a CPU no kernel fails with a mask, and without one sums end in other digits
        drop_needless_masks(trainer.model)
    return Built(trainer, {"way": given.way.name}, given.way.notes, logged=LOGGED)


def freeze_reference(model: PeftModel) -> None:
    """Make the reference a frozen copy of the policy, digit for digit: TRL copies it before it casts the policy."""
    parameters = dict(model.named_parameters())
    for name, policy in parameters.items():
        if f".{POLICY}." in name:
            reference = parameters[name.replace(f".{POLICY}.", f".{REFERENCE}.")]
            reference.data = policy.data.clone()
            reference.requires_grad_(False)


def drop_needless_masks(model: PeftModel) -> None:
    """Give the layers positions in place of a mask that rows padded on the right do not need (`gradients`)."""

    def hook(_: Any, args: Sequence[Any], kwargs: Json) -> tuple[Sequence[Any], Json]:
        return args, without_needless_mask(kwargs)

    model.base_model.register_forward_pre_hook(hook, with_kwargs=True)


@cache
def trainer_class() -> type[DPOTrainer]:
    """Return TRL's DPOTrainer with `Preferences` in front of it; TRL is imported for it."""
    from trl import DPOTrainer

    return type("PreferenceTrainer", (Preferences, DPOTrainer), {})


class Preferences:
    """What kotune changes in TRL's DPOTrainer: it takes tokenised pairs, counts tokens, and weighs means by pairs.

    ``counts``: of this training. ``step``: what went into the step at hand. ``budget``: the order of the rows, where
    their tokens are counted beforehand (`training.budget`).
    """

    def __init__(self, *args: Any, counts: Counts, step: Step, budget: Order | None = None, **kwargs: Any) -> None:
        self.counts, self.step, self.budget = counts, step, budget
        self.evaluated: list[int] = []  # pairs of each batch of an evaluation
        super().__init__(*args, **kwargs)

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset  # it is tokenised

    def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
        from transformers.trainer_pt_utils import LengthGroupedSampler

        if self.budget is not None:
            return self.budget.sampler(lambda: self.state.epoch)
        if self.args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(*args, **kwargs)
        rows_a_step = self.args.train_batch_size * self.args.gradient_accumulation_steps
        grouped = LengthGroupedSampler(rows_a_step, lengths=self.step.rows.lengths())
        return remembered(grouped, lambda: self.counts.drawn, lambda: self.state.epoch)

    def _get_eval_sampler(self, eval_dataset: Any) -> Any:
        from torch.utils.data import SequentialSampler

        return SequentialSampler(eval_dataset)  # lengths to group by are known of the rows of train alone

    def _compute_loss(self, model: Any, inputs: Json, return_outputs: bool) -> Any:
        mode = "train" if self.model.training else "eval"
        learned = inputs["completion_mask"].sum(dim=1)
        lengths = [float(side.float().mean()) for side in learned.chunk(2)]
        for name, length in zip(LENGTHS, lengths, strict=True):
            self._metrics[mode][name].append(length)
        if mode == "train":
            self.counts.tokens += int(inputs["attention_mask"].sum())
            self.counts.target_tokens += int(learned.sum())
            self.step.add(inputs)
        else:
            self.evaluated.append(len(learned) // 2)
        return super()._compute_loss(model, inputs, return_outputs)

    def log(self, logs: Json, *args: Any, **kwargs: Any) -> None:
        """Log; the means of an evaluation are over its pairs, however they were put into batches."""
        if not self.model.training and self.evaluated:
            for name in LOGGED:
                self._metrics["eval"][name] = [_mean(self._metrics["eval"][name], self.evaluated)]
            self.evaluated = []
        super().log(logs, *args, **kwargs)

    def _get_grad_norm(self, *args: Any, **kwargs: Any) -> Any:
        norm = super()._get_grad_norm(*args, **kwargs)
        self.step.end(as_number(norm), self.state.global_step + 1, skipped=self.args.fp16)
        return norm


def _mean(values: Sequence[float], weights: Sequence[int]) -> float:
    """Return the weighted mean of batches' means."""
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)
