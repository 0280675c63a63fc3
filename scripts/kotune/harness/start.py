"""What is said and refused of a benchmark's tasks before anything runs: their names, their data, how they are answered.

Reads the tasks' files, and whether files of data are there; imports neither lm-eval nor datasets; writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.harness import kobest
from kotune.harness.sources import files_of
from kotune.harness.task_files import TaskFile, answer_of, check, find

SHOWN = 4  # tasks that a line names
OFFLINE = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")


def _in_cache(hub_id: str) -> bool:
    """Return whether the hub client's cache holds files of a data set; only loading tells whether they are all."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = Path(constants.HF_HUB_CACHE, repo_folder_name(repo_id=hub_id, repo_type="dataset"), "snapshots")
    return folder.is_dir() and any(folder.iterdir())


def _own_data(task: TaskFile, where: str) -> str:
    """Say whether rows that lm-eval loads itself need a network; UserError where one is needed and forbidden."""
    hub_id, subset = task.settings.get("dataset_path", ""), task.settings.get("dataset_name")
    of = f"{hub_id}{f', {subset}' if subset else ''}"
    if _in_cache(hub_id):
        return f"rows of {hub_id} from the hub client's cache, no network"
    if any(os.environ.get(name, "") not in ("", "0") for name in OFFLINE):
        raise UserError(
            f"{where}: the rows of '{task.name}' ({of}) are not in the hub client's cache, and this run has no "
            "network (HF_HUB_OFFLINE); name a folder that holds them: --config data='{NAME: folder}', with the "
            "evaluation's name"
        )
    return f"rows of {hub_id} from the hub, which needs a network"


def notes(tasks: Sequence[str], include: str | None, source: Json, where: str) -> list[str]:
    """Return what should be said of tasks before they are asked, a line each; UserError for what cannot be asked.

    ``source`` as `sources.benchmark` has it; ``where``: the place in the configuration that an error names. A task of
    KoBEST needs no words. Of another: where its rows come from, offline or not, and how its answer is found.
    """
    said = check(tasks, include, where)
    found = [find(name, include, where) for name in tasks]
    if "folder" in source:
        list(files_of(source, found))  # refuses a split that is not there
    alike: dict[tuple[str, str], list[str]] = {}
    for task in found:
        rows = f"rows from {source['folder']}, no network" if "folder" in source else "rows from the hub's downloads"
        if "lm_eval" in source:
            rows = _own_data(task, where)
        if kobest.form_of(task) is None:
            alike.setdefault((rows, answer_of(task)), []).append(task.name)
    return said + [f"{_names(names)}: {rows}; an answer is {answer}" for (rows, answer), names in alike.items()]


def _names(names: list[str]) -> str:
    """Return names of tasks in a few words."""
    if len(names) <= SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[: SHOWN - 1])} and {len(names) - SHOWN + 1} more"
