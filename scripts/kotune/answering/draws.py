"""Draws that can be repeated: the next token of a sample, by seed, row, number and position alone.

Takes tensors; reads and writes nothing. Each token of the vocabulary gets its own noise, a hash of these four and of
the token, and the largest sum of logit and noise is drawn: by Gumbel's noise this is a draw from the model's whole
distribution (C. J. Maddison et al., A* Sampling, 2014). No generator has a state, so batch, order, engine and a kill
change nothing but the last digits of the model's numbers. Where those could decide, it is a near tie.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.answering.samples import asked_by

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from transformers import GenerationConfig

    from kotune.prompts.encoding import Prompt

# splitmix64 (G. L. Steele et al., Fast splittable pseudorandom number generators, 2014), in signed numbers of 64 bits
STEP, FIRST, SECOND = (one - (1 << 64) for one in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
BITS = 52  # of a number between 0 and 1: so many that it is never rounded to 1
WHOLE = 1 << 50  # a probability of 1, in whole numbers, whose sums have no order
# how far the last digits of a logit may reach: far beyond what batches of other shapes change
MARGINS = {"torch.float32": 1e-3, "torch.float16": 2**-5, "torch.bfloat16": 2**-3}


def key_of(seed: int, row: str, number: int, second: bool = False) -> int:
    """Return the 64 bits, as a signed number, that all draws of one sample begin with; ``second``: its second turn."""
    said = json.dumps([seed, row, number, second], ensure_ascii=False).encode("utf-8")
    return int.from_bytes(hashlib.sha256(said).digest()[:8], "little", signed=True)


def _shifted(x: Tensor, by: int) -> Tensor:
    """Shift to the right, zeros behind: torch's own keeps the sign."""
    return (x >> by) & ((1 << (64 - by)) - 1)


def _mixed(x: Tensor) -> Tensor:
    x = (x ^ _shifted(x, 30)) * FIRST
    x = (x ^ _shifted(x, 27)) * SECOND
    return x ^ _shifted(x, 31)


def uniforms(keys: Tensor, position: int | Tensor, count: int) -> Tensor:
    """Return numbers between 0 and 1, float64 (rows, count), for the token at a position of each row's answer.

    ``keys`` (rows): of `key_of`. The same to the bit on any device.
    """
    import torch

    at = _mixed(keys + (torch.as_tensor(position, device=keys.device) + 1) * STEP)
    tokens = torch.arange(1, count + 1, device=keys.device) * STEP
    return (_shifted(_mixed(at[:, None] + tokens), 64 - BITS).double() + 0.5) / (1 << BITS)


def _nucleus(logits: Tensor, top_p: float, margin: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return which tokens are in the nucleus, which surely, and which perhaps (rows, vocabulary).

    The nucleus holds a token where all likelier ones together are less than ``top_p``; tokens that are as likely are in
    it together. Surely and perhaps: if each probability may be off by twice ``margin`` of itself.
    """
    import torch

    whole = (logits.softmax(-1) * WHOLE).long()
    rising = whole.sort(-1).values
    sums = torch.nn.functional.pad(rising.cumsum(-1), (1, 0))
    total = sums[:, -1:]

    def above(bound: Tensor) -> Tensor:
        return total - sums.gather(1, torch.searchsorted(rising, bound, right=True))

    off = (whole * 2 * margin).long() + 1
    asked, slack = total * top_p, total * 2 * margin
    surely = above(whole - off) - whole < asked - slack
    return above(whole) < asked, surely, above(whole + off) < asked + slack


@dataclass
class Draws:
    """How a pass draws its tokens, and how many it drew and how many of them were near ties."""

    seed: int
    temperature: float = 1.0
    top_p: float = 1.0
    second: bool = False
    drawn: int = 0
    near: int = 0

    @classmethod
    def of(cls, config: GenerationConfig, seed: int, second: bool = False) -> Draws | None:
        """Return those that transformers' GenerationConfig asks for, or None where it is greedy."""
        if not config.do_sample:
            return None
        given = {key: getattr(config, key) for key in ("temperature", "top_p")}
        return cls(seed, second=second, **{key: value for key, value in given.items() if value is not None})

    def keys(self, prompts: Sequence[Prompt], device: torch.device | str) -> Tensor:
        """Return the keys of prompts' samples (prompts)."""
        import torch

        named = [asked_by(prompt) for prompt in prompts]
        return torch.tensor([key_of(self.seed, row, number, self.second) for _, row, number in named], device=device)

    def choose(self, logits: Tensor, keys: Tensor, position: int | Tensor, margin: float) -> tuple[Tensor, Tensor]:
        """Return the next token of each row, and whether the last digits of its logits (rows, vocabulary) could decide.

        ``position``: of the token in its answer, from 0 on; ``margin``: how far the last digits reach, of `MARGINS`.
        """
        logits, margin = logits.double() / self.temperature, margin / self.temperature
        scores = logits - (-uniforms(keys, position, logits.shape[1]).log()).log()
        if self.top_p >= 1:
            (best, next_best), (chosen, _) = (both.unbind(-1) for both in scores.topk(2))
            return chosen, best - next_best < margin
        inside, surely, perhaps = _nucleus(logits, self.top_p, margin)
        chosen = scores.masked_fill(~inside, -float("inf")).argmax(-1)
        (best, next_best), (likely, _) = (
            both.unbind(-1) for both in scores.masked_fill(~perhaps, -float("inf")).topk(2)
        )
        sure = surely.gather(1, chosen[:, None])[:, 0] | (perhaps.sum(-1) == 1)
        return chosen, (best - next_best < margin) | (likely != chosen) | ~sure

    def told(self) -> str:
        """Return a note for the record."""
        return f"{self.near} of {self.drawn} drawn tokens were near ties"
