"""Start of the fork server: which runs have one, and how their jobs' `python` comes to ask it.

A command of a rule stays what it is, and so do the parameters that Snakemake compares: the server stands in the shell's
prefix alone, where `python` becomes a function for the scripts of SCRIPTS.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from shlex import quote
from typing import Any

from kotune.core.storage import Json
from kotune.forks import client

# those that call loading.prepare_process and then load torch
SCRIPTS = (
    "answer_prompts",
    "export_model",
    "measure_difficulty",
    "measure_perplexity",
    "score_requests",
    "train_adapter",
)
# what Snakemake sets for a job by its threads, and libraries read when they are loaded
THREADS = (
    "OMP_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
PREFIX = "set -euo pipefail; "  # Snakemake's own for bash
_started: list[subprocess.Popen] = []  # for as long as the run lives: the server ends with its standard input


def served(jobs: Iterable[Any]) -> int:
    """Return how many of Snakemake's jobs run a script of SCRIPTS."""
    return sum(Path(str(job.params.get("cli", ""))).stem in SCRIPTS for job in jobs)


def refusal(workflow: Any) -> str | None:
    """Return why the jobs of a run cannot begin as forks though its scale is for a CPU; None where they can."""
    from snakemake.shell import shell

    if workflow.deployment_settings.deployment_method:
        return "jobs have environments of their own"
    if sys.platform != "linux":
        return "that is for Linux"
    if os.path.basename(shell.get_executable() or "") != "bash" or shell._process_prefix is not None:
        return "the shell is another one"
    return None if shutil.which("python") else "there is no `python` on the PATH"


def prefix(python: str, address: str) -> str:
    """Return what stands before each command of the run: `python` as a function.

    Another `python` than ``python``, and another script, is started plainly and without a word.
    """
    scripts = "|".join(f"*/scripts/{name}.py|scripts/{name}.py" for name in SCRIPTS)
    ask = f"command python -I -S {quote(client.__file__)} {quote(address)}"
    return (
        f'{PREFIX}python() {{ case "$1" in {scripts}) if [ "$(type -P python)" = {quote(python)} ]; '
        f'then {ask} "$@"; return; fi;; esac; command python "$@"; }}; '
    )


def begin(workflow: Any, compute: Json, wanted: bool, jobs: Iterable[Any]) -> None:
    """Start the server of a run on this machine's CPU that has at least two jobs for it."""
    local = getattr(workflow.executor_plugin, "name", "local") == "local"
    if not wanted or compute["device"] != "cpu" or not local or served(jobs) < 2:
        return
    why = refusal(workflow)
    if why is None:
        try:
            _start(workflow, compute, str(shutil.which("python")))
        except OSError as error:  # a temporary folder whose path is too long for a socket, or no memory
            why = f"the fork server cannot be started: {error}"
    if why:
        print(f"note: each job loads its libraries itself: {why} (docs/performance.md)", file=sys.stderr)


def _start(workflow: Any, compute: Json, python: str) -> None:
    """Start the server and put `python` into the prefix of Snakemake's shells."""
    from snakemake.shell import shell

    folder = tempfile.mkdtemp(prefix="kotune-forks-")  # for this user alone
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    address = os.path.join(folder, "socket")
    threads = min(int(compute["threads"]), workflow.resource_settings.cores or 1)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(1024)
        _started.append(
            subprocess.Popen(
                [
                    os.path.abspath(python),
                    "-m",
                    "kotune.forks.server",
                    str(listener.fileno()),
                    address,
                    json.dumps(compute),
                ],
                cwd=Path(__file__).resolve().parents[2],  # where -m looks first, as a script does in its own folder
                env=os.environ | dict.fromkeys(THREADS, str(threads)),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                start_new_session=True,  # Ctrl-C reaches forks by their clients alone, once
            )
        )
    shell.prefix(prefix(python, address).replace("{", "{{").replace("}", "}}"))
