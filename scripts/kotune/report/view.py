"""See a study as its report does: its settings (`report.settings`) and where its files lie.

Reads selection.json where the selected model's own name is wanted; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kotune.core.errors import UserError, nearest
from kotune.core.names import BASE, ENSEMBLE, GOLDS, OWN, SELECTED, SUBMISSION
from kotune.core.storage import Json, read_json
from kotune.scoring.gaps import gap_of

Treatment = tuple[str, str, int]  # model (or "ensemble"), arm (or method), seed


@cache
def _shown(path: str, folder: str, study: str) -> str:
    """Return what `Report.shown` does; a thousand arms name the same few thousand files tens of thousands of times."""
    whole = Path(path)
    if whole.is_relative_to(folder):
        return (Path(study) / whole.relative_to(folder)).as_posix()
    parts = whole.parts
    for root in ("resources", "config", "results"):
        if root in parts:
            return Path(*parts[len(parts) - 1 - parts[::-1].index(root) :]).as_posix()
    return whole.name if whole.is_absolute() else whole.as_posix()


def gold_text(row: Json, gold: str) -> str:
    """Return a row's gold answers as one text."""
    answer = row.get(GOLDS) or row[gold]
    return answer if isinstance(answer, str) else " / ".join(answer or [])


@dataclass(frozen=True)
class Report:
    """A study as its report sees it: its settings (see `settings_of`) and its folder, results/{scale}/{study}."""

    settings: Json
    folder: Path

    def __getitem__(self, key: str):
        if key not in self.settings:
            raise UserError(f"report settings: there is no key '{key}'{nearest(key, self.settings)}")
        return self.settings[key]

    @property
    def name(self) -> str:
        """The study's name, the first part of each of its numbers' keys."""
        return self["study"]

    @property
    def shared_arms(self) -> list[str]:
        """The arms that are another study's, in whose folder their files lie."""
        return self.settings.get("shares", {}).get("arms", [])

    @property
    def owner(self) -> Path:
        """The folder of rows and prompts: the study's own, or that of the study which it shares."""
        return self.folder.parent / self.settings["shares"]["study"] if self.shared_arms else self.folder

    def folder_of(self, arm: str) -> Path:
        """Return the folder of an arm's adapters, answers and scores."""
        return self.owner if arm in self.shared_arms else self.folder

    @property
    def models(self) -> list[str]:
        """The models' names, in the order of the study, and last `selected`, where it is tuned under that name."""
        tuned = any(SELECTED in arm["models"] for arm in self["arms"].values())
        return [model["name"] for model in self["models"]] + [SELECTED] * tuned

    def real(self, treatment: Treatment) -> Treatment:
        """Return whose files a treatment's are: the base of `selected` is that of the model which was selected."""
        model, arm, seed = treatment
        if (model, arm) != (SELECTED, BASE):
            return treatment
        return self.selected_model, arm, seed

    @property
    def selected_model(self) -> str:
        """The model that selection.json names."""
        return read_json(self.folder / "selection.json")["winner"]["model"]

    @property
    def trained_arms(self) -> list[str]:
        """The arms that train something."""
        return [arm for arm in self.tuned_arms if "adapter" not in self["arms"][arm]]

    @property
    def tuned_arms(self) -> list[str]:
        """The arms that answer with an adapter, their own or another arm's."""
        return [arm for arm in self.other_arms if self["arms"][arm].get("adapter") != BASE]

    @property
    def other_arms(self) -> list[str]:
        """The arms that are compared with the base: the tuned, and the base asked with another prompt."""
        # JSON settings are sorted by name; the study's own order says which arm comes first
        return [arm for arm in self.settings.get("arm_order", self["arms"]) if arm != BASE]

    @property
    def main_arm(self) -> str | None:
        """The arm that the text compares with the base: the ensembles' arm, else the first of its own that trains."""
        if self["ensembles"]:
            return self["ensembles"]["arm"]
        return next((arm for arm in self.tuned_arms if arm not in self.shared_arms), next(iter(self.tuned_arms), None))

    @property
    def members(self) -> list[str]:
        """The members of the ensembles, in order."""
        return self["ensembles"]["members"] if self["ensembles"] else []

    @property
    def methods(self) -> list[str]:
        """The ensemble methods, upper bounds included."""
        return self["ensembles"]["methods"] if self["ensembles"] else []

    @property
    def first_arm(self) -> str:
        """The arm that all candidates have: the base, else the first."""
        return BASE if BASE in self["arms"] else next(iter(self["arms"]))

    @property
    def first(self) -> Json:
        """The settings of the first arm: its rows and prompts are those that stand for the study's."""
        return self["arms"][self.first_arm]

    @property
    def main(self) -> Json:
        """The settings of the main arm, of the first where nothing is tuned."""
        return self["arms"][self.main_arm or self.first_arm]

    @property
    def bases(self) -> list[str]:
        """The models whose scores before tuning are known: those of the base, and `selected`, which is one of them."""
        return [*(self["arms"][BASE]["models"] if BASE in self["arms"] else []), SELECTED]

    @property
    def main_method(self) -> str | None:
        """The ensemble that the text speaks of; never an upper bound."""
        return self["ensembles"]["main"] if self["ensembles"] else None

    @property
    def gap(self) -> list[str]:
        """The two splits between which the fall of scores is measured, where the study has such; else none."""
        return gap_of(self["reported"])

    @property
    def submission(self) -> str | None:
        """The split of rows without gold answers, where the study has one."""
        return SUBMISSION if SUBMISSION in self["splits"] else None

    @property
    def voted(self) -> list[str]:
        """The splits on which the members' votes are counted: a vote needs no gold answer."""
        return [*self["reported"], *filter(None, [self.submission])]

    @property
    def stand_ins(self) -> bool:
        """Whether any model takes the place of another."""
        return any(model["stands_for"] for model in self["models"])

    def less_is_better(self, metric: str) -> bool:
        """Return whether the lower of two values of a metric is the better one."""
        return self["metric_facts"][metric]["more_is_better"] is False

    def ranks(self, metric: str) -> bool:
        """Return whether one of two values of a metric is the better one; of a length, none is."""
        return self["metric_facts"][metric]["more_is_better"] is not None

    def harness(self, evaluation: str) -> Path:
        """Return the statistics of an evaluation by lm-evaluation-harness."""
        return self.folder / "harness" / evaluation / "statistics.json"

    @property
    def panel(self) -> Path:
        """The statistics of a panel."""
        return self.folder / "panel" / "statistics.json"

    def seeds(self, arm: str) -> list[int]:
        """Return the seeds of an arm or of an ensemble method."""
        return self["ensembles"]["seeds"] if arm in self.methods else self["arms"][arm]["seeds"]

    def of_first_seed(self, model: str, arm: str) -> Treatment:
        """Return the treatment of the first seed, which stands for all where single answers are shown."""
        return model, arm, self.seeds(arm)[0]

    def one_seed_note(self, arm: str) -> str:
        """Return what a table adds that shows the first seed alone; nothing where there is one seed."""
        seeds = self.seeds(arm)
        return f" Of seed {seeds[0]} alone." if len(seeds) > 1 else ""

    def treatments(self, *arms: str) -> list[Treatment]:
        """Return each (model, arm, seed) of the arms named, or of all."""
        chosen = arms or tuple(self["arms"])
        return [
            (model, arm, seed)
            for arm in chosen
            for model in self["arms"][arm]["models"]
            for seed in self["arms"][arm]["seeds"]
        ]

    def trained(self) -> list[Treatment]:
        """Return each (model, arm, seed) that has an adapter."""
        return self.treatments(*self.trained_arms) if self.trained_arms else []

    def ensembles(self) -> list[Treatment]:
        """Return ('ensemble', method, seed) for each ensemble."""
        return [(ENSEMBLE, method, seed) for method in self.methods for seed in self.seeds(method)]

    def prompts(self) -> list[tuple[str, str, str]]:
        """Return each (model, rowset, prompt) that an arm learns or is asked, once."""
        used = {
            (model, arm["rowset"], prompt): None
            for arm in self["arms"].values()
            for model in arm["models"]
            # what an arm is asked that chooses among answers differs from seed to seed
            for prompt in (
                arm["prompt"],
                arm["prompt" if "chooses" in arm else "answers_with"] if "answers_with" in arm else arm["prompt"],
            )
        }
        return list(used)

    def rowsets(self) -> list[str]:
        """Return the rowsets that an arm uses, once each."""
        return list(dict.fromkeys(arm["rowset"] for arm in self["arms"].values()))

    def shown(self, path: str | Path) -> str:
        """Return a path as a record is named in print: from the scale's folder, or from the repository's root.

        The same file is named the same in every checkout, so that numbers and tables are equal byte for byte.
        """
        if self.shared_arms and Path(path).is_relative_to(self.owner):
            return _shown(str(path), str(self.owner), self.owner.name)
        return _shown(str(path), str(self.folder), self.name)

    # where the study's files lie

    def audit(self, rowset: str) -> Path:
        """The audit of a rowset."""
        return self.owner / "rows" / rowset / "audit.json"

    def rows(self, rowset: str, split: str) -> Path:
        """The rows of a split."""
        return self.owner / "rows" / rowset / f"{split}.parquet"

    def prompt_folder(self, model: str, rowset: str, prompt: str) -> Path:
        """The folder of a model's prompts."""
        return self.owner / "prompts" / model / rowset / prompt

    def adapter(self, treatment: Treatment) -> Path:
        """The folder of an adapter."""
        model, arm, seed = treatment
        arm = self["arms"][arm].get("adapter", arm)
        return self.folder_of(arm) / "adapters" / model / arm / f"seed{seed}"

    def answers(self, treatment: Treatment, ending: str = "jsonl") -> Path:
        """A file of answers (``jsonl``) or its record (``record.json``)."""
        model, arm, seed = self.real(treatment)
        return self.folder_of(arm) / "answers" / OWN / model / arm / f"seed{seed}.{ending}"

    def scores(self, treatment: Treatment, ending: str = "jsonl", evaluation: str = OWN) -> Path:
        """A file of scores (``jsonl``) or its record (``record.json``)."""
        model, arm, seed = self.real(treatment)
        folder = self.folder_of(arm) if evaluation == OWN else self.folder
        return folder / "scores" / evaluation / model / arm / f"seed{seed}.{ending}"

    def record_files(self) -> list[Path]:
        """Return the records of everything that was made, adapters first."""
        everything = [*self.treatments(), *self.ensembles()]
        return [
            *(self.adapter(one) / "record.json" for one in self.trained()),
            *(self.answers(one, "record.json") for one in everything),
            *(self.scores(one, "record.json") for one in everything),
        ]
