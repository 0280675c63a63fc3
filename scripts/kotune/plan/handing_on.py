"""What handing a tuned model on is asked: whose it is, where its adapter and its card lie, and what makes them.

Reads the configuration, and the adapter's record; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kotune.core.catalogue import entry
from kotune.core.errors import UserError, nearest
from kotune.core.names import SELECTED
from kotune.core.storage import Json, needed, read_json
from kotune.plan import model_cards, named
from kotune.plan.named import Named
from kotune.plan.paths import ADAPTER, adapter_folder
from kotune.study.called import arm_of, model_of
from kotune.study.exports import ADAPTER as ALONE


@dataclass(frozen=True)
class Wanted(named.Wanted):
    """What a user names; ``form``: as it was taken home."""

    form: str = ALONE


class Handed(Named):
    """A tuned model that is to be handed on; UserError for what is unknown, or for an arm that has no adapter."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted)
        self.form = wanted.form
        tuned = [arm for arm in self.study.arms if not self.study.untuned(arm) and self.study.trains(arm)]
        if not tuned:
            raise UserError(f"{self.where}: no arm of it is tuned: there is nothing to hand on")
        self.arm = wanted.arm or tuned[0]
        having = entry(self.study.arms, self.arm, "arm", self.where)["models"]
        if self.arm not in tuned:
            raise UserError(f"{self.where}: '{self.arm}' has no adapter of its own{nearest(self.arm, tuned)}")
        self.check_writes()
        self.model = SELECTED if SELECTED in having else model_of(self.study, wanted.model or having[0])
        if self.model != SELECTED:
            arm_of(self.study, self.model, self.arm)
        self.seed = self.seed_of(wanted.seed)

    @property
    def treatment(self) -> tuple[str, str, int]:
        """Model, arm and seed."""
        return self.model, self.arm, self.seed

    @property
    def label(self) -> str:
        """How it is called in print."""
        return f"{self.study.name}, {self.model}/{self.arm}/seed{self.seed}"

    @cached_property
    def adapter(self) -> Path:
        """The folder of its adapter; UserError, with the command that trains it, where that is not there."""
        folder = Path(adapter_folder(self.plan, self.study.name, self.treatment))
        if not all((folder / name).is_file() for name in (*ADAPTER, model_cards.RECORD)):
            command = self.command(f"{folder}/{ADAPTER[0]}")
            raise UserError(f"{self.label} is not trained yet; this trains it: {command}")
        return folder

    @property
    def card(self) -> str:
        """Its card, which may not be there yet."""
        return model_cards.card_file(
            self.plan, self.study.name, self.treatment, None if self.form == ALONE else self.form
        )

    @property
    def folder(self) -> Path:
        """The folder that is handed on; UserError, with the command that makes it, where that is not there."""
        if self.form == ALONE:
            return self.adapter
        record = self.plan.under(self.study.name, f"exports/{self.model}/{self.arm}/seed{self.seed}/{self.form}.json")
        if not Path(record).is_file():
            raise UserError(f"{self.label}: '{self.form}' is not made yet; this makes it: {self.command(record)}")
        return Path(record).with_suffix("")

    @property
    def base(self) -> Json:
        """What is said of its base, and what that licence asks."""
        path = self.adapter / model_cards.RECORD
        name = needed(needed(needed(read_json(path), "asked", path), "model", path), "name", path)
        return model_cards.base_facts(self.study, self.config, model_of(self.study, name))

    @property
    def data(self) -> list[Json]:
        """What is said of the data sets that it was tuned on."""
        return model_cards.data_facts(self.study, self.config, self.arm)

    def card_command(self) -> str:
        """Return the command that writes its card."""
        return self.command(self.card, self.study.name)
