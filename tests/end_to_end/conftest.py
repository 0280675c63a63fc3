"""Whole runs of the workflow, in copies of the repository, shared by the tests of this folder."""

import shutil
import subprocess
import sys

import pytest
import toy_study
from built_once import built_once
from checkout import copy_to, environment, snakemake
from shortened import shorten


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """The toy study, run to its end with two cores. Nobody may change it."""

    def build(folder):
        done = snakemake(toy_study.toy(folder), "--cores", "2")
        assert done.returncode == 0, done.stdout

    return built_once(tmp_path_factory, "toy", build)


@pytest.fixture
def toy_copy(toy, tmp_path):
    """A finished run of the toy study that a test may change."""
    return shutil.copytree(toy, tmp_path / "kotune", symlinks=True)


def report_made(folder):
    """Run the main job as a user does, `make report`, and return what the terminal showed."""
    (folder / ".venv").symlink_to(sys.prefix)
    # the environment is this one: `-o` keeps make from building it again
    done = subprocess.run(
        ["make", "-o", ".venv/installed", "report", "CORES=2"],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1500,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    (folder / "shown.txt").write_text(done.stdout, encoding="utf-8")


@pytest.fixture(scope="session")
def short(tmp_path_factory):
    """The main job on a shortened econ-qa: (folder, what the terminal showed)."""
    folder = built_once(tmp_path_factory, "short", lambda folder: report_made(shorten(copy_to(folder))))
    return folder, (folder / "shown.txt").read_text(encoding="utf-8")
