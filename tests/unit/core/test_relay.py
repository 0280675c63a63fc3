"""What jobs say reaches the one process that draws on the terminal, whole and in order."""

import os
import queue
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT

from kotune.core import relay

JOB = """
import sys
sys.path.insert(0, {scripts!r})
from kotune.core import relay
with relay.connect() as stream:
    for number in range(3):
        print(sys.argv[1], number, "단계", file=stream)
"""


@pytest.fixture
def heard(monkeypatch):
    """Listen, and return the queue of lines that are heard."""
    lines = queue.Queue()
    monkeypatch.setenv(relay.VARIABLE, "")  # so that what listening sets is taken back
    relay.listen(lines.put)
    return lines


def test_the_lines_of_several_jobs_arrive_whole(heard):
    code = JOB.format(scripts=str(ROOT / "scripts"))
    jobs = [subprocess.Popen([sys.executable, "-c", code, name]) for name in ("first", "second")]
    assert [job.wait(timeout=60) for job in jobs] == [0, 0]
    said = [heard.get(timeout=10) for _ in range(6)]
    for name in ("first", "second"):
        assert [line for line in said if line.startswith(name)] == [f"{name} {number} 단계" for number in range(3)]


def test_the_pipe_outlives_a_job_and_is_no_file_of_the_study(heard):
    for word in ("one", "two"):  # the second connects after the first has gone
        with relay.connect() as stream:
            print(word, file=stream)
        assert heard.get(timeout=10) == word
    pipe = Path(os.environ[relay.VARIABLE])
    assert stat.S_ISFIFO(pipe.stat().st_mode) and ROOT not in pipe.parents


@pytest.mark.parametrize("listener", [None, "/nowhere/said"])
def test_a_job_that_nobody_listens_to_is_told_so(monkeypatch, listener):
    monkeypatch.delenv(relay.VARIABLE, raising=False)
    if listener:
        monkeypatch.setenv(relay.VARIABLE, listener)
    assert relay.connect() is None


def test_a_pipe_that_nobody_reads_any_more_does_not_hold_a_job_up(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "said")
    monkeypatch.setenv(relay.VARIABLE, str(tmp_path / "said"))
    assert relay.connect() is None
