"""Models of the hub: which files of a repository a model needs, and when it may not be used.

Reads config.json and the index of the weights; writes nothing. Weights are taken from safetensors only, and code only
where the catalogue allows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.model_folder import TOKENIZER, TOKENIZER_SETTINGS, fits
from kotune.core.storage import read_json
from kotune.hub.repository import Repository, own_code

SETTINGS = ("config*.json", "generation_config.json")
WEIGHTS = ("*.safetensors", "*.safetensors.index.json")
SENTENCE_MODEL = ("modules.json", "sentence_bert_config.json", "*/config.json", "*/model.safetensors")
SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model, or of a sentence embedder, that are needed."""

    repo: Repository
    embedder: bool = False

    def candidates(self, names: list[str]) -> list[str]:
        """Return settings, tokenizer and weights; code only for an entry that may run it."""
        patterns = SETTINGS + TOKENIZER + TOKENIZER_SETTINGS + WEIGHTS
        patterns += SENTENCE_MODEL if self.embedder else ()
        patterns += ("*.py",) if self.repo.remote_code else ()
        return [name for name in names if fits(name, patterns)]

    def opened(self, name: str) -> bool:
        """Return whether `settled` reads this file."""
        return name in ("config.json", INDEX)

    def settled(self, names: list[str], folder: Path) -> list[str]:
        """Return the needed names: one set of weights, and code only where config.json calls for it."""
        for fault in self.missing(names):
            raise UserError(fault)
        needs_code = self.needs_code(folder)
        unneeded = self.spare_weights(names, folder)
        return [name for name in names if name not in unneeded and (needs_code or not name.endswith(".py"))]

    def missing(self, names: list[str]) -> list[str]:
        """Return a sentence for each thing that a model has and the repository lacks: settings, tokenizer."""
        faults = []
        if "config.json" not in names:
            faults.append(
                f"{self.repo.catalogue}: {self.repo.hub_id} holds no config.json, so it is no model; correct hub_id"
            )
        if not self.embedder and not any(fits(name, TOKENIZER) for name in names):
            faults.append(f"{self.repo.catalogue}: {self.repo.hub_id} holds no tokenizer; name a repository that does")
        return faults

    def needs_code(self, folder: Path) -> bool:
        """Return whether the model runs on code of its repository; UserError where that is not allowed."""
        config = read_json(folder / "config.json")
        if "auto_map" not in config:
            return False
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

        if config.get("model_type") in CONFIG_MAPPING_NAMES:
            return False  # transformers has its own code for it
        if not self.repo.remote_code:
            raise UserError(own_code(self.repo.catalogue, self.repo.hub_id))
        return True

    def spare_weights(self, names: list[str], folder: Path) -> set[str]:
        """Return the weights that are another form of the needed ones; UserError where the needed ones are missing."""
        weights = {name for name in names if fits(name, WEIGHTS)}
        if SINGLE in weights:
            return weights - {SINGLE}
        if INDEX not in weights:
            raise UserError(
                f"{self.repo.catalogue}: {self.repo.hub_id} holds no weights as safetensors ({SINGLE}), and other "
                "forms can run code when they are read; name a repository that does"
            )
        parts = set(read_json(folder / INDEX).get("weight_map", {}).values())
        missing = sorted(parts - weights)
        if missing or not parts:
            raise UserError(
                f"{self.repo.kind} '{self.repo.name}': {len(missing)} of the {len(parts)} files that {INDEX} names are "
                f"not there ({', '.join(missing[:3])}); the copy of {self.repo.hub_id} is not whole"
            )
        return weights - parts - {INDEX}


def check_code(repo: Repository, pin: dict) -> None:
    """Raise UserError where locked files hold code that the catalogue no longer allows."""
    code = [name for name in pin["files"] if name.endswith(".py")]
    if code and not repo.remote_code:
        raise UserError(
            f"{repo.catalogue}: the lock holds code ({code[0]}), which the entry does not allow; set "
            "trust_remote_code: true and pin the revision, or run: make lock"
        )


def remove_strangers(folder: Path, pin: dict, selection: ModelFiles) -> list[str]:
    """Delete what another version of the model left in the folder and transformers would read; return its names."""
    held = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    strangers = [name for name in selection.candidates(held) if name not in pin["files"]]
    for name in strangers:
        (folder / name).unlink()
    return strangers
