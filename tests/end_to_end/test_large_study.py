"""Two hundred arms are planned and reported by work that grows with their number, not with its square.

Work is counted in calls of functions, which a slow or busy machine does not change, at fifty, a hundred and two hundred
arms: work that grows with the arms doubles its growth from step to step, work that grows with their square makes it
four times as large. What was killed trains nothing again.
"""

import cProfile
import importlib
import os
import pstats
import re
import shlex
import shutil
import signal
import subprocess
import sys

import large_study
import pytest
from checkout import environment, jobs_in, planned, snakemake
from large_study import ARMS, SEEDS, seeds
from sessions import started, wait_for
from toy_study import STUDY

REPORT = {"select_model", "gather_numbers", "make_tables", "draw_figures", "draw_speed", "print_paper"}
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


def growth(calls):
    """Return how much more the second doubling of the arms added than the first."""
    few, some, many = calls
    return (many - some) / (some - few)


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
    assert growth(calls) < QUADRATIC, calls


def reporting(folder, count):
    """Return what is planned where everything before the statistics is done, and each script's command."""
    done = snakemake(folder, "--workflow-profile", "none", "--cores", "1", "-n", "-p", "--config", seeds(count))
    assert done.returncode == 0, done.stdout
    return jobs_in(done.stdout), dict(re.findall(r"^Shell command: (python scripts/(\w+)\.py .*)$", done.stdout, re.M))


def test_the_report_grows_no_faster_than_the_arms_and_no_command_is_too_long(large, monkeypatch):
    monkeypatch.chdir(large)
    calls = {}
    for count in STEPS:
        jobs, commands = reporting(large, count)
        assert set(jobs) == {"compare_scores", *REPORT, "all"}
        scripts = {name: command for command, name in commands.items()}
        assert set(scripts) == {"compare_scores", *REPORT}
        for name in ("compare_scores", "select_model", "gather_numbers", "make_tables"):
            words = shlex.split(scripts[name])[2:]
            arguments = words[: words.index("--log")] if "--log" in words else words
            profile = cProfile.Profile()
            profile.runcall(importlib.import_module(name).main, arguments)
            calls.setdefault(name, []).append(pstats.Stats(profile).total_calls)
    assert max(map(len, commands)) * 1000 / ARMS < 128 * 1024  # one argument of Linux, for a thousand arms
    assert {name: found for name, found in calls.items() if growth(found) > QUADRATIC} == {}
    table = (large / STUDY / "tables/training.csv").read_text(encoding="utf-8")
    assert table.count("\n") > ARMS


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
    assert ran <= {"compare_scores", *REPORT, "all"} and "make_tables" in ran
    assert (large / "results/mini/paper.pdf").is_file()
    assert planned(large) == {}
