"""The dashboard of a study: a Weights & Biases workspace over the runs that `tracking` logs.

Reads and writes nothing; `workspace` makes the objects, `tools/make_dashboard.py` writes or saves them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.training import tracking

if TYPE_CHECKING:
    from wandb_workspaces.workspaces import Section, Workspace

PROJECT = "kotune"
ARM = "arm"  # the key of a run's configuration that names its arm
COLUMNS = ("best_eval_loss", "final_loss", "tokens_per_second", "peak_memory_gib", "seconds")


def _curves() -> Section:
    """Loss and loss on valid, each run for itself and as the mean of an arm, and what the optimizer did."""
    from wandb_workspaces import workspaces as ws
    from wandb_workspaces.reports import v2 as wr

    panels = []
    for metric, title in (("loss", "loss"), ("eval_loss", "loss on valid")):
        panels.append(wr.LinePlot(title=f"{title}, by run", x="Step", y=[metric]))
        mean = {"groupby": wr.Config(ARM), "groupby_aggfunc": "mean", "groupby_rangefunc": "minmax"}
        panels.append(wr.LinePlot(title=f"{title}, by arm", x="Step", y=[metric], **mean))
    panels.append(wr.LinePlot(title="gradient norm", x="Step", y=["grad_norm"]))
    panels.append(wr.LinePlot(title="learning rate", x="Step", y=["learning_rate"]))
    panels.append(wr.LinePlot(title="tokens trained on", x="Step", y=["tokens", "target_tokens"]))
    return ws.Section(name="Curves", panels=panels, is_open=True)


def _results() -> Section:
    from wandb_workspaces import workspaces as ws
    from wandb_workspaces.reports import v2 as wr

    bars = [("best_eval_loss", "lowest loss on valid"), ("final_loss", "last loss")]
    panels = [wr.BarPlot(title=title, metrics=[wr.SummaryMetric(metric)]) for metric, title in bars]
    return ws.Section(name="Results", panels=[wr.RunComparer(diff_only="split"), *panels], is_open=True)


def _costs() -> Section:
    from wandb_workspaces import workspaces as ws
    from wandb_workspaces.reports import v2 as wr

    bars = [("peak_memory_gib", "peak memory, GiB"), ("tokens_per_second", "tokens/s"), ("seconds", "seconds")]
    panels = [wr.BarPlot(title=title, metrics=[wr.SummaryMetric(metric)]) for metric, title in bars]
    return ws.Section(name="Memory and speed", panels=panels, is_open=True)


def _samples() -> Section:
    from wandb_workspaces import workspaces as ws
    from wandb_workspaces.reports import v2 as wr

    panels = [wr.WeavePanelSummaryTable(table_name=name) for name in (tracking.SAMPLES, tracking.EXAMPLES)]
    return ws.Section(name="Samples", panels=panels, is_open=True)


def workspace(study: str, settings: Json, scale: str | None = None) -> Workspace:
    """Return the workspace of a study; ``settings``: entity (a user or team of W&B) and project.

    It shows the runs of the study, of one ``scale`` where it is named; the columns beside their names are what a run
    ends with.
    """
    from wandb_workspaces import workspaces as ws

    return ws.Workspace(
        entity=settings["entity"],
        project=settings.get("project", PROJECT),
        name=f"{study}: trainings",
        sections=[_curves(), _results(), _costs(), _samples()],
        runset_settings=ws.RunsetSettings(
            filters=[ws.Config(key) == value for key, value in (("study", study), ("scale", scale)) if value],
            order=[ws.Ordering(ws.Summary("best_eval_loss"), ascending=True)],
            pinned_columns=["config:scale", f"config:{ARM}", "config:seed", *(f"summary:{name}" for name in COLUMNS)],
        ),
    )


def save(made: Workspace) -> str:
    """Save a workspace online and return its address; UserError where that cannot be."""
    if not os.environ.get("WANDB_API_KEY"):
        raise UserError(
            "WANDB_API_KEY is not set, and a workspace is saved online with it; set it, or give --output FILE to write "
            "the workspace as JSON"
        )
    try:
        return made.save().url
    except Exception as error:  # wandb's client raises many kinds
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise UserError(f"W&B did not take the workspace of {made.entity}/{made.project}: {reason}") from error


def spec(made: Workspace) -> Json:
    """Return a workspace as the JSON that wandb's client would send, with its panels numbered, not named at random."""
    view = made._to_model()
    content = view.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    for place, section in enumerate(content["section"]["panelBankConfig"]["sections"]):
        for number, panel in enumerate(section["panels"]):
            panel["__id__"] = f"panel{place}{number}"
    for runs in content["section"]["runSets"]:
        runs["id"] = "runs"
    return {"entity": view.entity, "project": view.project, "displayName": view.display_name, "spec": content}
