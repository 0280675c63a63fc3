"""GRPO: of several answers to a row those that earn more than their mean become likelier (DeepSeekMath, 2024).

Reads prompts and the rows that they were rendered from; writes nothing. TRL's arguments under TRL's names, and TRL's
loss where it has its default policy: the one that draws learns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.training import groups, rewarded
from kotune.training.drawn import Rule
from kotune.training.method import Built, Given

if TYPE_CHECKING:
    from trl import GRPOConfig

ARGUMENTS, OWNED, DEFAULTS = rewarded.ARGUMENTS, rewarded.OWNED, rewarded.DEFAULTS
STARTS = ROWS = ONE_CARD = True  # what it asks of its arm (`training.method`)
TRAINER = (*rewarded.TRAINER, "loss_type", "scale_rewards")
LOSSES = ("dapo", "grpo", "dr_grpo")
SCALES = ("group", "batch", "none", True, False)
read_rows, way = rewarded.read_rows, rewarded.way


def config_class() -> type[GRPOConfig]:
    """Return the class that takes a recipe's `trainer`."""
    from trl import GRPOConfig

    return GRPOConfig


def fixed(recipe: Json) -> Json:
    """Return the arguments of GRPOConfig that kotune sets itself."""
    return rewarded.FIXED


def check(recipe: Json) -> None:
    """Raise UserError for what of a recipe the method cannot do."""
    rewarded.check(recipe)
    if recipe["trainer"].get("loss_type") == "bnpo":
        raise UserError("recipe.trainer.loss_type: bnpo depends on how a step is cut into batches; take dapo")
    rewarded.one_of(recipe, "loss_type", LOSSES)
    rewarded.one_of(recipe, "scale_rewards", SCALES)


def looks(recipe: Json) -> int:
    """Return how often each answer is looked at besides: by the reference, where it costs anything to leave it."""
    return int(recipe["trainer"].get("beta", 0.0) > 0)


def rule_of(config: GRPOConfig) -> Rule:
    """Return the rule: what a token weighs is what TRL's `loss_type` divides by."""
    weights = {
        "grpo": lambda length, step: 1 / (step.answers * length),
        "dapo": lambda _, step: 1 / max(step.tokens, 1),
        "dr_grpo": lambda _, step: 1 / (step.answers * config.max_completion_length),
    }
    return Rule(
        advantages=lambda rewards, _: groups.from_the_mean(rewards, config.scale_rewards),
        weight=weights[config.loss_type],
        beta=config.beta,
        in_reward=False,
        corrected=config.use_bias_correction_kl,
    )


def build(given: Given) -> Built:
    """Return the trainer."""
    return rewarded.build(given, rule_of)
