"""What the methods that learn from rewards share: their arguments, what they refuse, and how their trainer is made.

Reads prompts and the rows that they were rendered from; writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError, nearest
from kotune.core.names import REWARDED
from kotune.core.storage import Json
from kotune.layers.ways import Way
from kotune.models import loading
from kotune.training import practice
from kotune.training.drawn import LOGGED, Rule, Tally
from kotune.training.method import DRAWN, Built, Given
from kotune.training.policies import Frozen
from kotune.training.reinforced import Setting, trainer_class
from kotune.training.rewards import Rewards
from kotune.training.rollouts import Sampler

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, TrainingArguments

REWARD = "reward"
ARGUMENTS: Json = {REWARD: {"type": "string", "description": "the metric that says what an answer earns"}}
_WHOLE = "answers are drawn from the whole distribution"
_ANEW = "answers are drawn anew for each step, by the policy that learns from them"
_HOUSE = "answers are drawn by kotune's own engines"
OWNED = {
    **dict.fromkeys(("top_p", "top_k", "min_p", "repetition_penalty", "generation_kwargs"), _WHOLE),
    **dict.fromkeys(("generation_batch_size", "steps_per_generation", "num_iterations", "epsilon"), _ANEW),
    **dict.fromkeys(("epsilon_high", "delta", "importance_sampling_level"), _ANEW),
    **dict.fromkeys(("use_vllm", "use_transformers_paged", "use_transformers_continuous_batching"), _HOUSE),
    "disable_dropout": "answers are drawn and learned without dropout",
    "shuffle_dataset": "rows come in an order drawn by the seed",
    "num_generations_eval": "there is no loss to evaluate",
    "sync_ref_model": "the reference is the policy that the training began with",
    "reward_weights": "there is one reward",
    "remove_unused_columns": "kotune renders and tokenises the prompts itself",
}
DEFAULTS: Json = {"gradient_checkpointing": False}
FIXED: Json = {"top_p": 1.0, "top_k": 0, "disable_dropout": True, "remove_unused_columns": False}
TRAINER = ("beta", "num_generations", "max_completion_length", "temperature", "mask_truncated_completions")
BATCH = ("per_device_train_batch_size", "gradient_accumulation_steps")


def of_a_step(trainer: Json) -> int:
    """Return how many answers a step learns from, at most; TRL's own batch size is 8."""
    return trainer.get(BATCH[0], 8) * trainer.get(BATCH[1], 1)


def check(recipe: Json) -> None:
    """Raise UserError for what of a recipe no method that learns from rewards can do."""
    trainer = recipe["trainer"]
    if REWARD not in recipe.get("arguments", {}):
        raise UserError("recipe.arguments.reward: it is missing; name the metric that says what an answer earns")
    for key in ("loss", "watch", "passes"):
        if recipe.get(key):
            raise UserError(f"recipe.{key}: method '{recipe['method']}' has no such thing; leave it out")
    if trainer.get("eval_strategy", "no") != "no":
        raise UserError(
            "recipe.trainer.eval_strategy: there is no loss to evaluate; set it to no, and ask an evaluation"
        )
    if trainer.get("fp16"):
        raise UserError(
            "recipe.trainer.fp16: a step that teaches nothing has no gradient to scale; set bf16, or neither"
        )
    times, step = trainer.get("num_generations", DRAWN), of_a_step(trainer)
    if times < 2:
        raise UserError(
            f"recipe.trainer.num_generations: {times} answer cannot be compared with others; ask for 2 or more"
        )
    if step % times:
        raise UserError(
            f"recipe.trainer.num_generations: {times} answers to a row do not divide the {step} of a step "
            f"({BATCH[0]} times {BATCH[1]}); change one of the three"
        )


def one_of(recipe: Json, key: str, known: tuple[Any, ...]) -> None:
    """Raise UserError for a trainer argument whose value is not among those that are there."""
    value = recipe["trainer"].get(key, known[0])
    if value not in known:
        raise UserError(f"recipe.trainer.{key}: unknown {value!r}{nearest(str(value), list(map(str, known)))}")


