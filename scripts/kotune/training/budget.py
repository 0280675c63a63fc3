"""A budget: so many tokens in the loss, by which a training's number of steps is chosen from its rows.

Reads and writes nothing. Arms with one budget learn equally many tokens, however many rows they have and however long
these are. The steps are found before the training, by going through the rows in the order in which they will be drawn;
that comes from the seed and the epoch's number alone, so that a resumed training goes on with the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.names import REDRAW
from kotune.core.storage import Json
from kotune.prompts.encoding import Rows
from kotune.training import processes

if TYPE_CHECKING:
    from transformers import TrainingArguments

KEY, TOKENS = "budget", "loss_tokens"
NEAR = 0.01  # how far from the budget a training may end, as a share of it


def fault_of(recipe: Json, cards: int = 1) -> str | None:
    """Return what cannot go with a recipe's budget, behind the key at fault; None where all can, or there is none."""
    if KEY not in recipe:
        return None
    if recipe["trainer"].get("packing"):
        return "trainer.packing: packs hold rows that `budget` would have to count one by one; set it to false"
    if (recipe.get("watch") or {}).get("patience") is not None:
        return "watch.patience: it ends a training early, and `budget` says how much is learned; leave one of them out"
    if REDRAW in recipe:
        return "budget: the mixture draws rows again in each epoch, in an order of its own; leave it out"
    if cards > 1:
        return "budget: rows are counted in the order in which one GPU sees them; take `cards` away"
    return None


def written_fault(recipe: Json) -> str | None:
    """Return what a recipe's own file says twice: how long it trains; None where it does not."""
    for key in ("max_steps", "num_train_epochs") if KEY in recipe else ():
        if key in recipe["trainer"]:
            return f"trainer.{key}: `budget` chooses the number of steps; leave one of the two out"
    return None


@dataclass(frozen=True)
class Order:
    """The order in which rows are drawn.

    ``lengths``: tokens of each row; ``strategy``: the trainer's `train_sampling_strategy`; ``rows_a_step``: of the
    optimizer's steps.
    """

    lengths: Sequence[int]
    strategy: str
    rows_a_step: int
    seed: int

    @classmethod
    def of(cls, recipe: Json, lengths: Sequence[int], config: TrainingArguments) -> Order | None:
        """Return the order of a training whose recipe has a budget; None where its trainer draws the rows."""
        if KEY not in recipe:
            return None
        rows_a_step = config.per_device_train_batch_size * config.gradient_accumulation_steps
        strategy = getattr(config.train_sampling_strategy, "value", config.train_sampling_strategy)
        return cls(lengths, strategy, rows_a_step, config.seed)

    def places(self, epoch: int) -> list[int]:
        """Return the places of an epoch's rows."""
        import torch
        from transformers.trainer_pt_utils import LengthGroupedSampler

        if self.strategy == "sequential":
            return list(range(len(self.lengths)))
        generator = torch.Generator().manual_seed((self.seed << 20) + epoch)
        if self.strategy == "group_by_length":
            return list(LengthGroupedSampler(self.rows_a_step, lengths=list(self.lengths), generator=generator))
        return torch.randperm(len(self.lengths), generator=generator).tolist()

    def sampler(self, epoch: Callable[[], float | None]) -> Any:
        """Return torch's sampler; ``epoch`` returns how many epochs are done, with the share of the current one."""
        from torch.utils.data import Sampler

        order = self

        class Counted(Sampler):
            def __len__(self) -> int:
                return len(order.lengths)

            def __iter__(self) -> Iterator[int]:
                return iter(order.places(int(epoch() or 0)))

        return Counted()


def learned_tokens(order: Order, targets: Sequence[int]) -> Iterator[int]:
    """Yield how many tokens are in the loss after each step, without end; ``targets``: those of each row."""
    epoch = total = 0
    while True:
        places = order.places(epoch)
        for start in range(0, len(places), order.rows_a_step):
            total += sum(targets[place] for place in places[start : start + order.rows_a_step])
            yield total
        epoch += 1


def steps_for(wanted: int, order: Order, targets: Sequence[int]) -> tuple[int, int]:
    """Return the number of steps whose tokens in the loss come nearest to ``wanted``, and how many tokens those are.

    UserError where they are more than one in a hundred away.
    """
    after = [0]  # so many steps
    for total in learned_tokens(order, targets):
        after.append(total)
        if total >= wanted:
            break
    step = min(range(1, len(after)), key=lambda count: abs(after[count] - wanted))
    total = after[step]
    if abs(total - wanted) > NEAR * wanted:
        share = sum(targets) / len(targets) * order.rows_a_step
        raise UserError(
            f"recipe.budget.{TOKENS}: {wanted:,} cannot be met within {NEAR:.0%}: a step has some {share:,.0f} tokens "
            f"in the loss, and the nearest one ends at {total:,}; ask for at least {share / (2 * NEAR):,.0f}, or lower "
            "trainer.per_device_train_batch_size or gradient_accumulation_steps"
        )
    return step, total


def targets_of(rows: Rows) -> list[int]:
    """Return how many tokens of each row are in the loss; of a pair, those of both sides."""
    worse = getattr(rows, "rejected", [()] * len(rows.mask))
    return [sum(mask) + len(other) for mask, other in zip(rows.mask, worse, strict=True)]


def lengths_of(rows: Rows) -> list[int]:
    """Return the tokens of each row; of a pair, those of its longer side."""
    return rows.lengths() if hasattr(rows, "lengths") else [len(ids) for ids in rows.ids]


def apply(recipe: Json, config: TrainingArguments, rows: Rows) -> list[str]:
    """Set the number of steps that a recipe's budget asks for, in place; return a note on it, none without a budget."""
    order = Order.of(recipe, lengths_of(rows), config)
    if order is None:
        return []
    fault = fault_of(recipe, processes.count())
    if fault:
        raise UserError(f"recipe.{fault}")
    wanted = recipe[KEY][TOKENS]
    config.max_steps, total = steps_for(wanted, order, targets_of(rows))
    return [f"{config.max_steps} steps for {wanted:,} tokens in the loss: {total:,}, {total / wanted - 1:+.2%}"]
