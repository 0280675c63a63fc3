"""The shipped studies, seen through a scale, and copies of the configuration to change."""

import shutil
from pathlib import Path

from checkout import ROOT

from kotune.core.catalogue import configuration_at
from kotune.study.resolve import study_at
from kotune.study.study import Study


def configuration(**changes) -> dict:
    """Return the shipped configuration, read anew."""
    return configuration_at() | changes


def study(name: str = "econ-qa", root: Path = ROOT, **changes) -> Study:
    """Return a shipped study, at mini scale unless ``scale`` is given."""
    return study_at(name, configuration(**changes), root)


def copied(folder: Path) -> Path:
    """Copy config/ to a folder and return that folder."""
    shutil.copytree(ROOT / "config", folder / "config")
    return folder
