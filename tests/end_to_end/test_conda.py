"""`--use-conda` and `--sdm conda` run every job in the environment of environment.yml, here with a stand-in for conda."""

import os
import shutil
import subprocess
import sys

import pytest
import stand_in_conda
from checkout import environment
from sessions import digests


@pytest.fixture
def with_conda(short, tmp_path):
    """A finished run, and a way to call snakemake where the stand-in is on PATH."""
    folder = tmp_path / "kotune"
    shutil.copytree(short, folder, symlinks=True)
    programs = stand_in_conda.install(tmp_path / "conda")

    def snakemake(*arguments):
        here = environment()
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "1", *arguments],
            cwd=folder, env=here | {"PATH": f"{programs}{os.pathsep}{here['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600,
        )  # fmt: skip

    return folder, snakemake, tmp_path / "conda/activated"


def test_jobs_run_in_the_environment_and_give_the_same_bytes(with_conda):
    folder, snakemake, activated = with_conda
    expected = digests(folder)
    # on a node without a network the environment is made beforehand, and is used from then on
    made = snakemake("--sdm", "conda", "--conda-create-envs-only", "--forceall")
    assert made.returncode == 0, made.stdout
    (prefix,) = [path for path in (folder / ".snakemake/conda").iterdir() if path.is_dir()]
    assert not activated.exists()
    # an environment is a reason to run everything again for Snakemake: this is the whole main job
    done = snakemake("--use-conda")
    assert done.returncode == 0, done.stdout
    jobs = activated.read_text(encoding="utf-8").splitlines()
    assert set(jobs) == {str(prefix)} and len(jobs) >= 30
    assert digests(folder) == expected


def test_an_environment_that_cannot_be_made_stops_the_run_and_names_what_lacks(with_conda):
    folder, snakemake, _ = with_conda
    file = folder / "environment.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("torch==", "torch==9"), encoding="utf-8")
    done = snakemake("--use-conda", "--forceall")
    assert done.returncode != 0
    assert "torch==9" in done.stdout
