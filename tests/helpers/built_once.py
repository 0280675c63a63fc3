"""Folders that several tests look at: built once in a test run, whichever worker asks first, while the others wait."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]) -> Path:
    """Return the folder ``name`` below the temporary folder of all workers, which ``build`` has filled.

    Nobody may change it: tests that change something take a copy. What failed is not tried again, it fails for all.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each worker's folder lies below the one of the run
        root = root.parent
    folder, outcome = root / name, root / f"{name}.outcome"
    with FileLock(root / f"{name}.lock"):
        if not outcome.exists():
            outcome.write_text(f"{name} could not be built; the first test that asked for it says why")
            build(folder)
            outcome.write_text("")
    assert not outcome.read_text(), outcome.read_text()
    return folder
