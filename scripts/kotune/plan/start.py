"""What happens once a run: checks when Snakemake reads the workflow, how the terminal is written to, settings for jobs.

Reads the configuration and what it names; changes the configuration (seeds become numbers), Snakemake's log handlers
and the resource gpu, and prints what the run needs.
"""

from __future__ import annotations

import gc
import sys
from functools import partial
from pathlib import Path
from typing import Any

from kotune.core import gpu_pool, relay
from kotune.core.catalogue import CATALOGUES, check, read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import Json
from kotune.plan import (
    copies,
    exports,
    failures,
    harness,
    leaks,
    model_cards,
    perplexity,
    recipes,
    rewards,
    settings_files,
)
from kotune.plan.families import check_resamples
from kotune.plan.paths import Plan
from kotune.rehearsal.needs import needs_of
from kotune.sandbox import running
from kotune.study import checks, resolve, scales
from kotune.study.model_entries import check_entries
from kotune.study.study import Study


def plan_of(config: Json, root: Path, place: Path = ROOT) -> Plan:
    """Return the plan that a configuration asks for; UserError says what is wrong with it.

    ``place``: the folder in which config/ lies, with what it names.
    """
    check(dict(config), "config", "configuration (config/ and --config)")
    check_entries(config)
    studies = {name: resolve.study_at(name, config, place) for name in config["studies"]}
    studies, left_out = isolated(studies)
    shared = {study.owner: None for study in studies.values() if study.owner not in studies}
    behind = {name: resolve.study_at(name, config, place) for name in shared}
    checks.check_names(config, [*studies, *behind], place)
    checks.check_brought(config, studies.values(), place)
    for study in [*studies.values(), *behind.values()]:
        checks.check_study(study, config)
        recipes.check_recipes(study, config)
        leaks.check(study, config["studies"])
        copies.check(study)
        perplexity.check(study)
        exports.check_export(study, config)
        model_cards.check(study)
    for study in studies.values():
        check_resamples(study)
    checks.check_files([*studies.values(), *behind.values()])
    failures.check_places(
        [".snakemake", *(f"results/{config['scale']}/{name}" for name in [*studies, *behind, "logs", "settings"])]
    )
    plan = Plan(studies, config, scales.lens_at(config["scale"], place), root, behind, left_out)
    harness.check(plan)
    return plan


def isolated(studies: dict[str, Study]) -> tuple[dict[str, Study], dict[str, str]]:
    """Return the studies that can be run here, and of the others why they cannot: they run programs nobody has read.

    Raises UserError where none is left.
    """
    asking = [name for name, one in studies.items() if rewards.isolates(one)]
    why = running.refusal() if asking else None
    if why is None:
        return studies, {}
    if len(asking) == len(studies):
        raise UserError(f"{', '.join(asking)}: {why}")
    return {name: one for name, one in studies.items() if name not in asking}, dict.fromkeys(asking, why)


def check_catalogues(root: Path) -> None:
    """End the run in one line where Snakemake could not read a file of the configuration, and would not say which."""
    try:
        for name in CATALOGUES:
            read_yaml(root / "config" / f"{name}.yaml")
    except UserError as error:
        sys.exit(f"error: {error}")


def _speak(workflow: Any) -> failures.OneLine:
    """Show jobs that failed by their reason, and what jobs relay, on Snakemake's terminal."""
    one_line = failures.OneLine()
    if workflow.is_main_process:
        failures.log_without_room()
    for handler in workflow.logger_manager.get_log_handlers():
        handler.addFilter(one_line)
        if getattr(handler, "console", None) and handler.console.is_terminal:
            relay.listen(partial(handler.console.out, highlight=False))
    return one_line


def check_python(python: str) -> None:
    """Raise UserError for a Python that jobs on other machines could not be started with.

    Snakemake puts its path into their scripts as it is, so that a shell takes a path with a space for two words.
    """
    if " " in python:
        environment = Path(python).parent.parent
        raise UserError(
            f"{python}: jobs on a cluster cannot be started with a Python whose path holds a space; link its "
            f"environment and start through the link: ln -s '{environment}' ~/kotune-venv; "
            "~/kotune-venv/bin/python -m snakemake …"
        )


def begin(workflow: Any) -> None:
    """Hand the jobs of a run their settings, before the first of them; where it cannot begin it ends in one line."""
    from snakemake_interface_executor_plugins.settings import SharedFSUsage

    own = SharedFSUsage.SOFTWARE_DEPLOYMENT in workflow.storage_settings.shared_fs_usage
    if own and not workflow.executor_plugin.common_settings.local_exec:
        try:
            check_python(sys.executable)
        except UserError as error:
            sys.exit(f"error: {error}")
    settings_files.write(workflow.dag.needrun_jobs())


def _jobs_on_a_card() -> int:
    """Return how many jobs may share a card; what cannot be ends the run."""
    try:
        return gpu_pool.jobs_a_card()
    except UserError as error:
        sys.exit(f"error: {error}")


def start(workflow: Any, config: Json) -> tuple[Plan, failures.OneLine]:
    """Return the plan of a run, and the filter of its failures; a mistake in the configuration ends the run here."""
    # A plan of a thousand arms makes millions of objects that all stay: looking for garbage in them took a tenth of it.
    gc.set_threshold(100_000, 50, 50)
    config.update(scales.with_whole_numbers(config))
    try:
        for path in workflow.configfiles:  # Snakemake has read them, and of two equal keys kept the last
            read_yaml(path)
        plan = plan_of(config, Path(workflow.basedir))
    except UserError as error:
        sys.exit(f"error: {error}")
    one_line = _speak(workflow)
    if workflow.is_main_process:
        for name, why in plan.left_out.items():
            print(f"needs: {name} is left out: it needs isolation, and {why}", file=sys.stderr)
        for need in needs_of(plan.studies.values(), config):
            print(f"needs: {need}", file=sys.stderr)
        cards = [note for study in plan.studies.values() for note in model_cards.notes(study)]
        for note in (*harness.check(plan), *cards):
            print(f"note: {note}", file=sys.stderr)
        # One machine runs one GPU job at a time, or as many as may share its card, unless --resources gpu=N says that
        # it has more cards; a cluster counts its own.
        if workflow.resource_settings.nodes is None and "gpu" not in workflow.global_resources:
            workflow.register_resource("gpu", _jobs_on_a_card())
    return plan, one_line
