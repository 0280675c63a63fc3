"""The engine of models that point: an answer is the piece of the prompt's text whose ends score highest.

Takes a model in memory and reads the prompts' files for the places of their texts; writes nothing. A piece has as many
tokens as an answer may have, at most. Of a prompt in windows the best piece of all its windows is the answer: training
made their scores comparable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kotune.answering.engines import Pass
from kotune.answering.order import Order
from kotune.answering.padded import batches_of
from kotune.core import console
from kotune.core.storage import Json
from kotune.models.loading import Loaded
from kotune.prompts.encoding import Prompt
from kotune.prompts.pointed import texts_of
from kotune.prompts.windows import pieces_of

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase


def best_span(first: Tensor, last: Tensor, longest: int) -> tuple[float, int, int]:
    """Return the highest sum of two scores and their places, the last not before the first, at most ``longest`` apart.

    ``first``, ``last``: (tokens,) scores. Of equal ones the first counts.
    """
    import torch

    together = first[:, None] + last[None, :]
    allowed = torch.ones_like(together, dtype=torch.bool).triu().tril(longest - 1)
    place = int(together.masked_fill(~allowed, -torch.inf).argmax())
    return float(together.flatten()[place]), place // len(last), place % len(last)


def scores(model: Any, ids: Sequence[Sequence[int]], pad: int) -> list[tuple[Tensor, Tensor]]:
    """Return of each sequence of tokens how far each is the first and the last of an answer; padded on the right."""
    import torch

    width = max(map(len, ids))
    padded = [[*one, *[pad] * (width - len(one))] for one in ids]
    mask = [[1] * len(one) + [0] * (width - len(one)) for one in ids]
    inputs, real = (torch.tensor(rows, device=model.device) for rows in (padded, mask))
    with torch.inference_mode():
        made = model(input_ids=inputs, attention_mask=real)
    return list(zip(made.start_logits.float(), made.end_logits.float(), strict=True))


class Pointing:
    """The engine around a loaded model."""

    name = "pointing"

    def __init__(self, order: Order, tokenizer: PreTrainedTokenizerBase, loaded: Loaded) -> None:
        self.order, self.tokenizer = order, tokenizer
        self.model, self.notes = loaded.model, loaded.notes
        self.texts = texts_of(order.prompts, tokenizer)
        many = sum(bool(text.windows) for text in self.texts.values())
        if many:
            self.notes.append(f"{many} prompts were longer than what is read at once, and read in windows")

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
        texts = [self.texts[prompt.split, prompt.id] for prompt in batch]
        pieces = [
            (row, piece)
            for row, (prompt, text) in enumerate(zip(batch, texts, strict=True))
            for piece in pieces_of(prompt.tokens, text.tokens, text.windows)
        ]
        found: list[list[tuple[float, int, int, int]]] = [[] for _ in batch]
        for start in range(0, len(pieces), len(batch)):  # as many windows at once as there are prompts in a batch
            some = pieces[start : start + len(batch)]
            read = scores(self.model, [piece.ids for _, piece in some], self.tokenizer.pad_token_id)
            for (row, piece), (first, last) in zip(some, read, strict=True):
                score, begin, end = best_span(first[piece.tokens], last[piece.tokens], longest)
                places = piece.tokens[begin] + piece.shift, piece.tokens[end] + piece.shift
                found[row].append((score, *places, end - begin + 1))
        lines = []
        for prompt, text, spans in zip(batch, texts, found, strict=True):
            _, begin, end, tokens = max(spans, key=lambda span: span[0])
            answer = text.between(begin, end)
            lines.append(
                {
                    "id": prompt.id,
                    "split": prompt.split,
                    "answer": answer,
                    "raw": answer,
                    "finish_reason": "stop",
                    "new_tokens": tokens,
                    "cut": None,
                }
            )
        return lines
