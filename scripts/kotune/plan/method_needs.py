"""What a method asks of its arm, before anything runs: an adapter to go on from, pairs to learn, a single GPU.

Reads nothing but the plan of a study; writes nothing.
"""

from __future__ import annotations

from kotune.core.errors import UserError
from kotune.core.names import SELECTED
from kotune.core.storage import Json
from kotune.prompts.additions import POINTS
from kotune.rows.pairs import REJECTED
from kotune.study.evaluations import asked_with
from kotune.study.exports import KEY as EXPORT
from kotune.study.study import Study
from kotune.study.wording import prompt_additions
from kotune.training.method import HEAD, ONE_CARD, PAIRS, STARTS, asks


def learns_pairs(study: Study, treatment: Json) -> bool:
    """Return whether the rows that an arm learns have a worse answer besides."""
    if "learns" in treatment:
        return "pairs" in study.sampled[treatment["learns"]]
    return REJECTED in study.task.labels


def check_needs(study: Study, arm: str, treatment: Json) -> None:
    """Raise UserError for an arm that lacks what its recipe's method asks; the study's file and the key are named."""
    recipe, where = treatment["recipe"], f"config/studies/{study.name}.yaml, arm '{arm}'"
    method = recipe["method"]
    if asks(recipe, STARTS) and "from" not in treatment:
        raise UserError(
            f"{where}: the method '{method}' goes on from another arm's adapter; name that arm under `from`"
        )
    if asks(recipe, PAIRS) and not learns_pairs(study, treatment):
        raise UserError(
            f"{where}, rowset: the method '{method}' learns pairs of a better and a worse answer, and "
            f"'{treatment.get('learns', treatment['rowset'])}' has none; name a rowset whose `from` has `pairs`, or "
            "learn rows of the task preference"
        )
    evaluates = recipe["trainer"].get("eval_strategy", "no") != "no"
    if asks(recipe, PAIRS) and evaluates and REJECTED not in study.task.labels:
        raise UserError(
            f"{where}: trainer.eval_strategy of its recipe wants pairs in valid, and the study's rows are none; set "
            "it to no"
        )
    if asks(recipe, HEAD):
        _check_head(study, arm, treatment, where)
    if asks(recipe, ONE_CARD) and treatment["cards"] > 1:
        raise UserError(f"{where}: the method '{method}' trains an adapter on one GPU; take `cards` out of its recipe")


def _check_head(study: Study, arm: str, treatment: Json, where: str) -> None:
    """Raise UserError for an arm that points, where it cannot."""
    method = treatment["recipe"]["method"]
    for prompt in dict.fromkeys((treatment["prompt"], asked_with(treatment))):
        if POINTS not in prompt_additions(prompt, study.root):
            raise UserError(
                f"{where}: the method '{method}' points at answers in a text, and '{prompt}' does not say in which; "
                f"name a variant with `{POINTS}`"
            )
    if arm in study.settings.get(EXPORT, {}).get("arms", []):
        raise UserError(
            f"{where}: the method '{method}' makes no model that writes, which could be taken home; take the arm out "
            f"of `{EXPORT}.arms`"
        )
    starts = [other for other, given in study.arms.items() if given.get("from") == arm]
    if "from" in treatment or starts:
        raise UserError(f"{where}: the method '{method}' begins with an adapter of its own; leave `from` out")
    asked = [one.name for one in study.others if arm in one.arms] + [
        name for name, one in {**study.harness, **study.bias}.items() if arm in one.arms
    ]
    if asked or treatment["models"] == [SELECTED]:
        raise UserError(
            f"{where}: the method '{method}' answers the study's own rows alone, with models that the study names; "
            f"{'take it out of ' + asked[0] if asked else 'name models'}"
        )
