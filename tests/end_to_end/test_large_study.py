"""Two hundred arms are planned and reported by work that grows with their number, not with its square.

Work is counted in calls of functions, which a slow or busy machine does not change, at fifty, a hundred and two hundred
arms: work that grows with the arms doubles its growth from step to step, work that grows with their square makes it
four times as large. What was killed trains nothing again.
"""

import os
import pstats
import shlex
import shutil
import signal
import subprocess
import sys

import count_calls
import large_study
import pytest
from checkout import environment, jobs_in, planned, snakemake
from large_study import ARMS, SEEDS, seeds
from sessions import started, wait_for
from toy_study import STUDY

REPORT = {
    "select_model",
    "gather_numbers",
    "make_tables",
    "draw_figures",
    "draw_speed",
    "print_paper",
    "write_explorer",
}
STEPS = (SEEDS // 4, SEEDS // 2, SEEDS)
QUADRATIC = 3.0  # between the two of linear work and the four of quadratic work


@pytest.fixture(scope="module")
def fresh(toy, tmp_path_factory):
    """The enlarged study with no results."""
    ours = shutil.ignore_patterns("results", ".snakemake")  # the rest keeps its times: older than what was made of it
    return large_study.enlarge(shutil.copytree(toy, tmp_path_factory.mktemp("large") / "kotune", ignore=ours))


@pytest.fixture(scope="module")
def large(fresh, toy):
    """The enlarged study, with results as if everything before the statistics was done."""
    return large_study.fill(fresh, toy)


def too_fast(calls):
    """Return whether the second doubling of the arms added far more work than twice what the first one added."""
    few, some, many = calls
    # what hardly grows, or not at all, is fine; the statistics of ten seeds are others than those of two and of five
    return many - some > QUADRATIC * max(some - few, few / 20)


def test_planning_grows_no_faster_than_the_arms(fresh, tmp_path):
    calls = []
    for count in STEPS:
        profile = tmp_path / f"{count}.profile"
        done = subprocess.run(
            [sys.executable, "-m", "cProfile", "-o", profile, "-m", "snakemake", "--workflow-profile", "none",
             "--cores", "1", "--dry-run", "--config", seeds(count)],
            cwd=fresh, env=environment(), capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        jobs = jobs_in(done.stdout + done.stderr)
        assert jobs["train_adapter"] == ARMS * count // SEEDS and jobs["answer_prompts"] == jobs["train_adapter"] + 2
        calls.append(pstats.Stats(str(profile)).total_calls)
    assert not too_fast(calls), calls


@pytest.fixture
def counted(tmp_path):
    """A `python` that counts the calls of each script, as the first program on PATH, and the folder of its counts."""
    programs, counts = tmp_path / "bin", tmp_path / "counts"
    programs.mkdir()
    counts.mkdir()
    python = programs / "python"
    profiled = f"{shlex.quote(sys.executable)} {shlex.quote(count_calls.__file__)} "
    profiled += f'{shlex.quote(str(counts))}/"$(basename "$1")" "$@"'
    python.write_text(f"#!/bin/sh\nexec {profiled}\n", encoding="utf-8")
    python.chmod(0o755)
    return programs, counts


def test_the_report_grows_no_faster_than_the_arms_and_no_command_is_too_long(large, counted):
    programs, counts = counted
    table, here = f"{STUDY}/tables/training.csv", environment()
    calls = {}
    for count in STEPS:
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--workflow-profile", "none", "--cores", "1", "-p", table,
             "--config", seeds(count)],
            cwd=large, env=here | {"PATH": f"{programs}{os.pathsep}{here['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        assert set(jobs_in(done.stdout)) == {"compare_scores", "select_model", "gather_numbers", "make_tables"}
        commands = [line for line in done.stdout.splitlines() if line.startswith("Shell command: ")]
        assert len(commands) == 4
        for profile in counts.iterdir():
            calls.setdefault(profile.name, []).append(pstats.Stats(str(profile)).total_calls)
    assert max(map(len, commands)) * 1000 / ARMS < 128 * 1024  # one argument of Linux, for a thousand arms
    assert len(calls) == 4
    assert {name: found for name, found in calls.items() if too_fast(found)} == {}
    assert (large / table).read_text(encoding="utf-8").count("\n") > ARMS


def test_a_killed_session_goes_on_with_nothing_trained_again_and_the_report_is_made(large):
    statistics = large / STUDY / "statistics.json"
    statistics.unlink(missing_ok=True)
    session = started(large)
    wait_for(statistics.exists)
    os.killpg(session.pid, signal.SIGKILL)
    session.wait(60)
    done = snakemake(large, "--unlock")
    assert done.returncode == 0, done.stdout
    done = snakemake(large, "--cores", "1", "--workflow-profile", "none", "--rerun-incomplete")
    assert done.returncode == 0, done.stdout
    ran = set(jobs_in(done.stdout))
    assert ran <= {"compare_scores", *REPORT, "all"} and "print_paper" in ran
    assert (large / "results/mini/paper.pdf").is_file()
    assert planned(large) == {}
