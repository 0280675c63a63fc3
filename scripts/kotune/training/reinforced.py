"""Reinforcement learning: answers are drawn from the policy itself, judged, and made more or less likely.

A trainer of our own on transformers' Trainer, with TRL's arguments: TRL's trainers draw with dropout, by torch's random
numbers as they are, and let the optimizer's momentum move the weights where nothing was learned. Takes a model in
memory; reads and writes nothing. The answers of a step are drawn as it begins, by the weights that it begins with, so
that the policy that draws is the policy that learns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from kotune.answering.lines import TOKENS
from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.training import redrawn
from kotune.training.counts import Counts
from kotune.training.drawn import Drawn, Groups, Rule, Tally, choose, weigh
from kotune.training.gradients import as_number
from kotune.training.policies import Frozen, batch_of, log_probabilities, without_dropout
from kotune.training.practice import Practice, Turns
from kotune.training.rewards import Rewards
from kotune.training.rollouts import Sampler, samples

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import Trainer

NAMED = 8  # rows that a message names


@dataclass
class Setting:
    """What a reinforced training has besides a trainer's own.

    ``masked``: answers that were cut off are not learned. ``reference``: where the rule looks at it. ``seen``: the rows
    of the step at hand.
    """

    practice: Practice
    turns: Turns
    rewards: Rewards
    sampler: Sampler
    rule: Rule
    counts: Counts
    tally: Tally
    masked: bool
    reference: Frozen | None = None
    seen: list[str] = field(default_factory=list)


@cache
def trainer_class() -> type[Trainer]:
    """Return transformers' Trainer with `Reinforced` in front of it; transformers is imported for it."""
    from transformers import Trainer

    return type("ReinforcedTrainer", (Reinforced, Trainer), {})


