"""A copy of the configuration with a study changed, and that study resolved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import studies
import yaml

from kotune.core.catalogue import read_yaml
from kotune.core.storage import Json
from kotune.study.study import Study


def rewritten(path: Path, change: Callable[[Json], object]) -> None:
    """Change a YAML file in place."""
    content = read_yaml(path)
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def changed_study(root: Path, change: Callable[[Json], object], name: str = "econ-qa", **settings: object) -> Study:
    """Return a study, changed, as it is seen with ``settings`` on top of config/config.yaml; ``root``: a folder."""
    if not (root / "config").exists():
        studies.copied(root)
    rewritten(root / f"config/studies/{name}.yaml", change)
    return studies.study(name, root, **settings)
