"""Whole runs of the workflow, in copies of the repository, shared by the tests of this folder."""

import pytest
from checkout import copy_to, snakemake
from shortened import shorten


@pytest.fixture(scope="session")
def mini(tmp_path_factory):
    """The main job, as a user runs it: (folder, what the terminal showed)."""
    folder = copy_to(tmp_path_factory.mktemp("mini") / "kotune")
    done = snakemake(folder, "--cores", "2")
    assert done.returncode == 0, done.stdout
    return folder, done.stdout


@pytest.fixture(scope="session")
def short(tmp_path_factory):
    """A shortened study, run with two cores."""
    folder = shorten(copy_to(tmp_path_factory.mktemp("short") / "kotune"))
    done = snakemake(folder, "--cores", "2")
    assert done.returncode == 0, done.stdout
    return folder
