"""RLOO: of several answers to a row each is held against the mean of the others (Ahmadian et al., 2024).

Reads prompts and the rows that they were rendered from; writes nothing. TRL's arguments under TRL's names. The KL term
is taken off the reward, token by token, as TRL does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.training import groups, rewarded
from kotune.training.drawn import Rule
from kotune.training.method import Built, Given

if TYPE_CHECKING:
    from trl import RLOOConfig

ARGUMENTS, OWNED, DEFAULTS = rewarded.ARGUMENTS, rewarded.OWNED, rewarded.DEFAULTS
STARTS = ROWS = ONE_CARD = True  # what it asks of its arm (`training.method`)
TRAINER = (*rewarded.TRAINER, "normalize_advantages")
check, read_rows, way = rewarded.check, rewarded.read_rows, rewarded.way


def config_class() -> type[RLOOConfig]:
    """Return the class that takes a recipe's `trainer`."""
    from trl import RLOOConfig

    return RLOOConfig


def fixed(recipe: Json) -> Json:
    """Return the arguments of RLOOConfig that kotune sets itself."""
    return rewarded.FIXED


def looks(recipe: Json) -> int:
    """Return how often each answer is looked at besides: by reference and policy, where it costs to leave the first."""
    return 2 * (recipe["trainer"].get("beta", 0.05) > 0)


def rule_of(config: RLOOConfig) -> Rule:
    """Return the rule: an answer counts whole, however long it is."""
    return Rule(
        advantages=lambda rewards, costs: groups.from_the_others(rewards, costs, config.normalize_advantages),
        weight=lambda _, step: 1 / step.answers,
        beta=config.beta,
        in_reward=True,
    )


def build(given: Given) -> Built:
    """Return the trainer."""
    return rewarded.build(given, rule_of)
