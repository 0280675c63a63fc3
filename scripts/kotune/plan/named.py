"""What a user names of a tuned model, and the study that it is found in: what talking to it and handing it on share.

Reads the configuration; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from kotune.core.errors import UserError, nearest
from kotune.plan.paths import Plan
from kotune.study import resolve
from kotune.study.called import configuration
from kotune.training.method import HEAD, asks


@dataclass(frozen=True)
class Wanted:
    """What a user names: a study, and of it what is not left to the study."""

    study: str
    arm: str | None = None
    model: str | None = None
    scale: str | None = None
    seed: int | None = None
    data: str | None = None


class Named:
    """A study with the scale and the rows that a user names; whoever inherits says which ``arm`` of it."""

    arm: str

    def __init__(self, wanted: Wanted) -> None:
        self.config = configuration(wanted.scale, {wanted.study: wanted.data} if wanted.data else {})
        self.study = resolve.study_at(wanted.study, self.config)
        self.plan = Plan({self.study.name: self.study}, self.config, self.study.lens)
        self.where = f"config/studies/{self.study.name}.yaml"

    def seed_of(self, wanted: int | None) -> int:
        """Return the arm's seed that is wanted, its first if none is; UserError for one that it has not."""
        seeds = self.study.seeds_of(self.arm)
        if wanted is not None and wanted not in seeds:
            raise UserError(f"--seed: '{self.arm}' has no seed {wanted}{nearest(str(wanted), map(str, seeds))}")
        return seeds[0] if wanted is None else wanted

    def check_writes(self) -> None:
        """Raise UserError for an arm whose model points at answers and writes none."""
        if not self.study.untuned(self.arm) and asks(self.study.arms[self.arm]["recipe"], HEAD):
            raise UserError(
                f"{self.where}: '{self.arm}' points at answers in a text and writes none, so that it is neither talked "
                "to nor handed on; name another arm"
            )

    def command(self, file: str, study: str | None = None) -> str:
        """Return the command that makes a file of a study: the one whose the arm is, unless another is named."""
        study, rows = study or self.study.owner_of(self.arm), self.config["data"].get(self.study.name)
        data = f" data='{{{study}: {rows}}}'" if rows else ""
        return f"snakemake {file} --cores 1 --config scale={self.study.scale} studies='[{study}]'{data}"
