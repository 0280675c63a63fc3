"""Samples of a padded batch through transformers' own generate, each token drawn by `answering.draws`.

Takes a model in memory; reads and writes nothing. A prompt that stands several times in a batch is read once. On a CPU
in float32 a near tie is decided by the row alone, without batch, padding and cache, on one thread: so each answer is
the same to the token however it is batched. Elsewhere near ties are counted.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kotune.answering.draws import MARGINS, Draws

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import Cache, GenerationConfig, PreTrainedModel

    from kotune.prompts.encoding import Prompt


def undrawn(config: GenerationConfig) -> GenerationConfig:
    """Return a GenerationConfig that takes the likeliest token: of logits of which all but the drawn token are gone."""
    greedy = copy.deepcopy(config)
    greedy.do_sample, greedy.temperature, greedy.top_p, greedy.top_k = False, None, None, None
    return greedy


class Chooser:
    """What generate calls at each token: leaves of each row's logits the drawn token alone."""

    def __init__(
        self, model: PreTrainedModel, draws: Draws, batch: Sequence[Prompt], width: int, stop: list[int]
    ) -> None:
        import torch

        self.model, self.draws, self.width = model, draws, width
        self.lengths = [len(prompt.tokens) for prompt in batch]
        self.keys = draws.keys(batch, model.device)
        self.stop = torch.tensor(stop, device=model.device)
        self.margin = MARGINS[str(model.dtype)]
        self.exact = model.dtype == torch.float32 and torch.device(model.device).type == "cpu"

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """Return logits (rows, vocabulary) with minus infinity for all but the drawn token."""
        import torch

        made = ids[:, self.width :]
        chosen, near = self.draws.choose(scores, self.keys, made.shape[1], self.margin)
        goes_on = ~torch.isin(made, self.stop).any(1)
        near &= goes_on
        self.draws.drawn += int(goes_on.sum())
        self.draws.near += int(near.sum())
        for row in near.nonzero()[:, 0].tolist() if self.exact else ():
            chosen[row] = self._alone(ids, row)
        return torch.full_like(scores, -float("inf")).scatter_(1, chosen[:, None], 0.0)

    def _alone(self, ids: Tensor, row: int) -> Tensor:
        """Draw a row's next token from what the model says of the row alone, on one thread."""
        import torch

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            own = ids[row : row + 1, self.width - self.lengths[row] :]
            logits = self.model(input_ids=own, use_cache=False).logits[:, -1].float()
        finally:
            torch.set_num_threads(threads)
        return self.draws.choose(logits, self.keys[row : row + 1], ids.shape[1] - self.width, self.margin)[0][0]


def read_once(model: PreTrainedModel, batch: Sequence[Prompt], ids: Tensor, mask: Tensor) -> Cache | None:
    """Read each prompt of a batch once, all but its last token; return the keys and values, a row for each sample.

    None where all prompts differ, and for models that cannot be told the positions of padded tokens.
    """
    import torch
    from transformers import DynamicCache

    places: dict[tuple[int, ...], int] = {}
    of_row = [places.setdefault(prompt.tokens, len(places)) for prompt in batch]
    base: Any = model.get_base_model() if hasattr(model, "get_base_model") else model
    if (
        len(places) == len(batch)
        or ids.shape[1] < 2
        or "position_ids" not in inspect.signature(base.forward).parameters
    ):
        return None
    firsts = [of_row.index(place) for place in range(len(places))]
    cache, real = DynamicCache(config=base.config), mask[firsts, :-1]
    with torch.no_grad():
        model(
            input_ids=ids[firsts, :-1],
            attention_mask=real,
            position_ids=(real.cumsum(1) - 1).clamp(min=0),
            past_key_values=cache,
            use_cache=True,
        )
    cache.reorder_cache(torch.tensor(of_row, device=ids.device))
    return cache


def generate(
    model: PreTrainedModel,
    batch: Sequence[Prompt],
    ids: Tensor,
    mask: Tensor,
    config: GenerationConfig,
    draws: Draws,
) -> list[list[int]]:
    """Return the new tokens of each prompt, drawn; ``ids``, ``mask`` (prompts, tokens): padded on the left."""
    from transformers import LogitsProcessorList

    width = ids.shape[1]
    chooser = Chooser(model, draws, batch, width, config.eos_token_id)
    cache = read_once(model, batch, ids, mask)
    made = model.generate(
        input_ids=ids,
        attention_mask=mask,
        generation_config=undrawn(config),
        logits_processor=LogitsProcessorList([chooser]),
        **({} if cache is None else {"past_key_values": cache}),
    )
    return made[:, width:].tolist()
