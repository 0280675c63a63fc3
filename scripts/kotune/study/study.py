"""A study at a scale: the models, rows, arms, recipes and settings that a run really has.

Reads and writes nothing; `study.resolve` makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.names import BASE, ENSEMBLE, EVALUATED, OWN, ROOT, SELECTED, SUBMISSION, ZERO
from kotune.core.storage import Json
from kotune.rows.task import Task
from kotune.study.choices import chosen
from kotune.study.evaluations import Evaluation
from kotune.study.seeds import untuned
from kotune.study.sharing import SHARES, owner_of

if TYPE_CHECKING:
    from kotune.study.bias import BiasEvaluation
    from kotune.study.harness import HarnessEvaluation


@dataclass(frozen=True)
class Study:
    """A study seen through a scale.

    ``models`` maps each name that appears in paths to its settings. ``evaluations``: what arms are asked, by name, the
    study's own rows first. ``harness``: what they are asked by lm-evaluation-harness, by name; ``bias``: on social
    groups.
    """

    name: str
    settings: Json
    scale: str
    lens: Json
    seeds: list[int]
    source: Json
    splits: list[str]
    models: dict[str, Json]
    names: dict[str, str]
    arms: dict[str, Json]
    tracking: str
    evaluations: dict[str, Evaluation]
    harness: dict[str, HarnessEvaluation] = field(default_factory=dict)
    bias: dict[str, BiasEvaluation] = field(default_factory=dict)
    embedders: list[Json] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    sample: str | None = None
    root: Path = field(default=ROOT, repr=False)

    @property
    def own(self) -> Evaluation:
        """The evaluation that the study's own rows are."""
        return self.evaluations[OWN]

    @property
    def owner(self) -> str:
        """The study under whose name the rows lie: this one, or that whose rows it shares."""
        return owner_of(self.name, self.settings)

    @property
    def shared_arms(self) -> list[str]:
        """The arms that are another study's: trained, answered and scored under its name."""
        return self.settings[SHARES]["arms"] if SHARES in self.settings else []

    def owner_of(self, arm: str) -> str:
        """Return the study under whose name an arm's adapters, answers and scores lie."""
        return self.owner if arm in self.shared_arms else self.name

    def trains(self, arm: str) -> bool:
        """Return whether an arm has adapters of its own, here or in the study that it is shared with."""
        return arm != BASE and "adapter" not in self.arms[arm]

    def untuned(self, arm: str) -> bool:
        """Return whether an arm answers without an adapter: the base, or the base asked otherwise."""
        return untuned(arm, self.arms[arm])

    def seeds_of(self, arm: str) -> list[int]:
        """Return the seeds of an arm, some of the study's; of one that is not tuned, the first."""
        return self.arms[arm]["seeds"]

    @property
    def task(self) -> Task:
        """What the study's own rows are."""
        return self.own.task

    @property
    def embedder(self) -> Json:
        """The embedder by which answers to the study's own rows are scored."""
        return self.own.embedder

    @property
    def overlong(self) -> str:
        """What becomes of rows that are too long for somebody: zero or leave_out."""
        return self.settings.get("overlong", ZERO)

    @property
    def reasoning(self) -> bool:
        """Whether the study's own rows bring reasoning."""
        return self.own.reasoning

    @property
    def hub_dataset(self) -> str | None:
        """The data set whose download holds the study's own rows, if any."""
        return self.own.hub_dataset

    @property
    def evaluated(self) -> list[str]:
        """The splits that are answered and scored."""
        return [split for split in self.splits if split in EVALUATED]

    @property
    def answered(self) -> list[str]:
        """The splits that are answered: those that are scored, and a submission, which cannot be."""
        return [split for split in self.splits if split in (*EVALUATED, SUBMISSION)]

    @property
    def unscored(self) -> list[str]:
        """The splits that are answered and have no gold answers."""
        return [split for split in self.answered if split not in self.evaluated]

    def treatments(self) -> list[tuple[str, str, int]]:
        """Return every (model, arm, seed) that is answered; a base has no seed of its own and is answered once."""
        return [
            (model, arm, seed)
            for arm, treatment in self.arms.items()
            for model in treatment["models"]
            for seed in treatment["seeds"]
        ]

    def asked(self, evaluation: str) -> list[tuple[str, str, int]]:
        """Return every (model, arm, seed) that is asked an evaluation; of `own`, ensembles are asked besides."""
        of = {**self.evaluations, **self.harness, **self.bias}[evaluation]
        return [one for one in self.treatments() if one[1] in of.arms]

    @property
    def sampled(self) -> dict[str, Json]:
        """The rowsets that are made of an arm's samples, by name, each with whose they are."""
        return {name: given["from"] for name, given in self.settings["rowsets"].items() if "from" in given}

    @property
    def chosen(self) -> dict[str, Json]:
        """The rowsets that are chosen from another one's rows, by name."""
        return chosen(self.settings)

    def samples_seed(self, rowset: str, seed: int) -> int:
        """Return the seed of the samples that an arm with a seed learns; a base has one seed alone."""
        return self.seeds[0] if self.untuned(self.sampled[rowset]["arm"]) else seed

    @property
    def others(self) -> list[Evaluation]:
        """The evaluations besides the study's own rows."""
        return [evaluation for name, evaluation in self.evaluations.items() if name != OWN]

    def ensemble_members(self) -> list[str]:
        """Return the members of the study's ensembles, in order, under the names that appear in paths."""
        return [self.names[member] for member in self.settings.get("ensembles", {}).get("members", [])]

    def ensemble_treatments(self) -> list[tuple[str, str, int]]:
        """Return ('ensemble', method, seed) for each ensemble."""
        if "ensembles" not in self.settings:
            return []
        seeds = self.seeds_of(self.settings["ensembles"]["arm"])
        return [(ENSEMBLE, method, seed) for method in self.settings["ensembles"]["methods"] for seed in seeds]

    @property
    def competing(self) -> list[str]:
        """The arms whose models the selection ranks: those that the study names, else the tuned, else the base."""
        if "selection" in self.settings:
            return self.settings["selection"]["arms"]
        return [arm for arm in self.arms if not self.untuned(arm)] or [BASE]

    def candidates_treatments(self) -> list[tuple[str, str, int]]:
        """Return every (model, arm, seed) that the selection ranks."""
        return [one for one in self.treatments() if one[1] in self.competing]

    def submissions(self) -> list[tuple[str, str, int]]:
        """Return (model, arm, seed) of each submission: the selected model of each arm, and the ensemble named."""
        if SUBMISSION not in self.splits:
            return []
        chosen = [(SELECTED, arm, seed) for arm in self.competing for seed in self.seeds_of(arm)]
        method = self.settings.get("submission")
        return chosen + [one for one in self.ensemble_treatments() if one[1] == method]
