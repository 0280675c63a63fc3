"""What the comparison of ways to split a study's rows is asked (`copies` of a study), and which files it reads.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.errors import UserError
from kotune.core.names import SUBMISSION
from kotune.core.storage import Json
from kotune.curation.copied_answers import BY_QUESTION
from kotune.plan.paths import Plan, Wildcards, rows
from kotune.study.study import Study

KEY = "copies"


def settings(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what is split anew, and by which shares."""
    study = plan.study(wildcards)
    split = study.settings["split"]
    asked = [name for name in study.task.names if name not in study.task.turns]
    shares = {key: split[key] for key in ("valid", "test", "seed")}
    return {"columns": asked, "gold": study.task.gold, "split": shares, "by": split.get("by", BY_QUESTION)}


def files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of the rows of all splits."""
    study = plan.study(wildcards)
    return rows(plan, study.name, [split for split in study.splits if split != SUBMISSION])


def check(study: Study) -> None:
    """Raise UserError for a study whose rows are not split here."""
    if study.settings.get(KEY) and "split" not in study.settings:
        raise UserError(
            f"config/studies/{study.name}.yaml, {KEY}: it compares ways to split rows; say shares under the key 'split'"
        )
