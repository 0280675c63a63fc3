"""What the terminal shows of a job that failed, and how a job's lines get there."""

import logging
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from kotune.core import console, relay
from kotune.core.errors import UserError
from kotune.plan import failures

SAID = "error: rows.csv, row 3: the id is empty; each row needs one\n"
COMMAND = "RuleException:\nCalledProcessError in file \"data.smk\", line 27:\nCommand 'set -euo pipefail;  python a.py --log {}' failed"


def logged(tmp_path, text, age=0.0):
    log = tmp_path / "job.log"
    log.write_text(text, encoding="utf-8")
    os.utime(log, (time.time() - age,) * 2)
    return log


def shown(message, **extra):
    """Return what is shown of a record: its text, or None."""
    record = logging.makeLogRecord({"msg": message, "levelno": logging.ERROR, "levelname": "ERROR", **extra})
    return record.getMessage() if failures.OneLine().filter(record) else None


def test_a_job_that_said_what_is_wrong_is_not_shown_again(tmp_path):
    log = logged(tmp_path, "a library's warning\n" + SAID)
    assert shown("Error in rule prepare_rows", event="job_error", log=[str(log)]) is None
    assert shown(COMMAND.format(log)) is None


@pytest.mark.parametrize(
    ("text", "age"), [("loading the model\n", 0), ("", 0), (SAID, 60)], ids=["killed", "empty", "old"]
)
def test_a_job_that_said_nothing_is_shown_as_snakemake_shows_it(tmp_path, text, age):
    log = logged(tmp_path, text, age)
    assert shown("Error in rule prepare_rows", event="job_error", log=[str(log)]) == "Error in rule prepare_rows"
    assert shown(COMMAND.format(log)) == COMMAND.format(log)


def test_a_log_that_was_never_written_does_not_break_the_display(tmp_path):
    record = logging.makeLogRecord(
        {"msg": "Error in rule x", "event": "job_error", "log": [str(tmp_path / "none.log")]}
    )
    assert failures.OneLine().filter(record)
    assert record.event is None  # an event would make the display read the log


def test_an_error_of_the_system_is_one_line_with_what_to_do():
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1\nOSError: [Errno 28] No space left on device\n'
    assert shown(trace) == "error: No space left on device (the disk is full: free some space and run again)"
    assert shown(trace.replace("OSError: [Errno 28] No", "KeyError: no")) == trace.replace(
        "OSError: [Errno 28] No", "KeyError: no"
    )


def test_other_messages_are_left_alone():
    for message in ("Nothing to be done", "error: something", "MissingOutputException: a.csv"):
        assert shown(message) == message


def test_the_reasons_of_all_failed_jobs_stand_last_with_their_logs(tmp_path):
    one_line = failures.OneLine()
    for name, text in (("a", SAID), ("b", "fine\n"), ("c", "warning\nerror: no space\n")):
        (tmp_path / f"{name}.log").write_text(text)
    with pytest.raises(SystemExit) as caught:
        one_line.stop(tmp_path)
    assert caught.value.code == f"{SAID}       log: {tmp_path}/a.log\nerror: no space\n       log: {tmp_path}/c.log"
    shutil.rmtree(tmp_path)
    one_line.stop(tmp_path)  # no job said anything: the last word is Snakemake's


def test_a_folder_that_must_not_be_written_to_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(failures.os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(UserError, match="no permission to write; change its owner or mode, or choose another folder"):
        failures.check_places([tmp_path / "results/mini"])


def test_a_run_does_not_start_on_a_full_disk(tmp_path, monkeypatch):
    full = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(failures.shutil, "disk_usage", lambda _: full)
    with pytest.raises(UserError, match="the disk is full: free some space"):
        failures.check_places([tmp_path / "results/mini"])


def test_a_place_that_is_there_or_can_be_made_is_fine(tmp_path):
    failures.check_places([tmp_path, tmp_path / "results/mini"])
    assert not list(tmp_path.iterdir())


FAULTY = """
from kotune.core import console
from kotune.core.errors import UserError
def main(argv):
    console.to_log("job.log")
    print("a library talks")
    raise {}
console.run(main)
"""


def job(tmp_path, error, **environment):
    here = {**os.environ, "PYTHONPATH": str(Path(console.__file__).parents[2]), **environment}
    command = [sys.executable, "-c", FAULTY.format(error)]
    return subprocess.run(command, cwd=tmp_path, env=here, capture_output=True, text=True, timeout=60)


def test_a_users_error_is_one_line_and_exit_code_2(tmp_path):
    done = job(tmp_path, "UserError('a.csv: broken\\nmend it')")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "error: a.csv: broken mend it\n")
    assert failures.reason_in(tmp_path / "job.log") == "a.csv: broken mend it"


def test_an_error_of_ours_is_one_line_too_and_its_log_has_the_traceback(tmp_path):
    done = job(tmp_path, "ValueError('a\\nb')")
    assert (done.returncode, done.stderr) == (1, "error: ValueError: a b (the log has the whole story)\n")
    assert "Traceback" in (tmp_path / "job.log").read_text()


def test_what_a_job_says_reaches_the_workflow_that_listens(tmp_path, monkeypatch):
    monkeypatch.setenv(relay.VARIABLE, "")
    heard = []
    relay.listen(heard.append)
    done = job(tmp_path, "UserError('a.csv: broken')")
    assert (done.returncode, done.stderr) == (2, "")
    end = time.monotonic() + 10
    while not heard and time.monotonic() < end:
        time.sleep(0.01)
    assert heard == ["error: a.csv: broken"]


def test_where_nobody_listens_a_job_writes_to_the_terminal(tmp_path):
    pipe = tmp_path / "said"
    os.mkfifo(pipe)
    for place in (pipe, tmp_path / "not there"):
        assert (
            job(tmp_path, "UserError('a.csv: broken')", **{relay.VARIABLE: str(place)}).stderr
            == "error: a.csv: broken\n"
        )


def test_one_full_disk_is_told_once_and_hides_what_jobs_could_not_log(tmp_path, monkeypatch):
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1\nOSError: [Errno 28] No space left on device\n'
    one_line = failures.OneLine()

    def passes(text, **extra):
        return one_line.filter(
            logging.makeLogRecord({"msg": text, "levelno": logging.ERROR, "levelname": "ERROR", **extra})
        )

    assert [passes(trace), passes(trace)] == [True, False]
    log = logged(tmp_path, "")
    assert passes(COMMAND.format(log))
    monkeypatch.setattr(failures.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    assert not passes(COMMAND.format(log))
    assert not passes("Error in rule prepare_rows", event="job_error", log=[str(log)])
    with pytest.raises(SystemExit, match=f"^error: {tmp_path}: cannot write, the disk is full: free some space"):
        one_line.stop(tmp_path)


def test_a_job_whose_log_takes_nothing_still_says_why_it_ends(tmp_path):
    script = FAULTY.replace('console.to_log("job.log")', 'console.to_log("/dev/full")').replace(
        'print("a library talks")', ""
    )
    for error, code, line in (
        ("UserError('a.csv: broken')", 2, "error: a.csv: broken\n"),
        ("OSError(28, 'No space left on device')", 1, "error: the disk is full: free some space and run again\n"),
        ("ValueError('x')", 1, "error: ValueError: x (the log has the whole story)\n"),
    ):
        here = {**os.environ, "PYTHONPATH": str(Path(console.__file__).parents[2])}
        command = [sys.executable, "-c", script.format(error)]
        done = subprocess.run(command, cwd=tmp_path, env=here, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (code, line)
