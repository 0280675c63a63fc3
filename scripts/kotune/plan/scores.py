"""What scoring and comparing are asked, and which files they read.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import BASE, OWN, SELECTED
from kotune.core.storage import Json
from kotune.plan import models
from kotune.plan.answers import all_treatments, skipped_splits
from kotune.plan.paths import Plan, Treatment, Wildcards, rows, scores_file
from kotune.rows.task import learned_columns
from kotune.study import comparisons, metrics
from kotune.study.origins import hub_folder

CANDIDATES, STATISTICS = "candidates", "statistics"  # what is compared: what a selection is made on, or everything


def evaluation_rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows that answers are scored against; those of the study's own evaluation where none is named."""
    evaluation = getattr(wildcards, "evaluation", OWN)
    return rows(plan, wildcards.study, plan.study(wildcards).evaluated, evaluation)


def embedder_of(plan: Plan, embedder: Json) -> Json:
    """Return an embedder's settings; one from the hub is read from its snapshot."""
    if "hub_id" not in embedder:
        return embedder
    return {**embedder, "path": plan.beside(hub_folder("models", embedder["name"]))}


def embedder_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the file that a study's embedder depends on."""
    path = embedder_of(plan, plan.study(wildcards).embedder).get("path")
    return [f"{path}/snapshot.json"] if path else []


def scoring(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what scoring an answer file is asked."""
    study = plan.study(wildcards)
    return {
        "metrics": metrics.asked(study.settings["metrics"]),
        "told": study.settings["primary_metric"],
        **learned_columns(study.task),
        "embedder": embedder_of(plan, study.embedder),
        "cache": f"{plan.results}/embeddings",
        **skipped_splits(study),
    }


def modules(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the dotted names of the functions that score: the study's own metrics, and no others."""
    return metrics.functions(plan.study(wildcards).settings["metrics"])


def compared(plan: Plan, wildcards: Wildcards) -> list[Treatment]:
    """Return (model, arm, seed) of what is compared: everything, or what the selection is made on."""
    study = plan.study(wildcards)
    return study.candidates_treatments() if wildcards.compared == CANDIDATES else all_treatments(study)


def files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the score files that are compared."""
    return [scores_file(plan, wildcards.study, one) for one in compared(plan, wildcards)]


def selected_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the selected model's settings, where its base is compared with what it was tuned to."""
    compares = wildcards.compared == STATISTICS and plan.study(wildcards).tunes_the_selected
    return [models.selected_file(plan, wildcards, models.MODEL)] if compares else []


def labels(plan: Plan, wildcards: Wildcards) -> list[Json]:
    """Return whose scores each compared file holds.

    The base of `selected` was scored under the model's own name: its label names the file that says which model.
    """
    named = [{"model": model, "arm": arm, "seed": seed} for model, arm, seed in compared(plan, wildcards)]
    seeds = plan.study(wildcards).seeds[:1]
    return named + [
        {"model": SELECTED, "arm": BASE, "seed": seed, "scores_of": file}
        for file in selected_file(plan, wildcards)
        for seed in seeds
    ]


def compared_metrics(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the metrics that are compared by: all, or the one that the selection is made by."""
    settings = plan.study(wildcards).settings
    return [settings["primary_metric"]] if wildcards.compared == CANDIDATES else settings["metrics"]


def aggregates(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the dotted names of the aggregates of the metrics that are compared by."""
    return metrics.aggregates(compared_metrics(plan, wildcards))


def comparing(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what a comparison is asked."""
    study = plan.study(wildcards)
    candidates = wildcards.compared == CANDIDATES
    pairs = comparisons.candidates_comparisons(study) if candidates else comparisons.comparisons_of(study)
    return {
        "metrics": metrics.aggregated(compared_metrics(plan, wildcards)),
        "splits": ["valid"] if candidates else study.evaluated,
        "comparisons": pairs,
        **study.settings["statistics"],
    }


def folder(plan: Plan, wildcards: Wildcards) -> str:
    """Return the folder of the scores of a study's own evaluation."""
    return plan.under(wildcards.study, f"scores/{OWN}")
