"""Groups: the answers to one prompt, what each of them earned, and by how much each was better than the others.

Takes numbers; reads and writes nothing. A group whose rewards are all equal teaches nothing, and so it changes nothing:
none of its answers has an advantage, nor a part in the KL term. An answer without a reward (its program was not run)
is treated as if it had not been drawn: its group is that of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

Rewards = Sequence[float | None]  # of one group; None: nobody knows
SMALL = 1e-4  # added to a spread before it divides, as TRL does


def known(rewards: Rewards) -> list[float]:
    """Return the rewards that are known."""
    return [one for one in rewards if one is not None]


def equal(rewards: Rewards) -> bool:
    """Return whether a group teaches nothing: its known rewards are all the same, or there are fewer than two."""
    return len(set(known(rewards))) < 2


def spread(rewards: Rewards) -> float:
    """Return the standard deviation of a group's known rewards (n - 1); 0 of fewer than two."""
    found = known(rewards)
    return stdev(found) if len(found) > 1 else 0.0


def from_the_mean(groups: Sequence[Rewards], scale: str) -> list[list[float]]:
    """Return GRPO's advantages, a list a group (Z. Shao et al., DeepSeekMath, 2024): the reward less the group's mean.

    ``scale``: by what it is divided: `group`, that group's spread; `batch`, the spread of all; `none`, by nothing
    (Z. Liu et al., Understanding R1-Zero-Like Training, 2025).
    """
    whole = spread([one for rewards in groups for one in rewards])
    made = []
    for rewards in groups:
        if equal(rewards):
            made.append([0.0] * len(rewards))
            continue
        mean = fmean(known(rewards))
        by = 1.0 if scale == "none" else (spread(rewards) if scale == "group" else whole) + SMALL
        made.append([0.0 if one is None else (one - mean) / by for one in rewards])
    return made


def from_the_others(groups: Sequence[Rewards], costs: Sequence[Sequence[float]], even: bool) -> list[list[float]]:
    """Return RLOO's advantages, a list a group (A. Ahmadian et al., Back to Basics, 2024): less the others' mean.

    ``costs``: what is taken off each reward, a list a group: the KL term. ``even``: then brought to mean 0 and spread 1
    over all groups that are not equal.
    """
    made = []
    for rewards, cost in zip(groups, costs, strict=True):
        if equal(rewards):
            made.append([0.0] * len(rewards))
            continue
        less = [None if one is None else one - off for one, off in zip(rewards, cost, strict=True)]
        total, others = sum(known(less)), len(known(less)) - 1
        made.append([0.0 if one is None else one - (total - one) / others for one in less])
    taught = [
        (place, at)
        for place, rewards in enumerate(groups)
        if not equal(rewards)
        for at, one in enumerate(rewards)
        if one is not None
    ]
    if even and taught:
        values = [made[place][at] for place, at in taught]
        mean, by = fmean(values), spread(values) + SMALL
        for place, at in taught:
            made[place][at] = (made[place][at] - mean) / by
    return made
