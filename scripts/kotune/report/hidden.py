"""Which rows are not printed: those of data sets whose entry says `show: none`, alone or among others.

Takes catalogue entries and a study; reads and writes nothing. What stands in their place: `report.hiding`.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.study.mixtures import MIXTURE
from kotune.study.quality import ADD
from kotune.study.study import Study


def hides(name: str, datasets: Json) -> bool:
    """Return whether the texts of a data set are not to be printed; a user's own rows are in no catalogue."""
    return datasets.get(name, {}).get("show") == "none"


def _sources(source: Json) -> list[str]:
    """Return the data sets that rows come from: one, or the parts of a mixture."""
    return [source["dataset"], *(part["dataset"] for part in source.get(MIXTURE, {}).get("parts", []))]


def hides_source(source: Json, datasets: Json) -> bool:
    """Return whether rows of a source are not to be printed."""
    return any(hides(name, datasets) for name in _sources(source))


def hidden_rowsets(study: Study, datasets: Json) -> list[str]:
    """Return the rowsets of a study whose rows are not to be printed: all, or those to which such rows are added."""
    rowsets = study.settings["rowsets"]
    if hides_source(study.source, datasets):
        return list(rowsets)
    return [name for name, given in rowsets.items() if any(hides(one, datasets) for one in given.get(ADD, ()))]
