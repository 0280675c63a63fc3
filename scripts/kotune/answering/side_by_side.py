"""Engines that answer all prompts side by side: each answer is there as soon as it has ended.

Takes tokens; reads and writes nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.answering.engines import Pass
from kotune.answering.lines import is_second
from kotune.answering.order import Order
from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import Json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WRITTEN = 16  # answers that are written to disk together


@dataclass(frozen=True)
class Made:
    """One prompt's answer: its place among the prompts, its tokens, and whether a stop token (the last) ended it."""

    place: int
    tokens: list[int]
    stopped: bool


class SideBySide:
    """What such engines share; each says by `made` what tokens its model makes of prompts."""

    name: str
    notes: list[str]

    def __init__(self, order: Order, tokenizer: PreTrainedTokenizerBase) -> None:
        self.order, self.tokenizer = order, tokenizer

    def made(self, prompts: list[Sequence[int]], limit: int) -> Iterator[Made]:
        """Yield each prompt's answer of up to ``limit`` tokens, in the order in which they end."""
        raise NotImplementedError

    def answer(self, asked: Pass, held: Sequence[list[Json]]) -> Iterator[list[Json]]:
        """Yield the lines of the prompts that are not held yet, `WRITTEN` of them at a time."""
        import torch

        gc.collect()  # an earlier pass would hold its caches
        before = (line for batch in held for line in batch)
        done = {(line["split"], line["id"]) for line in before if is_second(line) == asked.second}
        prompts = [one for one in asked.prompts if not one.excluded and (one.split, one.id) not in done]
        progress = console.Progress(asked.called(self.order.label), len(prompts) + len(done))
        count = progress.first = len(done)
        lines: list[Json] = []
        try:
            for one in self.made([prompt.tokens for prompt in prompts], asked.limit):
                prompt = prompts[one.place]
                lines.append(asked.read(prompt, one.tokens, one.stopped, self.tokenizer, self.order.cleanup))
                count += 1
                if len(lines) == WRITTEN or count == len(prompts) + len(done):
                    yield lines
                    lines = []
                    progress.update(count)
        except torch.cuda.OutOfMemoryError as error:
            raise UserError(
                "the GPU's memory is full: set generation.engine to padded and a small batch_size"
            ) from error
