"""Rewards: what a training gives for an answer, which is what a metric says of it.

Takes answer lines and rows; runs what the metric runs (programs in the sandbox); reads and writes nothing. An answer
that could not be judged has no reward, never the reward 0; several in a row end the job.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kotune.core.dotted import loaded
from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.scoring.given import Given

IN_A_ROW = 5  # so many answers without a reward, one after another, end the job


@dataclass
class Rewards:
    """What gives the rewards of a training.

    ``asked``: the metric, {"name", "function": dotted name, "gold": the rows' column}. ``outcomes``: how often each
    came, where the metric tells outcomes. ``missed``: answers without a reward since the last that had one.
    """

    asked: Json
    outcomes: Counter[str] = field(default_factory=Counter)
    missed: int = 0

    def state(self) -> Json:
        """Return what a checkpoint keeps."""
        return {"outcomes": dict(sorted(self.outcomes.items())), "missed": self.missed}

    def restore(self, state: Json) -> None:
        """Take up what a checkpoint kept."""
        self.outcomes, self.missed = Counter(state["outcomes"]), state["missed"]

    def of(self, lines: Sequence[Json], rows: Sequence[Json]) -> list[float | None]:
        """Return each line's reward, None where there is none; ``rows``: the row of each line.

        Raises UserError for a reward that is not a number, and where `IN_A_ROW` in a row have none.
        """
        given = Given(self.asked["name"], self.asked["gold"], None, may_miss=True)
        made = loaded(self.asked["function"])(lines, rows, given)
        found = [self._value(one, line) for one, line in zip(made, lines, strict=True)]
        for line, value in zip(lines, found, strict=True):
            self.missed = self.missed + 1 if value is None else 0
            if self.missed >= IN_A_ROW:
                raise UserError(
                    f"reward '{self.asked['name']}': {self.missed} answers in a row could not be judged, the last to "
                    f"the row '{line['id']}'; none counts as wrong: run the job again when programs can be run here"
                )
        return found

    def _value(self, made: Any, line: Json) -> float | None:
        """Return the value of what a metric said of a line."""
        value = made
        if isinstance(made, dict):
            value = made["value"]
            if "outcome" in made:
                self.outcomes[made["outcome"]] += 1
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise UserError(
                f"reward '{self.asked['name']}' of an answer to the row '{line['id']}' is {value!r}, which is no number"
            )
        return float(value)
