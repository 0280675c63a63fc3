"""What a run is about, and where its files lie: the studies at a scale, paths seen from the work folder, code hashes.

Reads the code of scripts to hash it; writes nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from kotune.core.code_hash import code_hash
from kotune.core.names import OWN, ROOT, SELECTED
from kotune.core.storage import Json
from kotune.models import adapters
from kotune.study.evaluations import Evaluation
from kotune.study.panel import CHOOSES
from kotune.study.study import Study

ADAPTER = (adapters.WEIGHTS, adapters.CONFIG)  # the files of an adapter that others read
Treatment = tuple[str, str, int]  # model (or "ensemble"), arm (or method), seed


class Wildcards(Protocol):
    """The names in a job's paths, as text; a job has those that its rule's output has."""

    study: str
    evaluation: str
    model: str
    arm: str
    method: str
    rowset: str
    prompt: str
    seed: str
    compared: str
    part: str
    sampled: str
    harness: str
    hub_name: str
    form: str


@dataclass(frozen=True, eq=False)
class Plan:
    """What a run is about: its studies as its scale sees them, by name, the configuration and the scale's settings.

    ``root`` is the repository; paths are seen from the work folder. ``behind``: studies that the run was not asked for,
    but whose rows and arms one of its studies shares; nothing is reported of them. ``left_out``: studies that this
    machine cannot run, each with the reason.
    """

    studies: dict[str, Study]
    config: Json
    lens: Json
    root: Path = field(default=ROOT)
    behind: dict[str, Study] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def scale(self) -> str:
        """The name of the run's scale."""
        return self.config["scale"]

    @property
    def results(self) -> str:
        """The folder of the scale's results."""
        return f"results/{self.scale}"

    def beside(self, path: str | Path) -> str:
        """Return a path of the repository relative to the work folder, so that moving the repository reruns nothing."""
        return os.path.relpath(os.path.join(self.root, path))

    def under(self, study: str, path: str) -> str:
        """Return a path below a study's results."""
        return f"{self.results}/{study}/{path}"

    def named(self, study: str) -> Study:
        """Return a study by its name, also one that only stands behind another."""
        return self.studies[study] if study in self.studies else self.behind[study]

    @property
    def every(self) -> list[Study]:
        """The studies that jobs may be of: those that are asked for, and those behind them."""
        return [*self.studies.values(), *self.behind.values()]

    def study(self, wildcards: Wildcards) -> Study:
        """Return the study of a job."""
        return self.named(wildcards.study)

    def under_owner(self, study: str, path: str, evaluation: str = OWN) -> str:
        """Return a path of rows or prompts: a study's own rows lie with the study that it shares, if any."""
        return self.under(self.named(study).owner if evaluation == OWN else study, path)

    def under_arm(self, study: str, arm: str, path: str, evaluation: str = OWN) -> str:
        """Return a path of an arm's files, ensembles' among them: those of a shared arm lie with its study.

        Its answers to another evaluation than its study's own rows are the sharing study's.
        """
        return self.under(self.named(study).owner_of(arm) if evaluation == OWN else study, path)

    def evaluation(self, wildcards: Wildcards) -> Evaluation:
        """Return the evaluation that a job is of; of a job whose paths name none, the study's own."""
        return self.study(wildcards).evaluations[getattr(wildcards, "evaluation", OWN)]

    def arm(self, wildcards: Wildcards) -> Json:
        """Return the arm of a job."""
        return self.study(wildcards).arms[wildcards.arm]


def as_json(value: Any) -> str:
    """Return settings as the one JSON text that is compared between runs."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def one_of(names: Iterable[str]) -> str:
    """Return a wildcard pattern that matches exactly these names."""
    return "|".join(sorted({re.escape(name) for name in names})) or "nothing"


def rowsets(study: Study) -> list[str]:
    """Return the names of the rowsets that are prepared: a study's own, and its evaluations' beside them."""
    own = [name for name in study.settings["rowsets"] if name not in study.sampled]
    return [*own, *(one.name for one in study.others)]


def rowset_pattern(studies: Iterable[Study]) -> str:
    """Return the pattern of the wildcard `rowset`; where it is made of samples, arm and seed are behind its name."""
    found = list(studies)
    sampled = {
        f"{re.escape(name)}/{re.escape(given['arm'])}/seed\\d+" for one in found for name, given in one.sampled.items()
    }
    listed = {
        f"{re.escape(given['rowset'])}/{re.escape(arm)}/seed\\d+"
        for one in found
        for arm, given in one.arms.items()
        if CHOOSES in given
    }
    # rows that list answers begin with their rowset's own name: the longer is tried first
    return "|".join([*sorted(listed), one_of(name for one in found for name in rowsets(one)), *sorted(sampled)])


def evaluation_of_rowset(study: Study, rowset: str) -> Evaluation:
    """Return the evaluation that a rowset is of."""
    return study.evaluations.get(rowset, study.evaluations[OWN])


def constraints(plan: Plan) -> dict[str, str]:
    """Return the pattern of each wildcard that several rules share."""
    studies = plan.every
    return {
        "scale": re.escape(plan.scale),
        "study": one_of(study.name for study in studies),
        "evaluation": one_of(name for study in studies for name in study.evaluations),
        "model": one_of([SELECTED, *(model for study in studies for model in study.models)]),
        "arm": one_of(arm for study in studies for arm in study.arms),
        "method": one_of(method for study in studies for _, method, _ in study.ensemble_treatments()),
        "rowset": rowset_pattern(studies),
        "seed": r"\d+",
    }


def cli(plan: Plan, rule: str) -> str:
    """Return the path of a rule's script."""
    return plan.beside(f"scripts/{rule}.py")


