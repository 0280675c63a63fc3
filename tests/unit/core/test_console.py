"""What the terminal shows while a script runs, and what goes to its log."""

import subprocess
import sys

import pytest
from checkout import ROOT

from kotune.core import console

SCRIPT = """
import os, sys
sys.path.insert(0, {scripts!r})
from kotune.core import console
from kotune.core.errors import UserError

def main(argv=None):
    console.to_log({log!r})
    print("library noise")
    os.write(2, b"noise from C\\n")
    console.say("trained: 60 steps")
    {ending}

console.run(main)
"""


def run(tmp_path, ending):
    log = tmp_path / "logs/x.log"
    code = SCRIPT.format(scripts=str(ROOT / "scripts"), log=str(log), ending=ending)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    return done, log.read_text(encoding="utf-8")


def test_the_terminal_shows_what_is_said_and_the_log_everything(tmp_path):
    done, log = run(tmp_path, "pass")
    assert done.returncode == 0
    assert done.stdout + done.stderr == "trained: 60 steps\n"
    assert "library noise" in log and "noise from C" in log and "trained: 60 steps" in log


def test_a_users_error_is_one_line_and_exit_code_2(tmp_path):
    done, log = run(tmp_path, "raise UserError('rows.csv, row 3: no answer; fill it in')")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "error: rows.csv, row 3: no answer; fill it in"
    assert "Traceback" not in done.stderr + log


def test_our_own_fault_has_its_traceback_in_the_log_only(tmp_path):
    done, log = run(tmp_path, "1 / 0")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr and "Traceback" not in done.stderr
    assert "Traceback" in log


def test_a_cancelled_script_leaves_no_half_written_file(tmp_path):
    ending = f"""
    from kotune.core.storage import replacing
    import signal
    with replacing({str(tmp_path / "rows.csv")!r}) as beside:
        beside.write_text("half")
        os.kill(os.getpid(), signal.SIGTERM)
    """
    done, _ = run(tmp_path, ending.strip())
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1] == "stopped"
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (89, "89 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")])
def test_durations_are_said_as_a_person_says_them(seconds, said):
    assert console.duration(seconds) == said


def test_progress_counts_from_where_a_resumed_job_starts(monkeypatch):
    said, clock = [], iter([0.0, 10.0, 20.0])
    monkeypatch.setattr(console, "say", said.append)
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    progress = console.Progress("train x", 100, every=5)
    progress.update(91, "loss 0.5")  # one step took ten seconds
    progress.update(92)
    assert said == ["train x: 91/100, loss 0.5, about 1 min 30 s left", "train x: 92/100, about 80 s left"]
