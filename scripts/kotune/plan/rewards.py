"""What trainings that learn from rewards are asked: which rows they answer, and what says how much an answer earns.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.catalogue import entry
from kotune.core.errors import UserError
from kotune.core.names import OWN, TRAIN
from kotune.core.storage import Json
from kotune.plan import paths
from kotune.plan.paths import Plan, Treatment
from kotune.rows.tried import ENTRY, TESTS
from kotune.study import metrics, wording
from kotune.study.evaluations import Evaluation
from kotune.study.study import Study
from kotune.training.method import ROWS, asks

PRACTICE, REWARD = "practice", "reward"
JUDGED_BY = {metrics.GOLD, metrics.TESTS, metrics.ISOLATION}  # what a reward may need


def rewarded(study: Study, arm: str) -> bool:
    """Return whether an arm learns from what its own answers earn."""
    return study.trains(arm) and asks(study.arms[arm]["recipe"], ROWS)


def practised(study: Study, arm: str) -> Evaluation:
    """Return the evaluation whose rows an arm answers while it learns; `own` for the train rows of its rowset."""
    return study.evaluations[study.arms[arm].get(PRACTICE, OWN)]


def told(study: Study, arm: str) -> Json:
    """Return what a job is told of its reward: how it is computed, and of which columns."""
    asked, metric = practised(study, arm), metrics.metric_named(study.arms[arm]["recipe"]["arguments"][REWARD])
    needs = [asked.task.gold] if metrics.GOLD in metric.needs else []
    needs += [TESTS, ENTRY] if metrics.TESTS in metric.needs else []
    return {
        "name": metric.name,
        "function": metric.function,
        "gold": asked.task.gold,
        "needs": needs,
        "cleanup": wording.generation_at(study, asked.name).get("cleanup") or {},
    }


def prompts(plan: Plan, study: str, treatment: Treatment) -> str:
    """Return the prompts that a treatment answers while it learns."""
    model, arm, _ = treatment
    asked = practised(plan.named(study), arm)
    if asked.name == OWN:
        return f"{paths.learned_folder(plan, study, treatment)}/{TRAIN}.parquet"
    return f"{paths.prompt_folder(plan, study, model, arm, asked.name)}/{asked.answered[0]}.parquet"


def rows(plan: Plan, study: str, treatment: Treatment) -> str:
    """Return the rows that those prompts were rendered from."""
    model, arm, seed = treatment
    one = plan.named(study)
    asked, learns = practised(one, arm), one.arms[arm].get("learns")
    if asked.name != OWN:
        return paths.rows(plan, study, asked.answered, asked.name)[0]
    if learns is None:
        return plan.under_owner(study, f"rows/{one.arms[arm]['rowset']}/{TRAIN}.parquet")
    samples = f"{learns}/{model}/{one.sampled[learns]['arm']}/seed{one.samples_seed(learns, seed)}"
    return plan.under(study, f"rows/{samples}/{TRAIN}.parquet")


def held(plan: Plan, study: str, arm: str) -> list[str]:
    """Return the study's own rows that are evaluated, where an arm answers others than its own train rows."""
    one = plan.named(study)
    return [] if practised(one, arm).name == OWN else paths.rows(plan, study, one.evaluated)


def isolates(study: Study) -> bool:
    """Return whether a study runs programs that nobody has read: to score answers, or to reward them."""
    rewards = (
        treatment["recipe"].get("arguments", {}).get(REWARD)
        for arm, treatment in study.arms.items()
        if not study.untuned(arm)
    )
    known = [name for name in rewards if name in metrics.METRICS]
    return any(metrics.isolates(one.metrics) for one in study.evaluations.values()) or metrics.isolates(known)


def check(study: Study, arm: str) -> None:
    """Raise UserError for a reward that an arm's rows cannot have, and for rows that it cannot practise on."""
    where, treatment = f"config/studies/{study.name}.yaml, arm '{arm}'", study.arms[arm]
    name = treatment.get(PRACTICE)
    if not rewarded(study, arm):
        if name is not None:
            method = treatment["recipe"]["method"]
            raise UserError(f"{where}, key '{PRACTICE}': its method '{method}' answers no rows; leave it out")
        return
    if name is not None:
        others = {one.name: one for one in study.others}
        asked = entry(others, name, "evaluation", f"{where}, key '{PRACTICE}'")
        if len(asked.answered) != 1:
            splits = " and ".join(asked.answered)
            raise UserError(
                f"{where}, key '{PRACTICE}': '{name}' asks rows of {splits}; name an evaluation of one split"
            )
    asked, reward = practised(study, arm), treatment["recipe"]["arguments"][REWARD]
    metric = entry(metrics.METRICS, reward, "metric", f"{where}, {REWARD} of its recipe")
    place = f"{where}, {REWARD} of its recipe: '{reward}'"
    lacking = [need for need in metric.needs if need not in JUDGED_BY]
    if lacking:
        raise UserError(f"{place} needs {lacking[0]}, which a training has not; take another metric")
    if metrics.TESTS in metric.needs and TESTS not in asked.task.labels:
        raise UserError(f"{place} runs tests, and the rows that it answers have none; take a metric of their task")
    if asked.reasoning:
        raise UserError(f"{place}: answers have reasoning behind them, and a reward looks at an answer alone")
