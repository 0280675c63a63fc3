"""The engine of models that point: an answer is the piece of the prompt's text whose ends score highest.

Takes a model in memory and reads the prompts' files for the places of their texts; writes nothing. A piece has as many
tokens as an answer may have, at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kotune.answering.engines import Pass
from kotune.answering.order import Order
from kotune.answering.padded import batches_of
from kotune.core import console
from kotune.core.storage import Json
from kotune.models.loading import Loaded
from kotune.prompts.encoding import Prompt
from kotune.prompts.pointed import texts_of

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase


def best_span(first: Tensor, last: Tensor, longest: int) -> tuple[int, int]:
    """Return the places of the two highest scores together, the last not before the first, at most ``longest`` apart.

    ``first``, ``last``: (tokens,) scores. Of equal ones the first counts.
    """
    import torch

    together = first[:, None] + last[None, :]
    allowed = torch.ones_like(together, dtype=torch.bool).triu().tril(longest - 1)
    place = int(together.masked_fill(~allowed, -torch.inf).argmax())
    return place // len(last), place % len(last)


class Pointing:
    """The engine around a loaded model."""

    name = "pointing"

    def __init__(self, order: Order, tokenizer: PreTrainedTokenizerBase, loaded: Loaded) -> None:
        self.order, self.tokenizer = order, tokenizer
        self.model, self.notes = loaded.model, loaded.notes
        self.texts = texts_of(order.prompts, tokenizer)

    def answer(self, asked: Pass, held: Sequence[list[Json]]) -> Iterator[list[Json]]:
        """Yield the lines of each batch that is not held yet."""
        given = self.order.generation
        batches = batches_of(asked.prompts, given.get("batch_size", 1), given.get("batch_tokens"))
        progress = console.Progress(asked.called(self.order.label), sum(len(batch) for batch in batches))
        done = progress.first = sum(len(batch) for batch in batches[: len(held)])
        for batch in batches[len(held) :]:
            yield self._lines(batch, asked.limit)
            done += len(batch)
            progress.update(done)

    def _lines(self, batch: Sequence[Prompt], longest: int) -> list[Json]:
        import torch

        width = max(len(prompt.tokens) for prompt in batch)
        pad = self.tokenizer.pad_token_id
        ids = [[*prompt.tokens, *[pad] * (width - len(prompt.tokens))] for prompt in batch]
        mask = [[1] * len(prompt.tokens) + [0] * (width - len(prompt.tokens)) for prompt in batch]
        inputs, real = (torch.tensor(rows, device=self.model.device) for rows in (ids, mask))
        with torch.inference_mode():
            made = self.model(input_ids=inputs, attention_mask=real)
        lines = []
        for prompt, first, last in zip(batch, made.start_logits.float(), made.end_logits.float(), strict=True):
            text = self.texts[prompt.split, prompt.id]
            begin, end = best_span(first[list(text.tokens)], last[list(text.tokens)], longest)
            answer = text.between(text.tokens[begin], text.tokens[end])
            lines.append(
                {
                    "id": prompt.id,
                    "split": prompt.split,
                    "answer": answer,
                    "raw": answer,
                    "finish_reason": "stop",
                    "new_tokens": end - begin + 1,
                    "cut": None,
                }
            )
        return lines
