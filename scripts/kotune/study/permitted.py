"""What the licence of a data set forbids (`forbids` of its entry in config/datasets.yaml). Reads and writes nothing."""

from __future__ import annotations

from kotune.core.errors import UserError
from kotune.core.storage import Json

TRAINING = "training"


def check_learning(name: str, dataset: Json, where: str) -> None:
    """Raise UserError, beginning with ``where``, for a data set whose licence forbids to train a model on it."""
    if TRAINING in dataset.get("forbids", ()):
        terms = f": {dataset['terms']}" if "terms" in dataset else ""
        raise UserError(
            f"{where}: the licence of '{name}' ({dataset.get('licence', 'not stated')}) forbids to train on it{terms}; "
            "learn another data set, and ask this one as an evaluation"
        )
