"""Pointing at the answer: a head says of each token of a row's text whether the answer begins or ends there.

Reads prompts ({split}.parquet) with the column `place`; writes nothing. The model is the base without its output layer
(transformers' AutoModelForQuestionAnswering), and what is learned is LoRA in it and the head, which lies in the
adapter. The loss is the mean cross entropy of first and last token, among the tokens of the text alone. A row that is
read in windows is one row: its tokens are those of all its windows together, so that scores of windows can be compared,
and an answer that stands in two of them may be found in either (shared normalisation, Clark and Gardner 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.layers import ways
from kotune.models.heads import HEAD_LAYER
from kotune.prompts.pointed import Pointed, encode_pointed
from kotune.training.counts import Counts
from kotune.training.method import Built, Given

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase, Trainer, TrainingArguments

HEAD = ONE_CARD = True
ARGUMENTS: Json = {}
OWNED = {"label_names": "they are the places of the answer", "remove_unused_columns": "kotune makes the batches itself"}
DEFAULTS: Json = {}
TRAINER = ()
COLUMNS = ("input_ids", "text", "first", "last")  # of a row: one entry a window


def config_class() -> type[TrainingArguments]:
    """Return the class that takes a recipe's `trainer`."""
    from transformers import TrainingArguments

    return TrainingArguments


def fixed(recipe: Json) -> Json:
    """Return the arguments that kotune sets itself: batches are made here, and rows are drawn at random."""
    return {"remove_unused_columns": False, "train_sampling_strategy": "random"}


def check(recipe: Json) -> None:
    """Raise UserError for keys of a recipe that say how texts are learned."""
    if recipe.get("loss", "completion") != "completion":
        raise UserError(f"recipe.loss: '{recipe['loss']}' is for sft; span points at answers, so leave it out")
    if recipe.get("passes") or recipe.get("watch"):
        key = "passes" if recipe.get("passes") else "watch"
        raise UserError(f"recipe.{key}: span has one way and generates nothing; leave it out")
    if recipe["trainer"].get("eval_strategy", "no") != "no":
        raise UserError("recipe.trainer.eval_strategy: span is not evaluated while it trains; set it to no")
    if recipe.get("quantization"):
        raise UserError("recipe.quantization: the head would be quantized with the base; set it to null")


def read_rows(
    recipe: Json, files: dict[str, Path], tokenizer: PreTrainedTokenizerBase, config: TrainingArguments
) -> dict[str, Pointed]:
    """Return each split's tokenised prompts, with the places of their answers."""
    return {split: encode_pointed(path, tokenizer) for split, path in files.items()}


def way(recipe: Json, shape: Any, device: str) -> ways.Way:
    """Return the one way there is: padded batches, through transformers' own layers."""
    return ways.Way("padded")


def begin_head(model: Any, seed: int) -> None:
    """Give the head the numbers that it begins with, by the seed alone: loading draws them from what came before."""
    import torch

    head = getattr(model, HEAD_LAYER)
    drawn = torch.Generator().manual_seed(seed)
    weights = torch.empty(head.weight.shape).normal_(0.0, 0.02, generator=drawn)
    with torch.no_grad():
        head.weight.copy_(weights)
        head.bias.zero_()


def build(given: Given) -> Built:
    """Return the trainer around the base with an adapter and the head, both in float32."""
    import torch
    from peft import get_peft_model

    if given.lora is None:
        raise UserError("recipe.method: span begins with an adapter of its own; take `from` off the arm")
    begin_head(given.model, given.config.seed)
    torch.manual_seed(given.config.seed)  # LoRA's own beginning
    model = get_peft_model(given.model, given.lora)
    trainer = trainer_class()(
        counts=given.counts,
        model=model,
        args=given.config,
        train_dataset=given.rows["train"].dataset(),
        data_collator=collator(given.tokenizer.pad_token_id),
        processing_class=given.tokenizer,
    )
    given.settle(trainer.model)
    return Built(trainer, {"way": given.way.name}, given.way.notes)


def collator(pad: int) -> Any:
    """Return what makes a batch of rows: all their windows, padded on the right, and how many each row has."""
    import torch

    def joined(rows: Sequence[Json]) -> Json:
        ids, text, *places = ([one for row in rows for one in row[name]] for name in COLUMNS)
        longest = max(map(len, ids))
        padded = {
            name: torch.tensor([one + [fill] * (longest - len(one)) for one in of])
            for name, of, fill in (("input_ids", ids, pad), ("text", text, 0))
        }
        mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in ids])
        first, last = map(torch.tensor, places)
        windows = torch.tensor([len(row["input_ids"]) for row in rows])
        return {**padded, "attention_mask": mask, "first": first, "last": last, "windows": windows}

    return joined


def by_row(values: Tensor, windows: Tensor, fill: Any) -> Tensor:
    """Return (windows, tokens) as (rows, tokens of all windows of a row), filled up; ``windows``: of each row."""
    import torch

    row = torch.repeat_interleave(torch.arange(len(windows), device=values.device), windows)
    place = torch.arange(len(values), device=values.device) - (windows.cumsum(0) - windows)[row]
    made = values.new_full((len(windows), int(windows.max()), values.shape[1]), fill)
    return made.index_put((row, place), values).flatten(1)


def loss_of(logits: Tensor, text: Tensor, places: Tensor, windows: Tensor) -> Tensor:
    """Return the mean over rows of -log p of the answers' places, among the text's tokens of all windows of a row.

    ``logits``, ``text``: (windows, tokens); ``places``: (windows,), -1 where the answer is not in a window.
    """
    import torch

    inside = logits.float().masked_fill(text == 0, -torch.inf)
    if len(windows) == len(logits):
        return torch.nn.functional.cross_entropy(inside, places)
    tokens = torch.arange(logits.shape[1], device=logits.device)
    right = by_row(tokens[None, :] == places[:, None], windows, False)
    said = by_row(inside, windows, -torch.inf).log_softmax(1)
    return -said.masked_fill(~right, -torch.inf).logsumexp(1).mean()


@cache
def trainer_class() -> type[Trainer]:
    """Return transformers' Trainer with `Pointing` in front of it."""
    from transformers import Trainer

    return type("PointingTrainer", (Pointing, Trainer), {})


class Pointing:
    """What kotune changes in transformers' Trainer: the loss, and that tokens are counted."""

    def __init__(self, *args: Any, counts: Counts, **kwargs: Any) -> None:
        self.counts = counts
        super().__init__(*args, **kwargs)
        self.model_accepts_loss_kwargs = False  # the mean of a batch is the loss; steps of several are their mean

    def compute_loss(
        self, model: Any, inputs: Json, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the mean cross entropy of the first and the last token of the answers."""
        made = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        self.counts.tokens += int(inputs["attention_mask"].sum())
        self.counts.target_tokens += 2 * len(inputs["windows"])
        losses = [
            loss_of(logits, inputs["text"], inputs[name], inputs["windows"])
            for logits, name in ((made.start_logits, "first"), (made.end_logits, "last"))
        ]
        loss = sum(losses) / 2
        return (loss, made) if return_outputs else loss
