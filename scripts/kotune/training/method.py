"""The method of a recipe: its module in `training/methods/`, loaded by name, and what such a module has to say.

Reads and writes nothing. No import statement names a method: a job's code hash holds the one that its recipe names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from kotune.core.errors import UserError, nearest
from kotune.core.names import METHOD, METHODS, REWARDED
from kotune.core.registry import module_of, registered
from kotune.core.storage import Json
from kotune.layers.ways import Way
from kotune.prompts.encoding import Rows
from kotune.training.counts import Counts

if TYPE_CHECKING:
    from peft import LoraConfig
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments


@dataclass(frozen=True)
class Given:
    """What a method makes its trainer from.

    ``model``: the loaded base, or with the adapter that is trained on; then ``lora`` is None. ``config``: of the class
    that the method names. ``device``: "cpu" or "cuda". ``settings``: the model's (stop tokens, window).
    ``settle`` puts the adapter of a trainer's model into float32; it is called as soon as the trainer is there.
    """

    model: PreTrainedModel
    lora: LoraConfig | None
    shape: Any  # transformers' configuration of the base
    way: Way
    recipe: Json
    config: TrainingArguments
    rows: dict[str, Rows]
    tokenizer: PreTrainedTokenizerBase
    counts: Counts
    device: str
    settle: Callable[[PreTrainedModel], None]
    settings: Json = field(default_factory=dict)


@dataclass
class Built:
    """The trainer around the loaded model, the way it goes, and notes on what was done.

    ``facts``: what the method has to say for the record once it has trained.
    """

    trainer: Trainer
    passes: Json
    notes: list[str]
    rooms: dict[str, int] | None = None  # filled while it trains: what could be kept, how often
    logged: tuple[str, ...] = ()  # the trainer's own metrics that lines of the curve hold besides, under its names
    facts: Callable[[], Json] = dict

    def record(self) -> Json:
        """Return what a record says of the way: its name, what goes through at once, and what could be kept."""
        return {**self.passes, **({} if self.rooms is None else {"rooms": self.rooms})}


# of TRL's configurations with rewards: answers to a row, and tokens of an answer, where a recipe says nothing
DRAWN, LENGTH = 8, 512
# What a method may ask of its arm, as a constant of its module that is true.
STARTS = "STARTS"  # it goes on from another arm's adapter
PAIRS = "PAIRS"  # it learns pairs of answers: rows with the column `rejected`
HEAD = "HEAD"  # it has a head of its own on the base (`models.heads`), and its prompts say at what text it points
ONE_CARD = "ONE_CARD"  # one GPU trains an adapter
BUDGET = "BUDGET"  # not asked: it can choose its steps by a recipe's `budget`
TRAINER = "TRAINER"  # not asked: the arguments of its configuration class, in a tuple, that not every method has
ROWS = "ROWS"  # it looks at the rows that the prompts were rendered from; `read_rows` finds them as files["rows"]


class Method(Protocol):
    """What the module of a method holds. Heavy libraries are imported inside its functions."""

    ARGUMENTS: Json  # its arguments besides the trainer's, each with its JSON schema
    OWNED: Mapping[str, str]  # arguments of its configuration class that a recipe cannot set, and why
    DEFAULTS: Json  # arguments of its configuration class that hold unless the recipe says otherwise

    def config_class(self) -> type[TrainingArguments]:
        """Return the class that takes a recipe's `trainer`."""
        ...

    def fixed(self, recipe: Json) -> Json:
        """Return the arguments of that class that the method sets itself."""
        ...

    def check(self, recipe: Json) -> None:
        """Raise UserError for what of a recipe the method cannot do."""
        ...

    def read_rows(
        self, recipe: Json, files: dict[str, Path], tokenizer: PreTrainedTokenizerBase, config: TrainingArguments
    ) -> dict[str, Rows]:
        """Return each split's rows, in the form of `prompts.encoding.Rows`."""
        ...

    def way(self, recipe: Json, shape: Any, device: str) -> Way:
        """Return the way through the model; its attention is what the model is loaded with."""
        ...

    def build(self, given: Given) -> Built:
        """Return the trainer; `given.counts` counts its tokens."""
        ...


def name_of(recipe: Json) -> str:
    """Return the name of a recipe's method; UserError for one that there is not."""
    method, known = recipe.get("method", METHOD), registered(METHODS)
    if method not in known:
        raise UserError(f"recipe.method: unknown '{method}'{nearest(str(method), known)}")
    return method


def modules_named(recipe: Json) -> list[str]:
    """Return the dotted names of the modules that a training loads because its recipe names them, for `code_hash`."""
    rewarded = [recipe[REWARDED]["function"]] if REWARDED in recipe else []
    return [f"{METHODS}.{name_of(recipe)}", *rewarded]


def method_of(recipe: Json) -> Method:
    """Return the module of a recipe's method."""
    return cast(Method, module_of(METHODS, name_of(recipe)))


def asks(recipe: Json, what: str) -> bool:
    """Return whether a recipe's method asks something of its arm: STARTS, PAIRS, ONE_CARD or ROWS."""
    return bool(getattr(method_of(recipe), what, False))


def looks(recipe: Json) -> int:
    """Return how often a recipe's method looks at each sequence besides, without a gradient; its `looks` says so."""
    return getattr(method_of(recipe), "looks", lambda _: 0)(recipe)


def foreign(recipe: Json) -> str | None:
    """Return what is wrong with a recipe's `trainer` where it has an argument of another method; None where nothing.

    A method that does not say which arguments it has (TRAINER) may have any.
    """
    method, known = name_of(recipe), registered(METHODS)
    if not hasattr(method_of(recipe), TRAINER):
        return None
    of = {name: getattr(module_of(METHODS, name), TRAINER, ()) for name in known}
    for key in recipe["trainer"]:
        theirs = [name for name in known if key in of[name]]
        if theirs and method not in theirs:
            return f"trainer.{key}: the method '{method}' has no such argument; it is one of {', '.join(theirs)}"
    return None