@lru_cache
def _hash(script: Path, also: tuple[str, ...]) -> str:
    return code_hash(script, also)


def code(plan: Plan, rule: str, also: Iterable[str] = ()) -> str:
    """Return the hash of a rule's script and of the modules that it uses or its settings name (``also``, dotted)."""
    return _hash(plan.root / "scripts" / f"{rule}.py", tuple(sorted(set(also))))


def rows(plan: Plan, study: str, splits: Iterable[str], evaluation: str = OWN) -> list[str]:
    """Return the rows of an evaluation, one file a split; a study's own are those of its first arm."""
    one = plan.named(study)
    rowset = one.evaluations[evaluation].rowset_of(next(iter(one.arms.values())))
    return [plan.under_owner(study, f"rows/{rowset}/{split}.parquet", evaluation) for split in splits]


def prompt_folder(plan: Plan, study: str, model: str, arm: str, evaluation: str = OWN, seed: str = "") -> str:
    """Return the folder of the prompts that an arm of a model is asked in an evaluation.

    ``seed``: of the answers that they show, of an arm that chooses among answers.
    """
    asked, treatment = plan.named(study).evaluations[evaluation], plan.named(study).arms[arm]
    if CHOOSES in treatment:
        rowset = f"{treatment['rowset']}/{arm}/seed{seed}"
        return plan.under(study, f"prompts/{model}/{rowset}/{asked.prompt_of(treatment)}")
    path = f"prompts/{model}/{asked.rowset_of(treatment)}/{asked.prompt_of(treatment)}"
    return plan.under_owner(study, path, evaluation)


def watched_folder(plan: Plan, study: str, model: str, arm: str) -> str:
    """Return the folder of the prompts that an arm's training is watched on: of its rowset, as it learns them."""
    treatment = plan.named(study).arms[arm]
    return plan.under_owner(study, f"prompts/{model}/{treatment['rowset']}/{treatment['prompt']}")


def learned_folder(plan: Plan, study: str, treatment: Treatment) -> str:
    """Return the folder of the prompts that a treatment learns: of its rowset, or of samples of its model and seed."""
    model, arm, seed = treatment
    one, learns = plan.named(study), plan.named(study).arms[arm].get("learns")
    if learns is None:
        return watched_folder(plan, study, model, arm)
    rowset = f"{learns}/{one.sampled[learns]['arm']}/seed{one.samples_seed(learns, seed)}"
    return plan.under(study, f"prompts/{model}/{rowset}/{one.arms[arm]['prompt']}")


def adapter_folder(plan: Plan, study: str, treatment: Treatment) -> str:
    """Return the folder of the adapter that a treatment answers with: its own, or that of the arm which it names."""
    model, arm, seed = treatment
    arm = plan.named(study).arms[arm].get("adapter", arm)
    return plan.under_arm(study, arm, f"adapters/{model}/{arm}/seed{seed}")


def adapter_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of the adapter that an arm answers with; the base has none."""
    if plan.study(wildcards).untuned(wildcards.arm):
        return []
    folder = adapter_folder(plan, wildcards.study, (wildcards.model, wildcards.arm, int(wildcards.seed)))
    return [f"{folder}/{name}" for name in ADAPTER]


def answers_file(plan: Plan, study: str, treatment: Treatment, evaluation: str = OWN, ending: str = "jsonl") -> str:
    """Return a file of answers (``jsonl``) or its record (``record.json``)."""
    model, arm, seed = treatment
    return plan.under_arm(study, arm, f"answers/{evaluation}/{model}/{arm}/seed{seed}.{ending}", evaluation)


def scores_file(plan: Plan, study: str, treatment: Treatment, evaluation: str = OWN, ending: str = "jsonl") -> str:
    """Return a file of scores (``jsonl``) or its record (``record.json``)."""
    model, arm, seed = treatment
    return plan.under_arm(study, arm, f"scores/{evaluation}/{model}/{arm}/seed{seed}.{ending}", evaluation)


def selection_file(plan: Plan, study: str) -> str:
    """Return the file that names the model which a study selects."""
    return plan.under(study, "selection.json")
