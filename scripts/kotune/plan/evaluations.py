"""What an evaluation asks of the arms of a study: which rows, in which prompt, scored by which metrics.

A study's own rows are its evaluation `own`. Another one is one more case of `evaluation_of`: paths, prompts, rows
and metrics of jobs follow from it.

Reads and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from kotune.core.names import OWN
from kotune.core.storage import Json
from kotune.study.study import Study


@dataclass(frozen=True)
class Evaluation:
    """What is asked: a rowset, the splits of it that are answered and those that are scored, and the metrics.

    ``prompt``: the prompt variant in which it is asked; None where each arm is asked in its own.
    """

    name: str
    rowset: str
    prompt: str | None
    answered: list[str]
    evaluated: list[str]
    metrics: list[str]

    @property
    def skipped(self) -> Json:
        """The setting that leaves out splits without gold answers; nothing where there are none."""
        without = [split for split in self.answered if split not in self.evaluated]
        return {"skip_splits": without} if without else {}


def evaluations(study: Study) -> list[str]:
    """Return the names of the evaluations that a study's arms are asked."""
    return [OWN]


def evaluation_of(study: Study, name: str = OWN) -> Evaluation:
    """Return an evaluation of a study; the rows of its own are those of its first arm."""
    rowset = next(iter(study.arms.values()))["rowset"]
    return Evaluation(OWN, rowset, None, study.answered, study.evaluated, study.settings["metrics"])
