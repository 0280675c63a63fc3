"""Which runs have a fork server, and what `python` is in their jobs' shells."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from checkout import ROOT
from snakemake.shell import shell

from kotune.forks import start

CPU, GPU = {"device": "cpu", "threads": 1}, {"device": "auto", "threads": 4}


def jobs(*scripts):
    return [SimpleNamespace(params={"cli": f"../a b/scripts/{script}.py"}) for script in scripts]


def workflow(executor="local", deployment=()):
    return SimpleNamespace(
        executor_plugin=SimpleNamespace(name=executor),
        deployment_settings=SimpleNamespace(deployment_method=set(deployment)),
        resource_settings=SimpleNamespace(cores=2),
    )


@pytest.fixture
def launched(monkeypatch):
    """What would be started, instead of starting it; Snakemake's shell is put back."""
    found = []
    monkeypatch.setattr(start.subprocess, "Popen", lambda command, **how: found.append((command, how)))
    monkeypatch.setattr(shell, "_process_prefix", None)
    return found


TWO = jobs("train_adapter", "answer_prompts", "make_tables")


def test_a_run_on_this_cpu_has_one_that_sees_what_its_jobs_will_see(launched):
    start.begin(workflow(), CPU, True, TWO)
    [(command, how)] = launched
    assert command[1:3] == ["-m", "kotune.forks.server"]
    assert {how["env"][name] for name in start.THREADS} == {"1"}
    assert shell._process_prefix.startswith("set -euo pipefail; python() {")


@pytest.mark.parametrize(
    ("run", "compute", "wanted", "asked"),
    [
        (workflow(), GPU, True, TWO),
        (workflow(), CPU, False, TWO),
        (workflow("slurm"), CPU, True, TWO),
        (workflow("touch"), CPU, True, TWO),
        (workflow(), CPU, True, jobs("train_adapter", "make_tables")),
    ],
    ids=["a GPU", "switched off", "a cluster", "nothing is run", "one job"],
)
def test_other_runs_have_none_and_nothing_is_said(launched, capsys, run, compute, wanted, asked):
    start.begin(run, compute, wanted, asked)
    assert launched == [] and shell._process_prefix is None and capsys.readouterr().err == ""


def test_jobs_with_environments_of_their_own_have_none_in_one_line(launched, capsys):
    start.begin(workflow(deployment=["conda"]), CPU, True, TWO)
    assert launched == []
    said = capsys.readouterr().err
    assert (
        said == "note: each job loads its libraries itself: jobs have environments of their own (docs/performance.md)\n"
    )


def test_a_temporary_folder_in_which_no_socket_can_lie_costs_the_server_alone(launched, monkeypatch, tmp_path, capsys):
    deep = tmp_path / ("a" * 100)
    deep.mkdir()
    monkeypatch.setattr(start.tempfile, "tempdir", str(deep))
    start.begin(workflow(), CPU, True, TWO)
    assert launched == [] and shell._process_prefix is None
    assert "note: each job loads its libraries itself: the fork server cannot be started: " in capsys.readouterr().err


def said_by(tmp_path, command, python=sys.executable):
    """Return what a command prints behind the prefix, where asking the server is an echo."""
    before = start.prefix(python, "/tmp/there/s").replace("command python -I -S", "echo asked")
    place = tmp_path / "bin"
    place.mkdir()
    (place / "python").write_text("#!/bin/sh\necho plainly $@\n", encoding="utf-8")
    (place / "python").chmod(0o700)
    done = subprocess.run(
        ["bash", "-c", before + command],
        env={"PATH": f"{place}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("path", ["scripts", "../scripts", "'../a b/scripts'"])
def test_the_scripts_that_load_torch_ask_the_server(tmp_path, path):
    shown = said_by(tmp_path, f"python {path}/train_adapter.py --seed 1", str(tmp_path / "bin/python"))
    assert shown.startswith("asked ") and shown.endswith("scripts/train_adapter.py --seed 1\n")


@pytest.mark.parametrize("command", ["python scripts/make_tables.py", "python -m pytest", "python my_train_adapter.py"])
def test_what_else_a_shell_runs_is_left_alone(tmp_path, command):
    assert said_by(tmp_path, command, str(tmp_path / "bin/python")).startswith("plainly ")


def test_another_python_than_the_servers_is_left_alone(tmp_path):
    assert said_by(tmp_path, "python scripts/train_adapter.py") == "plainly scripts/train_adapter.py\n"


def test_the_scripts_are_those_that_prepare_for_torch():
    prepare = {path.stem for path in (ROOT / "scripts").glob("*.py") if "prepare_process(" in path.read_text("utf-8")}
    assert prepare - {"rehearse_arm"} == set(start.SCRIPTS)  # a rehearsal measures a process by itself
