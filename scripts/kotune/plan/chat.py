"""What a conversation is asked: whom it is with, which files that takes, and how replies are generated.

Reads the configuration, and selection.json where an arm's model is the selected one; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kotune.answering.talking import FREE, PLAIN, SPEAKERS, STUDY, TUNED
from kotune.core.catalogue import entry
from kotune.core.errors import UserError
from kotune.core.names import SELECTED
from kotune.core.storage import Json, needed, read_json
from kotune.plan import answers, named
from kotune.plan.named import Named
from kotune.plan.paths import ADAPTER, adapter_folder, selection_file
from kotune.study import wording
from kotune.study.called import arm_of, model_of
from kotune.study.study import Study


@dataclass(frozen=True)
class Wanted(named.Wanted):
    """What a user names; ``only``: base or tuned alone."""

    only: str | None = None


class Partner(Named):
    """Whom is talked to: a study's model under an arm, its seed, the folders of the model and of its adapter.

    UserError for what is unknown, with the nearest name, and for what is not there, with the command that makes it.
    """

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted)
        arms = self.study.arms
        self.arm = wanted.arm or self._first_arm(wanted.model)
        chosen = SELECTED in entry(arms, self.arm, "arm", self.where)["models"]
        name = wanted.model or (None if chosen else arms[self.arm]["models"][0])
        self.check_writes()
        self.seed = self.seed_of(wanted.seed)
        self.model = self._selected(name) if chosen else model_of(self.study, name)
        if not chosen:
            arm_of(self.study, self.model, self.arm)
        folder_of = SELECTED if chosen else self.model
        self.folder = Path(adapter_folder(self.plan, self.study.name, (folder_of, self.arm, self.seed)))
        untuned = self.study.untuned(self.arm)
        if untuned and wanted.only == TUNED:
            raise UserError(f"--only tuned: the arm '{self.arm}' of {self.study.name} is not tuned")
        self.speakers = [PLAIN] if untuned else [one for one in SPEAKERS if wanted.only in (None, one)]
        self.path = self._model_folder()
        self.adapter = self._adapter() if TUNED in self.speakers else None

    def _first_arm(self, model: str | None) -> str:
        """Return the first tuned arm, of a model's arms where one is named, else the first."""
        name = None if model in (None, SELECTED) else model_of(self.study, model)
        having = [arm for arm, one in self.study.arms.items() if name is None or name in one["models"]]
        return next((arm for arm in having if not self.study.untuned(arm)), having[0])

    def _selected(self, wanted: str | None) -> str:
        """Return the model that the study has selected."""
        path = Path(selection_file(self.plan, self.study.name))
        if not path.is_file():
            file = f"{adapter_folder(self.plan, self.study.name, (SELECTED, self.arm, self.seed))}/{ADAPTER[0]}"
            raise UserError(
                f"the model of the arm '{self.arm}' is not chosen yet; this chooses and trains it: {self.command(file)}"
            )
        model = needed(needed(read_json(path), "winner", path), "model", path)
        if wanted not in (None, SELECTED) and model_of(self.study, wanted) != model:
            raise UserError(f"--model: the arm '{self.arm}' is of the model that was selected, {model}")
        return model

    def _adapter(self) -> Path:
        folder = self.folder
        if not all((folder / name).is_file() for name in ADAPTER):
            raise UserError(
                f"{self.model} under '{self.arm}' is not trained yet; this trains it: "
                f"{self.command(str(folder / ADAPTER[0]))} (--only base talks to the base alone)"
            )
        return folder

    def _model_folder(self) -> str:
        settings = self.study.models[self.model]
        path = self.plan.beside(settings["path"])
        if not (Path(path) / "config.json").is_file():
            file = f"{path}/snapshot.json"
            how = f"this downloads it: {self.command(file)}" if settings["hub_id"] else "copy the repository again"
            raise UserError(f"{path}: the model {self.model} is not there; {how}")
        return path


def generations(study: Study, model: str, arm: str) -> dict[str, Json]:
    """Return how replies are generated: by the study's prompt, and in the family's own turns, with what ends one."""
    settings, prompt = study.models[model], study.arms[arm]["prompt"]
    by_prompt = answers.generation_for(study, settings, prompt)
    free = {key: value for key, value in by_prompt.items() if key not in ("parts", "cleanup", "reasoning_tokens")}
    free["stop"] = wording.family_content(settings["family"], study.root)["stops"]
    return {STUDY: by_prompt, FREE: free}
