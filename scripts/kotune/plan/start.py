"""What happens once when Snakemake reads the workflow: checks of the configuration, and how the terminal is written to.

Reads the configuration and what it names; changes the configuration (seeds become numbers), Snakemake's log handlers
and the resource gpu, and prints what the run needs.
"""

from __future__ import annotations

import gc
import sys
from functools import partial
from pathlib import Path
from typing import Any

from kotune.core import relay
from kotune.core.catalogue import check
from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.plan import failures
from kotune.plan.paths import Plan
from kotune.rehearsal.needs import needs_of
from kotune.study import checks, resolve, scales


def plan_of(config: Json, root: Path) -> Plan:
    """Return the plan that a configuration asks for; UserError says what is wrong with it."""
    check(dict(config), "config", "configuration (config/ and --config)")
    studies = {name: resolve.study_at(name, config) for name in config["studies"]}
    checks.check_files(studies.values())
    failures.check_places(
        [".snakemake", *(f"results/{config['scale']}/{name}" for name in [*studies, "logs", "settings"])]
    )
    return Plan(studies, config, scales.lens_at(config["scale"]), root)


def _speak(workflow: Any) -> failures.OneLine:
    """Show jobs that failed by their reason, and what jobs relay, on Snakemake's terminal."""
    one_line = failures.OneLine()
    for handler in workflow.logger_manager.get_log_handlers():
        handler.addFilter(one_line)
        if getattr(handler, "console", None) and handler.console.is_terminal:
            relay.listen(partial(handler.console.out, highlight=False))
    return one_line


def check_program(program: str) -> None:
    """Raise UserError where a cluster's jobs could not start this Python: Snakemake does not quote its path there."""
    if any(letter.isspace() for letter in program):
        raise UserError(
            f"{program}: a cluster's jobs cannot start a Python whose path has a space; link to its environment from a "
            "folder without one, and run the snakemake of that link (docs/clusters.md)"
        )


def start(workflow: Any, config: Json) -> tuple[Plan, failures.OneLine]:
    """Return the plan of a run, and the filter of its failures; a mistake in the configuration ends the run here."""
    # A plan of a thousand arms makes millions of objects that all stay: looking for garbage in them took a tenth of it.
    gc.set_threshold(100_000, 50, 50)
    config.update(scales.with_whole_numbers(config))
    try:
        if workflow.is_main_process and workflow.resource_settings.nodes is not None:
            check_program(sys.executable)
        plan = plan_of(config, Path(workflow.basedir))
    except UserError as error:
        sys.exit(f"error: {error}")
    one_line = _speak(workflow)
    if workflow.is_main_process:
        for need in needs_of(plan.studies.values(), config):
            print(f"needs: {need}", file=sys.stderr)
        # One machine runs one GPU job at a time unless --resources gpu=N says that it has more cards; a cluster counts
        # its own.
        if workflow.resource_settings.nodes is None and "gpu" not in workflow.global_resources:
            workflow.register_resource("gpu", 1)
    return plan, one_line
