"""The client passes signals on, and starts a script plainly where there is no server."""

import signal
import subprocess
import sys

import pytest
from fork_servers import serving, written

from kotune.forks import client

WAITS = """
import signal, sys, time
def told(number, frame):
    print("told", number, flush=True)
    if number == signal.SIGTERM:
        sys.exit(130)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, told)
print("ready", signal.getsignal(signal.SIGHUP) == signal.SIG_IGN, flush=True)
while True:
    time.sleep(0.01)
"""


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path) as running:
        yield running


def test_signals_reach_the_fork_once_each(tmp_path, server):
    job = server.start(written(tmp_path, WAITS))
    assert job.stdout.readline() == "ready False\n"
    for number in (signal.SIGUSR1, signal.SIGINT):
        job.send_signal(number)
        assert job.stdout.readline() == f"told {int(number)}\n"
    job.send_signal(signal.SIGTERM)
    shown, _ = job.communicate(timeout=10)
    assert (shown, job.returncode) == ("told 15\n", 130)


def test_ctrl_c_ends_a_job_that_does_nothing_about_it_as_it_ends_any_python(tmp_path, server):
    job = server.start(written(tmp_path, "import time; print('ready', flush=True); time.sleep(60)"))
    job.stdout.readline()
    job.send_signal(signal.SIGINT)
    _, noise = job.communicate(timeout=10)
    assert job.returncode == -signal.SIGINT and "KeyboardInterrupt" in noise


def test_without_a_server_a_script_starts_plainly_with_one_line(tmp_path):
    script = written(tmp_path, "import sys; print(sys.argv[1:]); sys.exit(4)")
    done = subprocess.run(
        [sys.executable, "-I", "-S", client.__file__, str(tmp_path / "nothing"), str(script), "x"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("['x']\n", 4)
    assert done.stderr == "note: job.py loads its libraries itself: the fork server has ended\n"
