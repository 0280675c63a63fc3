"""What a method asks of its arm, before anything runs: an adapter to go on from, pairs to learn, a single GPU.

Reads nothing but the plan of a study; writes nothing.
"""

from __future__ import annotations

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.rows.pairs import REJECTED
from kotune.study.study import Study
from kotune.training.method import ONE_CARD, PAIRS, STARTS, asks


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
    if asks(recipe, ONE_CARD) and treatment["cards"] > 1:
        raise UserError(f"{where}: the method '{method}' trains an adapter on one GPU; take `cards` out of its recipe")
