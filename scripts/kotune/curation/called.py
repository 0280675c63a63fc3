"""The rows of a mixture for the tools that show single rows: mixed in a folder that is gone afterwards.

Reads the parts' files and the tokenizer; writes nothing that stays.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from kotune.core.storage import Json, write_parquet
from kotune.curation.mixture import mixed
from kotune.study import called
from kotune.study.mixtures import MIXTURE
from kotune.study.study import Study


def rows_of(study: Study, rowset: str, split: str) -> tuple[list[Json], list[Json]]:
    """Return the rows of one split as `study.called.rows_of` does, and those of train, of a mixture, too."""
    if MIXTURE not in study.source:
        return called.rows_of(study, rowset, split)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        write_parquet(file, mixed(_settings(study))[0])
        return called.rows_of(study, rowset, split, str(file))


def _settings(study: Study) -> Json:
    """Return what `mixture.mixed` is asked; a user's own paths stay as they are."""
    mixture, model = study.source[MIXTURE], next(iter(study.models.values()))
    parts = [{**part, "path": str(study.root / part["path"])} for part in mixture["parts"]]
    parts = [{key: value for key, value in part.items() if key not in ("hub", "own")} for part in parts]
    return {
        "dataset": study.source["dataset"],
        "task": study.source["task"],
        MIXTURE: {**mixture, "parts": parts},
        "tokenizer": {"name": model["name"], "path": str(study.root / model["path"])},
    }
