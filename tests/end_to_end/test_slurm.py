"""A real SLURM of one node runs the study through profiles/slurm: same bytes as without it, nothing lost to a scancel.

Needs root and Debian's slurm-wlm and munge (.ci/run installs them); without them the tests are skipped, and say so.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import toy_study
from checkout import ROOT, environment, planned, python_for_clusters, snakemake
from sessions import digests, wait_for
from shortened import rewrite
from toy_study import SAVED, STEPS, STUDY, adapter, weights

NODE = ROOT / "tests/helpers/slurm_node.sh"
# This SLURM has no accounting, two cores and nobody to be polite to.
HERE = ["--cores", "2", "--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"]
HERE += ["--latency-wait", "5"]


def reason_to_skip():
    """Return why no SLURM can be brought up here; nothing where it can."""
    missing = [name for name in ("munged", "slurmctld", "slurmd", "sbatch", "srun") if not shutil.which(name)]
    if missing:
        return f"{', '.join(missing)} not installed (apt-get install slurm-wlm munge)"
    if os.geteuid() != 0:
        return "only root can bring up a SLURM"
    configuration = Path("/etc/slurm/slurm.conf")
    if configuration.exists() and "kotune's tests" not in configuration.read_text(encoding="utf-8"):
        return "/etc/slurm/slurm.conf is there: this machine has a SLURM of its own"
    return None


SKIPPED = reason_to_skip()
pytestmark = pytest.mark.skipif(SKIPPED is not None, reason=f"profiles/slurm is NOT TRIED on a real SLURM: {SKIPPED}")


def told(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def running(rule):
    """Return the numbers of a rule's jobs that run now."""
    lines = told("squeue", "--noheader", "--states=RUNNING", "--format=%A %k").splitlines()
    return [line.split()[0] for line in lines if f"rule_{rule}_" in line]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A SLURM of one node, for as long as the tests of this module run."""
    state = tmp_path_factory.mktemp("slurm")
    try:
        up = subprocess.run([NODE, "up", state], capture_output=True, text=True, timeout=120)
        assert up.returncode == 0, up.stderr
        yield state
    finally:
        subprocess.run([NODE, "down", state], check=True, timeout=120)


def submitted(folder, shown, *arguments):
    """Start a session that submits to SLURM, as a process group of its own."""
    python = python_for_clusters(shown.parent)
    with open(shown, "w", encoding="utf-8") as stream:
        return subprocess.Popen(
            [python, "-m", "snakemake", *HERE, *arguments],
            cwd=folder, env=environment(), stdout=stream, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def whole_checkpoints(folder):
    return list(Path(folder, STUDY, "adapters").glob("*/qlora/seed42/checkpoint-*/kotune.json"))


def test_a_study_on_slurm_gives_the_same_bytes_though_a_training_was_cancelled(toy, slurm, tmp_path):
    folder = toy_study.toy(tmp_path / "kotune")
    rewrite(folder / "config/scales/mini.yaml", lambda scale: scale["resources"].update(gpu=1))
    shown = tmp_path / "shown"
    # only trainings ask for the one GPU, so that both cores answer
    session = submitted(
        folder, shown, "--profile", "profiles/slurm", "--set-resources", "answer_prompts:gpu=0"
    )  # fmt: skip
    try:
        wait_for(lambda: whole_checkpoints(folder) or session.poll() is not None, 400)
        (number,) = running("train_adapter")
        assert re.search("TresPerJob=gres[:/]gpu:1", told("scontrol", "show", "job", number))
        subprocess.run(["scancel", number], check=True)
        assert session.wait(1200) == 0, shown.read_text(encoding="utf-8")
    finally:
        if session.poll() is None:
            os.killpg(session.pid, signal.SIGKILL)
    assert "Trying to restart job" in shown.read_text(encoding="utf-8")
    assert digests(folder) == digests(toy)
    records = sorted(Path(folder, STUDY, "adapters").glob("*/qlora/seed42/record.json"))
    resumed = [json.loads(record.read_text(encoding="utf-8"))["found"]["resumed_from"] for record in records]
    assert len([step for step in resumed if step in range(SAVED, STEPS)]) == 1, (
        resumed
    )  # it kept the step of the signal
    assert not list(Path(folder, "results").rglob("*.partial"))
    assert planned(folder) == {}


def test_a_training_whose_session_died_goes_on_and_is_not_done_again(toy_copy, slurm, tmp_path):
    kept = (toy_copy / weights("tiny-qwen2")).read_bytes()
    shutil.rmtree(toy_copy / adapter("tiny-qwen2"))
    left = len(whole_checkpoints(toy_copy))
    session = submitted(
        toy_copy, tmp_path / "shown", "--workflow-profile", "profiles/slurm", "--", weights("tiny-qwen2")
    )  # fmt: skip
    wait_for(lambda: len(whole_checkpoints(toy_copy)) > left or session.poll() is not None, 200)
    os.killpg(session.pid, signal.SIGKILL)
    session.wait(60)
    wait_for(lambda: not running("train_adapter"), 120)
    assert (toy_copy / weights("tiny-qwen2")).read_bytes() == kept
    done = snakemake(toy_copy, "--unlock")
    assert done.returncode == 0, done.stdout
    assert "train_adapter" not in planned(toy_copy)
