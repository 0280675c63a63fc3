"""Which arms of a study get a model card for each of their adapters (`model_cards` of a study).

Reads and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kotune.study.study import Study

KEY = "model_cards"


def adapters_of(study: Study) -> list[tuple[str, str, int]]:
    """Return (model, arm, seed) of each adapter that a study asks a card of."""
    return [
        (model, arm, seed)
        for arm in study.settings.get(KEY, ())
        for model in study.arms[arm]["models"]
        for seed in study.seeds_of(arm)
    ]
