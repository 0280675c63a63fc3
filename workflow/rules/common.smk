# How rules ask the package `plan` what their jobs read and are told; no rules, and nothing computed here.
import os
from shlex import quote

from snakemake.io import report as in_report

from kotune.core.names import SPLITS
from kotune.forks import start as forks
from kotune.plan import (
    answers,
    bias,
    choice,
    copies,
    data,
    explorer,
    exports,
    harness,
    items,
    judges,
    leaks,
    mixtures,
    model_cards,
    models,
    panel,
    paths,
    perplexity,
    preferences,
    preflight,
    prompts,
    quality,
    rehearsal,
    samples,
    scores,
    start,
    training,
)
from kotune.plan import report as reports
from kotune.plan.paths import as_json
from kotune.report import (
    bias_names,
    figures,
    harness_names,
    inputs as report_inputs,
    mixture_names,
    panel_names,
    quality_names,
    sampled_names,
)
from kotune.report.tables import contents

PLAN, ONE_LINE = start.start(workflow, config)
RESULTS, LENS = PLAN.results, PLAN.lens
COMPUTE = as_json({name: LENS["compute"][name] for name in ("device", "threads")})


onstart:
    start.begin(workflow)
    preflight.begin(PLAN, workflow.dag.needrun_jobs())
    judges.begin(PLAN, workflow.dag.needrun_jobs())
    forks.begin(workflow, LENS["compute"], config.get("fork_server", True), workflow.dag.needrun_jobs())


onerror:
    ONE_LINE.stop(f"{RESULTS}/logs")


wildcard_constraints:
    **paths.constraints(PLAN),


def beside(path):
    """Return a path of the repository relative to the work folder, so that moving the repository reruns nothing."""
    return PLAN.beside(path)


def cli(rule):
    """Return the path of a rule's script; seen from another folder it may hold a space, so commands quote it."""
    return paths.cli(PLAN, rule)


def code(rule, also=None):
    """Return the hash of a rule's code; a function of wildcards where a job's settings may name modules (``also``)."""
    if also is None:
        return paths.code(PLAN, rule)
    return lambda wildcards: paths.code(PLAN, rule, also(PLAN, wildcards))


def of_job(function, *more):
    """Return an input function, or one of params: what a function of the package `plan` says of a job."""
    return lambda wildcards: function(PLAN, wildcards, *more)


def settings_of_job(function):
    """Return a function of params: settings of a job as the JSON text that is compared between runs."""
    return lambda wildcards: as_json(function(PLAN, wildcards))


def settings_folder(names):
    """Return the folder of the files by which a job is handed its settings; it is named as the job's log."""
    return f"{RESULTS}/settings/{names}"


def own_or_selected(own, part):
    """Return a function of params: the file of a part of the settings, the job's own or the selected model's."""
    return lambda wildcards: models.own_or_selected(PLAN, wildcards, own, part)


def by_attempt(value):
    """Return a resource that grows with each attempt, for a job that had too little (`retries` of a cluster's profile)."""
    return lambda wildcards, attempt: value * attempt


def option(name, files):
    """Return a function of params: an option with the file that a function of `plan` names, or nothing."""
    return lambda wildcards: " ".join(f"{name} {file}" for file in files(PLAN, wildcards))


def shown_table(table):
    """Return a table's page for report.html, with its caption."""
    return in_report(
        f"results/{{scale}}/{{study}}/tables/{table}.html",
        caption=f"../report/table-{table}.rst",
        category="{study}",
        subcategory="Tables",
        labels={"table": table},
    )


def shown_figure(figure):
    """Return a figure for report.html, with its caption."""
    return in_report(
        f"results/{{scale}}/{{study}}/figures/{figure}.svg",
        caption=f"../report/figure-{figure}.rst",
        category="{study}",
        subcategory="Figures",
        labels={"figure": figure},
    )
