"""Records: the JSON beside an adapter, an answer file or a score file that says how it was made.

A record holds the settings, the inputs, the machine, the cost and the commit. Secrets never enter it: it names
files as the step was given them and takes nothing from the environment.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import resource
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kotune.core.gpu_pool import jobs_a_card
from kotune.core.names import ROOT
from kotune.core.storage import Json, sha256_of, write_json

PACKAGES = (
    "torch", "transformers", "peft", "trl", "bitsandbytes", "accelerate", "datasets", "polars", "numpy",
    "unsloth", "unsloth_zoo",
)  # fmt: skip


def package_versions(names: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Return the installed versions of the packages that decide results."""
    versions = {"python": platform.python_version()}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


CARRIED = ".commit"  # in the root of a copy that travelled without .git: the commit that it is of


def carried_commit(root: Path) -> str | None:
    """Return the commit that a copy without .git says it is of, or None; what is no commit says nothing."""
    try:
        said = (root / CARRIED).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return said if re.fullmatch(r"[0-9a-f]{40}(-dirty)?", said) else None


def commit() -> str | None:
    """Return the commit that this code stands at (40 hex digits, ``-dirty`` appended), or None where nobody knows.

    Outside a checkout it is the one that the file ``.commit`` in the root names, as `git rev-parse HEAD` writes it.
    """
    here = Path(__file__).resolve().parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(here), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("-dirty" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return carried_commit(ROOT)


def peak_memory_gib() -> float:
    """Return this process's peak memory in GiB: the GPU's when torch used one, else resident memory."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.max_memory_reserved():
        return torch.cuda.max_memory_reserved() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 2**30


def machine() -> Json:
    """Return what the step ran on; no host name, so that a record can be published."""
    torch = sys.modules.get("torch")
    on_gpu = torch is not None and torch.cuda.is_available()
    return {
        "device": torch.cuda.get_device_name(0) if on_gpu else "cpu",
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads() if torch is not None else 1,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "platform": platform.system(),
        **({"jobs_per_gpu": jobs_a_card()} if on_gpu and jobs_a_card() > 1 else {}),
    }


def write_record(
    path: str | os.PathLike,
    kind: str,
    asked: Json,
    files: Mapping[str, str | os.PathLike],
    cost: Json,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write a record.

    ``kind``: adapter, answers, scores, submission or chat. ``asked``: the step's settings. ``files``: name → input or
    output file, each stored with its SHA-256. ``cost``: seconds, tokens, tokens_per_second where they apply; peak
    memory is added.
    ``facts``: whatever else was found out on the way (counts, notes, hashes).
    """
    write_json(
        path,
        {
            "kind": kind,
            "asked": asked,
            "with": {
                "files": {
                    name: {"path": Path(file).as_posix(), "sha256": sha256_of(file)} for name, file in files.items()
                },
                "packages": package_versions(),
            },
            "on": machine(),
            "cost": {**cost, "peak_memory_gib": round(peak_memory_gib(), 3)},
            "found": dict(facts or {}),
            "commit": commit(),
        },
    )
