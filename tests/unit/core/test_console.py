"""What the terminal shows while a script runs, and what goes to its log."""

import json
import signal
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


SCRIPTS = sorted([*(ROOT / "scripts").glob("*.py"), *(ROOT / "tools").glob("*.py")])


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


# what a library does that is torn down while a thread of its own still runs
TORN_DOWN = """
    import ctypes
    libc = ctypes.CDLL(None)
    getattr(libc, "__cxa_atexit")(ctypes.cast(libc.abort, ctypes.c_void_p), None, None)
"""


def test_the_stand_in_of_a_racing_library_kills_a_process_that_python_ends():
    code = "\n".join(line.strip() for line in TORN_DOWN.splitlines())
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60).returncode == -signal.SIGABRT


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("pass", 0),
        ("raise UserError('rows.csv: no')", 2),
        ("1 / 0", 1),
        ("raise KeyboardInterrupt", 130),
        ("sys.exit(3)", 3),
        ("sys.exit('said')", 1),
        ("sys.exit()", 0),
    ],
)
def test_no_library_can_change_how_a_script_ends(tmp_path, ending, code):
    done, _ = run(tmp_path, f"{TORN_DOWN.strip()}\n    {ending}")
    assert done.returncode == code


def test_what_was_left_for_the_end_is_done_before_it(tmp_path):
    ending = f"""
    import atexit, pathlib, threading, time
    out = pathlib.Path({str(tmp_path / "out")!r})
    atexit.register(lambda: out.write_text(out.read_text() + " and at the end"))
    threading.Thread(target=lambda: (time.sleep(0.3), out.write_text("in a thread"))).start()
    sys.stdout.reconfigure(line_buffering=False)
    print("held back", end="")
    """
    done, log = run(tmp_path, ending.strip())
    assert done.returncode == 0
    assert (tmp_path / "out").read_text() == "in a thread and at the end"
    assert "held back" in log


def test_a_script_that_reads_a_broken_file_ends_as_it_says_however_busy_the_machine_is(tmp_path):
    (tmp_path / "rows.csv").write_text("id,context,question,answer\n1,a,b\n")
    source = {"dataset": "x", "path": str(tmp_path / "rows.csv"), "split": {"valid": 0.1, "test": 0.1, "seed": 1}}
    command = [sys.executable, str(ROOT / "scripts/prepare_rows.py"), "--source", json.dumps(source)]
    command += ["--output-dir", str(tmp_path / "rows")]
    at_once = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(8)]
    for one in at_once:
        said, _ = one.communicate(timeout=300)
        assert one.returncode == 2, said
        assert len(said.splitlines()) == 1 and said.startswith("error: ") and "row 1 (line 2): 3 cells" in said


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_begins_and_ends_by_run(script):
    text = script.read_text(encoding="utf-8")
    assert "__main__" not in text or text.endswith('if __name__ == "__main__":\n    console.run(main)\n')


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
