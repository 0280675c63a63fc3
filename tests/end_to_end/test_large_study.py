"""A study of a thousand arms is planned and reported in seconds, and a session that was killed trains nothing again.

The limits are generous: they catch work that grows with the square of the arms, not a slow machine.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

import large_study
import pytest
from checkout import copy_to, environment, planned, snakemake
from sessions import started, wait_for
from shortened import shorten

REPORT = {"select_model", "gather_numbers", "make_tables", "draw_figures", "draw_speed", "print_paper"}


@pytest.fixture(scope="module")
def large(short, tmp_path_factory):
    """The enlarged study, with results as if everything before the statistics was done."""
    folder = large_study.enlarge(shorten(copy_to(tmp_path_factory.mktemp("large") / "kotune")))
    large_study.fill(folder, short)
    return folder


def test_a_thousand_arms_are_planned(large, tmp_path):
    fresh = tmp_path / "fresh"
    shutil.copytree(large, fresh, ignore=shutil.ignore_patterns("results"))
    began = time.monotonic()
    jobs = planned(fresh)
    assert time.monotonic() - began < 60
    assert jobs["train_adapter"] == 1000 and jobs["answer_prompts"] == 1005


def test_a_killed_session_goes_on_with_nothing_trained_again_and_the_report_is_made(large):
    assert set(planned(large)) == {"compare_scores", *REPORT, "all"}
    session = started(large)
    wait_for(lambda: (large / large_study.STUDY / "statistics.json").exists())
    os.killpg(session.pid, signal.SIGKILL)
    session.wait(60)
    done = snakemake(large, "--unlock")
    assert done.returncode == 0, done.stdout
    jobs = set(planned(large, "--rerun-incomplete"))
    assert not {"train_adapter", "answer_prompts", "score_answers"} & jobs and "make_tables" in jobs
    began = time.monotonic()
    done = snakemake(large, "--cores", "1")
    assert done.returncode == 0, done.stdout
    assert time.monotonic() - began < 180
    table = (large / large_study.STUDY / "tables/training.csv").read_text(encoding="utf-8")
    assert table.count("\n") > 1000
    assert planned(large) == {}


def test_the_command_of_no_job_is_longer_than_a_shell_takes(large):
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--workflow-profile", "none", "--cores", "1", "-n", "-p", "--forcerun",
         "compare_scores", "gather_numbers", "make_tables"],
        cwd=large, env=environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    commands = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Shell command:")]
    assert len(commands) >= 5
    assert max(map(len, commands)) < 128 * 1024  # one argument of Linux
