"""Give each job on a machine its own GPU: Snakemake counts GPUs but does not assign them.

Reads and writes empty lock files in a folder of the user and the machine, one for each card and each job that may share
it (KOTUNE_JOBS_PER_GPU, 1 where nothing is said). A lock ends with its process, however that ends, so no card is ever
lost; it also holds for other sessions of Snakemake in other folders.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError

if TYPE_CHECKING:
    from filelock import BaseFileLock

VISIBLE = "CUDA_VISIBLE_DEVICES"
SHARED = "KOTUNE_JOBS_PER_GPU"
_held: list[BaseFileLock] = []  # for as long as the process lives


def visible() -> list[str]:
    """Return the cards that this process may use: those that SLURM or the user gave it, else all of the machine."""
    given = os.environ.get(VISIBLE)
    if given is not None:
        return [card.strip() for card in given.split(",") if card.strip()]
    if not shutil.which("nvidia-smi"):
        return []
    listed = subprocess.run(
        ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"], capture_output=True, text=True, check=False
    )
    return listed.stdout.split() if listed.returncode == 0 else []


def jobs_a_card() -> int:
    """Return how many jobs may share a card: a small model leaves most of one idle."""
    given = os.environ.get(SHARED, "1")
    if not given.isdecimal() or int(given) < 1:
        raise UserError(f"{SHARED}: '{given}' is not a whole number above 0; unset it, so that no two jobs share a GPU")
    return int(given)


def lock_folder() -> Path:
    """Return the folder of the locks. Each SLURM job has its own: two may both call their only card 0."""
    parts = ["kotune-cards", str(os.getuid()), *filter(None, [os.environ.get("SLURM_JOB_ID")])]
    return Path(tempfile.gettempdir(), "-".join(parts))


def _try(cards: Sequence[str], count: int, folder: Path) -> tuple[list[str], list[BaseFileLock]]:
    """Return ``count`` free cards and their locks, or nothing at all: half a set would keep others from theirs."""
    from filelock import FileLock, Timeout

    free: list[str] = []
    locks: list[BaseFileLock] = []
    for place, card in ((place, card) for place in range(jobs_a_card()) for card in cards):
        if len(free) == count:
            break
        if card in free:  # a job's cards are different ones
            continue
        shared = f".{place}" if place else ""
        lock = FileLock(folder / f"{card.replace('/', '-')}{shared}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        free.append(card)
        locks.append(lock)
    if len(free) == count:
        return free, locks
    for lock in locks:
        lock.release()
    return [], []


def take(count: int, every: float = 1.0) -> list[str]:
    """Wait until ``count`` cards are free, hold them until this process ends, and return their names.

    Returns nothing where there are no cards at all. Raises UserError where there are fewer than are asked for.
    """
    cards = visible()
    if not cards or count < 1:
        return []
    if len(cards) < count:
        raise UserError(
            f"{count} GPUs are asked for and {len(cards)} can be used ({VISIBLE} or nvidia-smi): lower `cards` of the "
            "recipe, or run with --resources gpu=N for the N that there are"
        )
    if len(cards) == count and "SLURM_JOB_ID" in os.environ:  # SLURM gave this job exactly its own
        return cards
    folder = lock_folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    while True:
        free, locks = _try(cards, count, folder)
        if free:
            _held.extend(locks)
            return free
        time.sleep(every)


def pin(count: int) -> list[str]:
    """Show this process, and all that it starts, ``count`` cards that no other job uses; 0 leaves things as they are.

    Called before anything asks CUDA for its devices; a process takes cards once. Which they are goes to the log.
    """
    if _held:
        return visible()
    taken = take(count)
    if taken:
        os.environ[VISIBLE] = ",".join(taken)
        print(f"{VISIBLE}={os.environ[VISIBLE]}", file=sys.stderr)
    return taken
