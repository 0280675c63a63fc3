"""A copy of the configuration with a study changed, and that study resolved."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import yaml

from kotune.core.catalogue import read_yaml
from kotune.core.names import ROOT
from kotune.core.storage import Json
from kotune.study.resolve import study_at
from kotune.study.study import Study


def configuration(**changes: object) -> Json:
    """Return the configuration as Snakemake reads it, with changes on top."""
    files = (read_yaml(ROOT / f"config/{name}.yaml") for name in ("config", "models", "datasets"))
    return {key: value for file in files for key, value in file.items()} | changes


def rewritten(path: Path, change: Callable[[Json], object]) -> None:
    """Change a YAML file in place."""
    content = read_yaml(path)
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def changed_study(root: Path, change: Callable[[Json], object], name: str = "econ-qa", **settings: object) -> Study:
    """Return a study, changed, as it is seen with ``settings`` on top of config/config.yaml; ``root``: a new folder."""
    if not (root / "config").exists():
        shutil.copytree(ROOT / "config", root / "config")
    rewritten(root / f"config/studies/{name}.yaml", change)
    return study_at(name, configuration(**settings), root)
