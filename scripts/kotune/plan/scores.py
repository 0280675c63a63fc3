"""What scoring and comparing are asked, and which files they read.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import BASE, OWN, SELECTED, VALID
from kotune.core.storage import Json
from kotune.plan import models
from kotune.plan.answers import all_treatments
from kotune.plan.paths import Plan, Treatment, Wildcards, answers_file, one_of, rows, scores_file
from kotune.rows.task import learned_columns
from kotune.scoring.gaps import gap_of
from kotune.study import comparisons, metrics
from kotune.study.evaluations import Evaluation
from kotune.study.origins import hub_folder

# what is compared: what a selection is made on, or everything, or what was asked an evaluation besides
CANDIDATES, STATISTICS, EVALUATIONS = "candidates", "statistics", "evaluations/"


def comparable(plan: Plan) -> str:
    """Return the pattern of the wildcard `compared`: the names of the files that a comparison may be written to."""
    names = {one.name for study in plan.every for one in study.others}
    return one_of([CANDIDATES, STATISTICS, *(f"{EVALUATIONS}{name}" for name in names)])


def _asked(plan: Plan, wildcards: Wildcards) -> Evaluation:
    """Return the evaluation that a job scores or compares."""
    of = getattr(wildcards, "compared", "")
    if of.startswith(EVALUATIONS):
        return plan.study(wildcards).evaluations[of.removeprefix(EVALUATIONS)]
    return plan.evaluation(wildcards)


def evaluation_rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows that answers are scored against; those of the study's own evaluation where none is named."""
    asked = _asked(plan, wildcards)
    return rows(plan, wildcards.study, asked.splits, asked.name)


def embedder_of(plan: Plan, embedder: Json) -> Json:
    """Return an embedder's settings; one from the hub is read from its snapshot."""
    if "hub_id" not in embedder:
        return embedder
    return {**embedder, "path": plan.beside(hub_folder("models", embedder["name"]))}


def embedder_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the file that an evaluation's embedder depends on; nothing where no metric needs one."""
    asked = plan.evaluation(wildcards)
    path = embedder_of(plan, asked.embedder).get("path") if metrics.embeds(asked.metrics) else None
    return [f"{path}/snapshot.json"] if path else []


def scoring(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what scoring an answer file is asked."""
    asked = plan.evaluation(wildcards)
    return {
        "metrics": metrics.asked(asked.metrics),
        "told": asked.primary_metric,
        **learned_columns(asked.task),
        **({"embedder": embedder_of(plan, asked.embedder)} if metrics.embeds(asked.metrics) else {}),
        "cache": f"{plan.results}/embeddings",
        **({"golden": asked.golden} if asked.by else {}),
        **asked.skipped,
    }


def modules(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the dotted names of the functions that score: the study's own metrics, and no others."""
    return metrics.functions(plan.evaluation(wildcards).metrics)


def compared(plan: Plan, wildcards: Wildcards) -> list[Treatment]:
    """Return (model, arm, seed) of what is compared: everything that was asked, or what the selection is made on."""
    study, asked = plan.study(wildcards), _asked(plan, wildcards)
    if asked.name != OWN:
        return study.asked(asked.name)
    return study.candidates_treatments() if wildcards.compared == CANDIDATES else all_treatments(study)


def files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the score files that are compared."""
    evaluation = _asked(plan, wildcards).name
    return [scores_file(plan, wildcards.study, one, evaluation) for one in compared(plan, wildcards)]


def answers(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the answers to an evaluation that its table counts, in the order of their labels."""
    evaluation = _asked(plan, wildcards).name
    return [answers_file(plan, wildcards.study, one, evaluation) for one in compared(plan, wildcards)]


def answers_folder(plan: Plan, wildcards: Wildcards) -> str:
    """Return the folder of those answers."""
    return plan.under(wildcards.study, f"answers/{_asked(plan, wildcards).name}")


def selected_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the selected model's settings, where its base is compared with what it was tuned to."""
    study = plan.study(wildcards)
    asked = _asked(plan, wildcards).arms
    tuned = any(SELECTED in study.arms[arm]["models"] for arm in asked)
    compares = getattr(wildcards, "compared", "") != CANDIDATES and tuned and BASE in asked
    return [models.selected_file(plan, wildcards, models.MODEL)] if compares else []


def labels(plan: Plan, wildcards: Wildcards) -> list[Json]:
    """Return whose scores each compared file holds.

    The base of `selected` was scored under the model's own name: its label names the file that says which model. Of an
    arm that another study shares, the label names the folder in which its scores lie.
    """
    study, evaluation = plan.study(wildcards), _asked(plan, wildcards).name
    named = []
    for model, arm, seed in compared(plan, wildcards):
        shared = evaluation == OWN and arm in study.shared_arms
        folder = {"folder": plan.under_arm(study.name, arm, f"scores/{evaluation}")} if shared else {}
        named.append({"model": model, "arm": arm, "seed": seed, **folder})
    seeds = study.seeds[:1]
    return named + [
        {"model": SELECTED, "arm": BASE, "seed": seed, "scores_of": file}
        for file in selected_file(plan, wildcards)
        for seed in seeds
    ]


def compared_metrics(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the metrics that are compared by: all, or the one that the selection is made by."""
    asked = _asked(plan, wildcards)
    return [asked.primary_metric] if wildcards.compared == CANDIDATES else asked.metrics


def aggregates(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the dotted names of the aggregates of the metrics that are compared by."""
    return metrics.aggregates(compared_metrics(plan, wildcards))


def comparing(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what a comparison is asked."""
    study, asked = plan.study(wildcards), _asked(plan, wildcards)
    if wildcards.compared == CANDIDATES:
        splits, pairs = [VALID], comparisons.candidates_comparisons(study)
    else:
        splits, pairs = asked.splits, comparisons.comparisons_of(study, asked.name)
    aggregated = metrics.aggregated(compared_metrics(plan, wildcards))
    return {
        "metrics": [{**one, "golden": True} if asked.by and one["name"] in asked.golden else one for one in aggregated],
        "splits": splits,
        "comparisons": pairs,
        **({"untuned": untuned} if (untuned := [arm for arm in study.arms if study.untuned(arm)]) != [BASE] else {}),
        "overlong": study.overlong,
        "primary_metric": asked.primary_metric,
        **_gap(asked, wildcards.compared),
        **_groups(asked),
        **study.settings["statistics"],
    }


def _gap(asked: Evaluation, compared: str) -> Json:
    """Return the two splits between which the fall of scores is measured, where a study has such."""
    found = gap_of(asked.splits) if compared != CANDIDATES and asked.name == OWN else []
    return {"gap": found} if found else {}


def _groups(asked: Evaluation) -> Json:
    """Return what parts the rows, where an evaluation counts by group."""
    return {"by": asked.by, "gold": asked.task.gold} if asked.by else {}


def folder(plan: Plan, wildcards: Wildcards) -> str:
    """Return the folder of the scores that are compared."""
    return plan.under(wildcards.study, f"scores/{_asked(plan, wildcards).name}")
