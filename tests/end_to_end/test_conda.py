"""The same commit gives the same bytes: in another folder, on another number of cores, in a conda environment.

One run of the toy study differs in all three from the one that it is held against. Its folder has a space and Hangul in
its path. `--use-conda` and `--sdm conda` run every job in the environment of environment.yml, here with a stand-in for
conda.
"""

import os
import subprocess
import sys

import pytest
import stand_in_conda
import toy_study
from checkout import environment
from sessions import digests


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A copy of the repository in which nothing ran, and a way to call snakemake where the stand-in is on PATH."""
    place = tmp_path_factory.mktemp("elsewhere")  # conda's own: Snakemake finds its `activate` by a path without spaces
    folder = toy_study.toy(place / "한글 폴더" / "kotune")
    programs = stand_in_conda.install(place / "conda", folder / "tests/helpers/stand_in_conda.py")

    def snakemake(*arguments):
        here = environment()
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "1", *arguments],
            cwd=folder, env=here | {"PATH": f"{programs}{os.pathsep}{here['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600,
        )  # fmt: skip

    return folder, snakemake, place / "conda/activated"


def test_jobs_run_in_the_environment_and_give_the_same_bytes_as_elsewhere(toy, elsewhere):
    folder, snakemake, activated = elsewhere
    # on a node without a network the environment is made beforehand, and is used from then on
    made = snakemake("--sdm", "conda", "--conda-create-envs-only")
    assert made.returncode == 0, made.stdout
    (prefix,) = [path for path in (folder / ".snakemake/conda").iterdir() if path.is_dir()]
    assert not activated.exists()
    done = snakemake("--use-conda")
    assert done.returncode == 0, done.stdout
    jobs = activated.read_text(encoding="utf-8").splitlines()
    assert set(jobs) == {str(prefix)} and len(jobs) >= 20
    expected, found = digests(toy), digests(folder)
    assert any(name.endswith("adapter_model.safetensors") for name in expected)
    assert any(name.endswith("tables/tuned.tex") for name in expected)
    assert {name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)} == set()


def test_an_environment_that_cannot_be_made_stops_the_run_and_names_what_lacks(elsewhere):
    folder, snakemake, _ = elsewhere
    file = folder / "environment.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("torch==", "torch==9"), encoding="utf-8")
    done = snakemake("--use-conda", "--forceall")
    assert done.returncode != 0
    assert "torch==9" in done.stdout
