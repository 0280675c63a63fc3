"""Answers that a training drew: which of them are learned and by how much, and what is counted of them.

Takes rewards; reads and writes nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.training import groups

if TYPE_CHECKING:
    from torch import Tensor

# what lines of the curve hold besides, by TRL's names as far as it has them
LOGGED = (
    "reward", "reward_std", "frac_reward_zero_std", "kl", "completions/mean_length", "completions/clipped_ratio",
    "not_run",
)  # fmt: skip


@dataclass(frozen=True)
class Totals:
    """Of a step: its answers that have a reward, and the tokens of those among them that may be learned."""

    answers: int
    tokens: int


@dataclass(frozen=True)
class Rule:
    """What makes one method of another.

    ``advantages``: of each answer, by groups of rewards and of what the KL term takes off each. ``weight``: of a token
    of an answer of so many tokens. ``beta``: how much a token's distance from the reference costs; ``in_reward``:
    whether it is taken off the reward, or stands in the loss. ``corrected``: there it is multiplied by the ratio of the
    policy to itself, 1 in value, which makes its gradient that of the KL divergence (DeepSeek-V3.2, 2025).
    """

    advantages: Callable[[Sequence[groups.Rewards], Sequence[Sequence[float]]], list[list[float]]]
    weight: Callable[[int, Totals], float]
    beta: float
    in_reward: bool
    corrected: bool = False


@dataclass
class Drawn:
    """An answer of a step. ``learned``: whether the step looks at it at all; ``truncated``: it met no stop token.

    ``advantage`` and ``weight`` (of each token) are known once it is judged; ``reference``: the log-probability of each
    token by the policy that the training began with, where anybody asks.
    """

    name: str
    prompt: list[int]
    tokens: list[int]
    truncated: bool
    reward: float | None
    learned: bool = False
    advantage: float = 0.0
    weight: float = 0.0
    reference: Tensor | None = None


Groups = Sequence[Sequence[Drawn]]


def rewards_of(together: Groups) -> list[list[float | None]]:
    """Return the rewards of groups of answers."""
    return [[one.reward for one in group] for group in together]


def choose(together: Groups, masked: bool) -> list[Drawn]:
    """Mark the answers that are learned, and return them: those of groups that are not equal.

    ``masked``: those that were truncated are not learned.
    """
    for group, rewards in zip(together, rewards_of(together), strict=True):
        for one in group:
            one.learned = one.reward is not None and not groups.equal(rewards) and not (masked and one.truncated)
    return [one for group in together for one in group if one.learned]


def weigh(together: Groups, rule: Rule, costs: Mapping[int, float], masked: bool) -> None:
    """Give each answer its advantage, and its tokens their weight; ``costs``: of the KL term, by the answer's `id`."""
    given = [[costs.get(id(one), 0.0) for one in group] for group in together]
    known = [one for group in together for one in group if one.reward is not None]
    tokens = sum(len(one.tokens) for one in known if not (masked and one.truncated))
    totals = Totals(len(known), tokens)
    for group, advantages in zip(together, rule.advantages(rewards_of(together), given), strict=True):
        for one, advantage in zip(group, advantages, strict=True):
            one.advantage, one.weight = advantage, rule.weight(len(one.tokens), totals)


@dataclass
class Tally:
    """What is counted: ``found`` since the training began, ``since`` the last line of the curve.

    Both lie in ``kept``, which checkpoints keep.
    """

    kept: Json

    @property
    def found(self) -> Json:
        """What the record says."""
        return self.kept.setdefault("found", {})

    def add(self, **values: float) -> None:
        """Add to what the next line of the curve is made of."""
        since = Counter(self.kept.get("since", {}))
        since.update(values)
        self.kept["since"] = dict(since)

    def count(self, together: Groups) -> None:
        """Count a step's answers, for the curve and for the record."""
        drawn, rewards = [one for group in together for one in group], rewards_of(together)
        known = [one.reward for one in drawn if one.reward is not None]
        step = {
            "samples": len(drawn),
            "sampled_tokens": sum(len(one.tokens) for one in drawn),
            "truncated": sum(one.truncated for one in drawn),
            "not_run": len(drawn) - len(known),
            "groups": len(together),
            "equal_groups": sum(map(groups.equal, rewards)),
        }
        spreads = math.fsum(map(groups.spread, rewards))
        self.add(**step, known=len(known), reward=math.fsum(known), spreads=spreads)
        found = Counter(self.found)
        found.update(step | {"steps_without_effect": int(not any(one.learned for one in drawn))})
        self.kept["found"] = dict(found)

    def line(self) -> Json:
        """Return what a line of the curve says of the answers since the last one; nothing where none were drawn.

        The KL term is of the answers that were learned alone, and absent where none was.
        """
        since = self.kept.pop("since", {})
        if not since.get("samples"):
            return {}
        made = {
            "reward_std": since["spreads"] / since["groups"],
            "frac_reward_zero_std": since["equal_groups"] / since["groups"],
            "completions/mean_length": since["sampled_tokens"] / since["samples"],
            "completions/clipped_ratio": since["truncated"] / since["samples"],
            "not_run": since["not_run"],
        }
        if since["known"]:
            made["reward"] = since["reward"] / since["known"]
        if since.get("kl_tokens"):
            made["kl"] = since["kl"] / since["kl_tokens"]
        return {name: made[name] for name in LOGGED if name in made}