class Reinforced:
    """What a reinforced training does at each step, within transformers' Trainer."""

    def __init__(self, *args: Any, setting: Setting, **kwargs: Any) -> None:
        self.setting = setting
        super().__init__(*args, data_collator=_places, **kwargs)

    def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
        return redrawn.sampler(self.setting.turns, lambda: self.state.epoch)

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, *args: Any) -> tuple[list[Json], None]:
        """Return a step's batches: answers to its rows, drawn and judged, as far as they are learned."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, *args)
        places = list(dict.fromkeys(int(place) for batch in batches for place in batch["places"]))
        self.setting.seen = [self.setting.practice.names[place] for place in places]
        learned = self._judged(self._drawn(places, self.state.global_step + 1))
        learned.sort(key=lambda one: -len(one.prompt) - len(one.tokens))
        return [self._batch(part) for part in self._parts(learned, len(batches))], None

    def _parts(self, answers: list[Drawn], count: int) -> list[list[Drawn]]:
        """Return answers in ``count`` parts, each as many as go through the model at once; the last may be empty."""
        size = self.args.per_device_train_batch_size
        return [answers[size * place : size * (place + 1)] for place in range(count)]

    def _drawn(self, places: list[int], step: int) -> Groups:
        """Draw the answers to a step's rows, and have them rewarded."""
        own, practice, times = self.setting, self.setting.practice, self.setting.turns.times
        lines = own.sampler.answer(self.model, samples([practice.prompts[one] for one in places], times, step))
        of_lines = [place for place in places for _ in range(times)]
        rewards = own.rewards.of(lines, [practice.rows[place] for place in of_lines])
        drawn = [
            Drawn(practice.names[place], practice.ids[place], line[TOKENS], line["finish_reason"] == "length", reward)
            for place, line, reward in zip(of_lines, lines, rewards, strict=True)
        ]
        return [drawn[place : place + times] for place in range(0, len(drawn), times)]

    def _judged(self, together: Groups) -> list[Drawn]:
        """Return those of a step's answers that are learned, each with its advantage; all are counted."""
        own = self.setting
        learned = choose(together, own.masked)
        own.tally.count(together)
        own.tally.kept["rewards"], own.tally.kept["drawn"] = own.rewards.state(), own.sampler.state()
        if learned:
            costs = self._distances(learned) if own.reference else {}
            weigh(together, own.rule, costs, own.masked)
        return learned

    def _distances(self, learned: list[Drawn]) -> dict[int, float]:
        """Find how likely the reference makes the answers; return what each one's reward loses, where it does."""
        import torch

        own, costs = self.setting, {}
        for part in self._parts(learned, -(-len(learned) // self.args.per_device_train_batch_size)):
            batch, lengths = self._batch(part), [len(one.tokens) for one in part]
            with torch.no_grad(), without_dropout(self.model):
                with own.reference.in_place(self.model):
                    theirs = self._log_probabilities(batch)
                ours = self._log_probabilities(batch) if own.rule.in_reward else theirs
            for one, reference in zip(part, theirs.split(lengths), strict=True):
                one.reference = reference
            if own.rule.in_reward:
                own.tally.add(kl=float((ours - theirs).sum()), kl_tokens=len(ours))
                for one, far in zip(part, (ours - theirs).split(lengths), strict=True):
                    costs[id(one)] = own.rule.beta * float(far.sum())
        return costs

    def _log_probabilities(self, batch: Json) -> Tensor:
        return log_probabilities(self.model, batch, self.args.temperature, self.accelerator.autocast)

    def _batch(self, part: list[Drawn]) -> Json:
        """Return answers as a batch; of each of their tokens its gain, its weight and what the reference says of it."""
        import torch

        rows = [(one.prompt, one.tokens) for one in part]
        batch = batch_of(rows, self.processing_class.pad_token_id, self.args.device)
        gains = [one.advantage * one.weight for one in part for _ in one.tokens]
        weights = [one.weight for one in part for _ in one.tokens]
        batch["gains"], batch["weights"] = (
            torch.tensor(one, dtype=torch.float32, device=self.args.device) for one in (gains, weights)
        )
        if part and not self.setting.rule.in_reward and all(one.reference is not None for one in part):
            batch["reference"] = torch.cat([one.reference for one in part])
        return batch

    def training_step(self, model: Any, inputs: Json, num_items_in_batch: Any = None) -> Tensor:
        """Learn from one batch; of one without answers nothing, so that the weights have no gradient.

        An optimizer leaves alone what has none: neither its momentum nor weight decay moves it.
        """
        import torch

        model.train()
        if hasattr(self.optimizer, "train"):
            self.optimizer.train()
        if not len(inputs["input_ids"]):
            return torch.zeros((), device=self.args.device)
        loss = self.compute_loss(model, inputs)
        self.accelerator.backward(loss)
        return loss.detach()

    def compute_loss(
        self, model: Any, inputs: Json, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return a batch's part of the step's loss."""
        own, setting = self._log_probabilities(inputs), self.setting
        # 1 in value: the policy that drew is the one that learns, and this is its gradient
        ratio = (own - own.detach()).exp()
        loss = -(inputs["gains"] * ratio).sum()
        if "reference" in inputs:
            further = inputs["reference"] - own
            far = further.exp() - further - 1
            costs = inputs["weights"] * (far * ratio if setting.rule.corrected else far)
            loss = loss + setting.rule.beta * costs.sum()
            setting.tally.add(kl=float(far.detach().sum()), kl_tokens=len(far))
        setting.counts.tokens += int(inputs["attention_mask"].sum())
        setting.counts.target_tokens += len(own)
        return (loss, {}) if return_outputs else loss

    def log(self, logs: Json, *args: Any, **kwargs: Any) -> None:
        """Log, with what the answers since the last line were like."""
        if "loss" in logs:
            logs |= self.setting.tally.line()
        super().log(logs, *args, **kwargs)

    def _get_grad_norm(self, *args: Any, **kwargs: Any) -> Any:
        norm = super()._get_grad_norm(*args, **kwargs)
        if not math.isfinite(as_number(norm)):
            names = ", ".join(self.setting.seen[:NAMED])
            raise UserError(
                f"the gradient is not a number at step {self.state.global_step + 1}; lower trainer.learning_rate of "
                f"the recipe, or look at the rows of that step ({names}); the newest checkpoint is of a step before"
            )
        return norm


def _places(rows: list[int]) -> Json:
    import torch

    return {"places": torch.tensor(rows)}