def read_rows(
    recipe: Json, files: dict[str, Path], tokenizer: PreTrainedTokenizerBase, config: TrainingArguments
) -> dict[str, practice.Practice]:
    """Return the rows that are answered, with what their answers are judged by."""
    return {"train": practice.read(files, tokenizer, asked_of(recipe)["needs"])}


def asked_of(recipe: Json) -> Json:
    """Return what a job is told of its reward; UserError where it is told nothing."""
    if REWARDED not in recipe:
        raise UserError(
            f"recipe.{REWARDED}: it is missing; take the recipe.json of a job (results/…/settings/train_adapter/…), "
            "which says how the reward is computed"
        )
    return recipe[REWARDED]


def way(recipe: Json, shape: Any, device: str) -> Way:
    """Return the way through the model: padded batches."""
    return Way("padded")


def _check(given: Given, rows: practice.Practice, turns: practice.Turns) -> None:
    """Raise UserError for what is known once model and rows are there."""
    config, window = given.config, given.settings.get("context_window") or float("inf")
    if given.lora is not None:
        raise UserError(
            f"method '{given.recipe['method']}' goes on from an adapter, whose policy it is compared with; name one "
            "(--adapter, `from` of the arm)"
        )
    if config.fp16:
        raise UserError("recipe.trainer.bf16: this GPU has no bfloat16, and fp16 cannot be; set it to false")
    longest = max(range(len(rows.ids)), key=lambda place: len(rows.ids[place]))
    if len(rows.ids[longest]) + config.max_completion_length > window:
        raise UserError(
            f"recipe.trainer.max_completion_length: {config.max_completion_length} tokens behind the "
            f"{len(rows.ids[longest])} of row '{rows.names[longest]}' are more than the model's window of {window}; "
            "lower it"
        )
    if not len(turns):
        raise UserError(f"there are {len(rows.ids)} rows to answer, and a step takes {turns.each}; lower {BATCH[0]}")


def _without_dropout(model: Any) -> None:
    """Take dropout out of a model that is about to be trained."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(getattr(module, "attention_dropout", None), float):
            module.attention_dropout = 0.0


def build(given: Given, rule_of: Callable[[Any], Rule]) -> Built:
    """Return the trainer; ``rule_of`` makes of the configuration what the method is."""
    config, rows, told = given.config, given.rows["train"], asked_of(given.recipe)
    times = config.num_generations
    turns = practice.Turns(len(rows.ids), of_a_step(given.recipe["trainer"]) // times, times, config.seed)
    _check(given, rows, turns)
    _without_dropout(given.model)
    stop = loading.stop_ids(given.tokenizer, given.settings.get("stop", ()))
    sampler = Sampler(
        given.tokenizer, stop, config.max_completion_length, config.temperature, config.seed, told["cleanup"]
    )
    rewards, rule, tally = Rewards(told), rule_of(config), Tally(given.counts.more)
    if "rewards" in tally.kept:
        rewards.restore(tally.kept["rewards"])
        sampler.restore(tally.kept["drawn"])
    setting = Setting(
        rows, turns, rewards, sampler, rule, given.counts, tally, masked=config.mask_truncated_completions
    )
    trainer = trainer_class()(
        setting=setting,
        model=given.model,
        args=config,
        train_dataset=list(range(len(rows.ids))),
        processing_class=given.tokenizer,
    )
    if config.gradient_checkpointing:
        trainer.model.enable_input_require_grads()
    given.settle(trainer.model)
    setting.reference = Frozen(trainer.model) if rule.beta else None

    def facts() -> Json:
        drawn = {"drawn_tokens": sampler.drawn, "near_ties": sampler.near}
        outcomes = {"outcomes": rewards.state()["outcomes"]} if rewards.outcomes else {}
        notes = {"drawing": sampler.notes} if sampler.notes else {}
        return {"reward": told["name"], **tally.found, **drawn, **outcomes, **notes}

    return Built(trainer, {"way": given.way.name}, given.way.notes, logged=LOGGED, facts=facts)
