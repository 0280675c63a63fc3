"""The engine that takes every model: prompts in batches, padded on the left, through transformers' own generate.

Takes a model in memory; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kotune.answering.engines import HOUSE_KEYS, Pass
from kotune.answering.lines import Reader, line_of
from kotune.answering.order import Order
from kotune.core import console
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.models.loading import Loaded
from kotune.prompts.encoding import Prompt

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase


def batches_of(prompts: Sequence[Prompt], size: int) -> list[list[Prompt]]:
    """Return the batches, fixed before the start: longest prompts first, so that a full memory shows at once."""
    asked = sorted((prompt for prompt in prompts if not prompt.excluded), key=lambda prompt: -len(prompt.tokens))
    return [asked[start : start + size] for start in range(0, len(asked), size)]


def generation_config(settings: Json, tokenizer: PreTrainedTokenizerBase, stop: list[int]) -> GenerationConfig:
    """Return transformers' GenerationConfig; nothing is taken from the defaults that a model's folder brings along."""
    from transformers import GenerationConfig

    own = {key: value for key, value in settings.items() if key not in HOUSE_KEYS}
    known = GenerationConfig().to_dict()
    for key in own:
        if key not in known:
            raise UserError(f"generation: unknown key '{key}'{nearest(key, [*known, *HOUSE_KEYS])}")
    for key, value in (("batch_size", settings.get("batch_size", 1)), ("max_new_tokens", own.get("max_new_tokens"))):
        if not isinstance(value, int) or value < 1:
            raise UserError(f"generation.{key}: {value!r} is not a whole number above 0")
    try:
        return GenerationConfig(
            **{"do_sample": False, **own},
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=stop,
            pad_token_id=tokenizer.pad_token_id,
        )
    except (TypeError, ValueError) as error:
        raise UserError(f"generation: {error}") from error


def answer_batch(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    batch: Sequence[Prompt],
    config: GenerationConfig,
    cleanup: Json,
    read: Reader = line_of,
) -> list[Json]:
    """Answer one batch of prompts, padded on the left; return one line of the answer file for each."""
    import torch

    length = max(len(prompt.tokens) for prompt in batch)
    padding = [[0] * (length - len(prompt.tokens)) for prompt in batch]
    ids = [[config.pad_token_id] * len(pad) + list(row.tokens) for pad, row in zip(padding, batch, strict=True)]
    mask = [pad + [1] * len(row.tokens) for pad, row in zip(padding, batch, strict=True)]
    made = model.generate(
        input_ids=torch.tensor(ids, device=model.device),
        attention_mask=torch.tensor(mask, device=model.device),
        generation_config=config,
    )
    lines = []
    for prompt, row in zip(batch, made[:, length:].tolist(), strict=True):
        end = next((place for place, token in enumerate(row) if token in config.eos_token_id), None)
        tokens = row if end is None else row[: end + 1]
        lines.append(read(prompt, tokens, end is not None, tokenizer, cleanup))
    return lines


class Padded:
    """The engine around a loaded model."""

    name = "padded"

    def __init__(self, order: Order, tokenizer: PreTrainedTokenizerBase, stop: list[int], loaded: Loaded) -> None:
        self.order, self.tokenizer, self.stop = order, tokenizer, stop
        self.model, self.notes = loaded.model, loaded.notes
        self.model.generation_config = generation_config(order.generation, tokenizer, stop)
        self.before = 0  # batches of earlier passes

    def answer(self, asked: Pass, held: Sequence[list[Json]]) -> Iterator[list[Json]]:
        """Yield the lines of each batch of a pass that is not held yet."""
        import torch

        batches = batches_of(asked.prompts, self.order.generation.get("batch_size", 1))
        config = generation_config({**self.order.generation, "max_new_tokens": asked.limit}, self.tokenizer, self.stop)
        progress = console.Progress(asked.called(self.order.label), sum(len(batch) for batch in batches))
        begun, before = max(len(held) - self.before, 0), self.before
        self.before += len(batches)
        done = progress.first = sum(len(batch) for batch in batches[:begun])
        for place in range(begun, len(batches)):
            # Each batch samples from its own stream, so that a resumed run samples what an undisturbed one would.
            torch.manual_seed(self.order.seed * 1_000_003 + before + place)
            try:
                lines = answer_batch(self.model, self.tokenizer, batches[place], config, self.order.cleanup, asked.read)
            except torch.cuda.OutOfMemoryError as error:
                raise UserError("the GPU's memory is full: lower generation.batch_size") from error
            yield lines
            done += len(lines)
            progress.update(done)
