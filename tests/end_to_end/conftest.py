"""Whole runs of the workflow, in copies of the repository, shared by the tests of this folder."""

import subprocess
import sys

import pytest
from checkout import copy_to, environment, snakemake
from shortened import shorten


@pytest.fixture(scope="session")
def mini(tmp_path_factory):
    """The main job, as a user runs it: (folder, what the terminal showed)."""
    folder = copy_to(tmp_path_factory.mktemp("mini") / "kotune")
    (folder / ".venv").symlink_to(sys.prefix)
    # the environment is this one: `-o` keeps make from building it again
    done = subprocess.run(
        ["make", "-o", ".venv/installed", "report", "CORES=2"],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1500,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return folder, done.stdout


@pytest.fixture(scope="session")
def short(tmp_path_factory):
    """A shortened study, run with two cores."""
    folder = shorten(copy_to(tmp_path_factory.mktemp("short") / "kotune"))
    done = snakemake(folder, "--cores", "2")
    assert done.returncode == 0, done.stdout
    return folder
