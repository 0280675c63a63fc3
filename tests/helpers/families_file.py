"""The families of config/families.yaml, read as tests need them: all at once."""

import os

from kotune.core.catalogue import read_yaml
from kotune.core.names import ROOT
from kotune.prompts.families import Family, family_from


def load_families(path: str | os.PathLike) -> dict[str, Family]:
    """Read every family of a catalogue file."""
    catalogue = read_yaml(path)
    return {name: family_from(name, family) for name, family in catalogue.items()}


FAMILIES = load_families(ROOT / "config" / "families.yaml")
