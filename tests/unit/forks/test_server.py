"""A fork is what a plain start is, shares nothing with others, and ends with its client, its server and its script."""

import subprocess
import sys

import pytest
from fork_servers import alive, serving, variables, written
from sessions import wait_for

from kotune.forks.server import LIBRARIES, differing

TOLD = """
import os, sys, tempfile
print(__name__, __file__, sys.argv, sys.orig_argv[1:], sys.path[0], sys.executable)
print(os.getcwd(), os.umask(0), sys.stdin.read(), tempfile.gettempdir(), sys.stdout.line_buffering)
print({name: value for name, value in os.environ.items() if name.startswith(("KOTUNE", "HF_", "OMP"))})
print("kotune" in sys.modules, [name for name in sys.modules if name.startswith("kotune")])
print("for the other stream", file=sys.stderr)
sys.exit(7)
"""


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path) as running:
        yield running


def test_a_fork_is_what_a_plain_start_is(tmp_path, server):
    script = written(tmp_path, TOLD)
    (tmp_path / "typed").write_text("typed", encoding="utf-8")
    folder = tmp_path / "한글 폴더"
    folder.mkdir()
    how = {"cwd": folder, "env": variables(TMPDIR=str(folder)), "umask": 0o27}
    with open(tmp_path / "typed", encoding="utf-8") as typed:
        forked = server.run("../job.py", "a b", "--c", stdin=typed, **how)
    with open(tmp_path / "typed", encoding="utf-8") as typed:
        plain = subprocess.run(
            [sys.executable, "../job.py", "a b", "--c"], stdin=typed, capture_output=True, text=True, check=False, **how
        )
    assert script.is_file() and "typed" in plain.stdout
    assert forked == (plain.stdout, plain.stderr, plain.returncode)


@pytest.mark.parametrize(
    ("ending", "status", "said"),
    [
        ("pass", 0, ""),
        ("sys.exit('no')", 1, "no"),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("os._exit(130)", 130, ""),
        ("os.kill(os.getpid(), 9)", -9, ""),
        ("signal.signal(15, signal.SIG_DFL); os.kill(os.getpid(), 15)", -15, ""),
    ],
)
def test_the_client_ends_as_the_fork_does(tmp_path, server, ending, status, said):
    _, noise, code = server.run(written(tmp_path, f"import os, signal, sys\n{ending}\n"))
    assert (code, said in noise) == (status, True)


def test_libraries_are_shared_and_nothing_that_a_job_does_reaches_the_next(tmp_path, server):
    script = written(
        tmp_path,
        """
import os, random, sys
print("colorsys" in sys.modules, hasattr(sys.modules["colorsys"], "spoilt"), "SPOILT" in os.environ)
sys.modules["colorsys"].spoilt = True
os.environ["SPOILT"] = "1"
print(random.random())
""",
    )
    first, second = (server.run(script)[0].split("\n") for _ in range(2))
    assert first[0] == second[0] == "True False False"
    assert first[1] != second[1]  # as two plain starts differ


def test_a_job_with_other_variables_than_the_libraries_saw_starts_by_itself(tmp_path, server):
    script = written(tmp_path, "import os, sys; print('colorsys' in sys.modules, os.environ['OMP_NUM_THREADS'])")
    shown, noise, code = server.run(script, env=variables(OMP_NUM_THREADS="3"))
    assert (shown, code) == ("False 3\n", 0)
    assert noise == (
        "note: job.py loads its libraries itself: it has other variables than the fork server (OMP_NUM_THREADS)\n"
    )


def test_only_variables_that_no_library_reads_may_differ():
    assert differing({"A": "1", "TMPDIR": "/a"}, {"A": "1", "PWD": "/b"}) == ""
    assert "(A, B)" in differing({"A": "1"}, {"A": "2", "B": ""})


SLEEPS = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(60)"


def test_a_fork_dies_with_its_client(tmp_path, server):
    job = server.start(written(tmp_path, SLEEPS))
    pid = int(job.stdout.readline())
    job.kill()
    wait_for(lambda: not alive(pid), 10)
    assert server.run(written(tmp_path, "print('still served')"))[0] == "still served\n"


def test_a_fork_dies_with_the_server_and_the_client_says_so(tmp_path, server):
    job = server.start(written(tmp_path, SLEEPS))
    pid = int(job.stdout.readline())
    server.process.kill()
    assert job.wait(timeout=10) == 1
    assert job.stderr.read() == "error: the fork server was killed, and the job with it\n"
    wait_for(lambda: not alive(pid), 10)


def test_the_server_ends_after_the_run_and_its_last_fork_and_leaves_no_socket(tmp_path, server):
    job = server.start(written(tmp_path, "print(1, flush=True); input(); print(2)"), stdin=subprocess.PIPE)
    assert job.stdout.readline() == "1\n"
    server.process.stdin.close()
    with pytest.raises(subprocess.TimeoutExpired):
        server.process.wait(timeout=0.5)
    assert job.communicate("\n", timeout=10)[0] == "2\n"
    assert server.process.wait(timeout=10) == 0
    assert not (tmp_path / "sockets").exists()


@pytest.mark.parametrize("library", ["starts_a_thread", "no_such_library"])
def test_a_library_that_starts_a_thread_or_cannot_be_loaded_is_not_shared(tmp_path, library):
    # not a fixture: a server that ends at once
    place = tmp_path / "libraries"
    place.mkdir()
    (place / "starts_a_thread.py").write_text(
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()\n", encoding="utf-8"
    )
    with serving(tmp_path, libraries=("sys", library), more=str(place)) as server:
        assert server.process.wait(timeout=30) == 1
        shown, noise, code = server.run(written(tmp_path, "print('done')"))
    assert (shown, code) == ("done\n", 0)
    assert noise == "note: job.py loads its libraries itself: the fork server has ended\n"


@pytest.mark.slow
def test_the_libraries_start_no_thread():
    code = (
        "import importlib, os\n"
        f"for name in {LIBRARIES!r}: importlib.import_module(name)\n"
        "print(len(os.listdir('/proc/self/task')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env=variables(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
    )  # fmt: skip
    assert done.stdout == "1\n"
