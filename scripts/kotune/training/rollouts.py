"""Answers that a training draws from its own policy: as a run of answering would, and the same again after a kill.

Takes a model in memory; reads and writes nothing. No dropout; from the whole distribution; until one of the family's
stop tokens. Each token is drawn by (seed, row and step, number, position) alone (`answering.draws`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from kotune.answering import graphed, sampling
from kotune.answering.draws import Draws
from kotune.answering.lines import TOKENS, line_of
from kotune.answering.padded import answer_batch, by_graphs, generation_config
from kotune.answering.samples import Sample
from kotune.core.storage import Json
from kotune.training.policies import without_dropout

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from kotune.prompts.encoding import Prompt


def _read(
    prompt: Prompt, tokens: Sequence[int], stopped: bool, tokenizer: PreTrainedTokenizerBase, cleanup: Json
) -> Json:
    """Return an answer's line, with its tokens."""
    return {**line_of(prompt, tokens, stopped, tokenizer, cleanup), TOKENS: list(tokens)}


def samples(prompts: Sequence[Prompt], count: int, step: int) -> list[Sample]:
    """Return each prompt ``count`` times, side by side, under another name in each step: its draws differ there."""
    return [
        Sample(**{**asdict(prompt), "id": f"{prompt.id} at step {step}"}, number=number)
        for prompt in prompts
        for number in range(count)
    ]


@dataclass
class Sampler:
    """What draws the answers. ``stop``: ids of the tokens that end one; ``cleanup``: what is cut off before judging.

    ``drawn`` and ``near`` count tokens, and those among them that were near ties (`answering.draws`).
    """

    tokenizer: PreTrainedTokenizerBase
    stop: list[int]
    new_tokens: int
    temperature: float
    seed: int
    cleanup: Json
    drawn: int = 0
    near: int = 0
    graphs: bool = True  # until they fail
    notes: list[str] = field(default_factory=list)

    def state(self) -> Json:
        """Return what a checkpoint keeps."""
        return {"tokens": self.drawn, "near_ties": self.near}

    def restore(self, state: Json) -> None:
        """Take up what a checkpoint kept."""
        self.drawn, self.near = state["tokens"], state["near_ties"]

    def answer(self, model: Any, asked: Sequence[Sample]) -> list[Json]:
        """Return a line for each sample; the model's mode and torch's random numbers are the same afterwards."""
        import torch

        given = {"do_sample": True, "temperature": self.temperature, "max_new_tokens": self.new_tokens}
        config = generation_config(given, self.tokenizer, self.stop)
        # generate takes what it is not told from here: a model's folder may ask for the 64 likeliest tokens
        model.generation_config = sampling.undrawn(config)
        draws = Draws.of(config, self.seed)
        with torch.no_grad(), without_dropout(model):
            lines = self._lines(model, asked, config, draws)
        self.drawn, self.near = self.drawn + draws.drawn, self.near + draws.near
        return lines

    def _lines(self, model: Any, asked: Sequence[Sample], config: Any, draws: Draws) -> list[Json]:
        given = (model, self.tokenizer, asked, config, self.cleanup, _read, draws)
        if self.graphs and graphed.refusal(config, model, model.device.type) is None:
            lines = by_graphs(given, self.notes)
            if lines is not None:
                return lines
            self.graphs = False
        return answer_batch(*given)
