"""How jobs are handed their settings: as files, so that a job's command can be read, copied and run by hand.

A rule's params hold settings as JSON text, and Snakemake compares them between runs: they alone decide what reruns. A
command names the file {files}/{param}.json instead, where ``files`` is a param, too: a folder of the job's own under
results/{scale}/settings/, named as its log. The files are written when a run begins, before its first job, by the main
process alone; a dry run writes none. So a line that `snakemake -n -p` prints works as soon as a run has begun that
holds its job.

Writes results/{scale}/settings/.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from kotune.core.errors import UserError
from kotune.core.storage import to_json, write_text


class Job(Protocol):
    """A job of Snakemake's, as far as its settings go."""

    params: Any


def files_of(params: Mapping[str, Any]) -> dict[str, str]:
    """Return path → text of each file that a job is handed: of each param that is JSON of an object or a list."""
    folder = params.get("files")
    if not folder:
        return {}
    return {
        f"{folder}/{name}.json": to_json(json.loads(value))
        for name, value in params.items()
        if isinstance(value, str) and value[:1] in ("{", "[")
    }


def write(jobs: Iterable[Job]) -> None:
    """Write the settings of jobs that are to run; a file that says the same already is left alone.

    Where one cannot be written, the run ends before its first job.
    """
    try:
        for job in jobs:
            for path, text in files_of(dict(job.params.items())).items():
                there = Path(path)
                if not there.is_file() or there.read_text(encoding="utf-8") != text:
                    write_text(there, text)
    except UserError as error:
        sys.exit(f"error: {error}")
