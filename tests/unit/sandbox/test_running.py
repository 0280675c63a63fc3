"""Programs in the sandbox: six outcomes, and each guard with a harmless stand-in for what it holds."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from isolated import isolated

from kotune.core.errors import UserError
from kotune.sandbox import isolation, running
from kotune.sandbox.limits import MIB, Limits
from kotune.sandbox.running import run_programs
from kotune.sandbox.tester import ERROR, FAILED, MEMORY, NOT_RUN, PASSED, TIME
from kotune.sandbox.worker import Program, Verdict, Worker

SCRIPTS = Path(running.__file__).parents[2]
TESTS = "def check(candidate):\n    assert candidate(2) == 3\n    assert candidate(-1) == 0\n"
RIGHT = "def after(x):\n    return x + 1\n"
SMALL = Limits(cpu=1, wall=10.0, memory=256 * MIB, output=16 << 10, folder=MIB, processes=6)


def program(source: str, tests: str = TESTS, entry: str = "after") -> Program:
    return Program("toy", source, entry, tests, RIGHT)


def verdict(source: str, tests: str = TESTS, limits: Limits = SMALL) -> Verdict:
    return run_programs([program(source, tests)], limits)[0]


def returned(body: str) -> object:
    """Return what a function of this body gives within the sandbox, as its tests see it."""
    source = "def after(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    found = verdict(source, "assert False, repr(after(1))")
    assert found.outcome == FAILED, found
    return eval(found.reason.removeprefix("AssertionError: "))


pytestmark = isolated


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        (RIGHT, PASSED),
        ("def after(x):\n    return x + 2\n", FAILED),
        ("def after(x):\n    pass\n", FAILED),
        ("def after(x):\n    return None + x\n", ERROR),
        ("def after(x) return\n", ERROR),
        ("def before(x):\n    return x\n", ERROR),
        ("import no_such_module\n" + RIGHT, ERROR),
        ("def after(x):\n    while True: pass\n", TIME),
        ("def after(x):\n    return len('x' * (300 << 20)) and x + 1\n", MEMORY),
        ("def after(x):\n    print('x' * (64 << 10))\n    return x + 1\n", MEMORY),
        ("def after(x):\n    return 'x' * (64 << 10)\n", MEMORY),
    ],
    ids=["right", "wrong", "empty", "raises", "syntax", "no-function", "module", "loop", "memory", "print",
         "answer"],
)  # fmt: skip
def test_what_becomes_of_a_program(source, outcome):
    assert verdict(source).outcome == outcome


# what a program might do instead of the work; none of it says anything to whoever gives the verdict
@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys.exit(0)\n",
        "import os\nos._exit(0)\n",
        "import os\ndef after(x):\n    os._exit(0)\n",
        "print('passed')\nraise SystemExit\n",
        "class Equal:\n    def __eq__(self, other):\n        return True\ndef after(x):\n    return Equal()\n",
        "class Equal(int):\n    def __eq__(self, other):\n        return True\ndef after(x):\n    return Equal(7)\n",
        "class Equal(list):\n    def __eq__(self, other):\n        return True\ndef after(x):\n    return Equal()\n",
    ],
    ids=["leaves", "leaves-at-once", "leaves-when-called", "prints-passed", "equals-all", "equal-int", "equal-list"],
)
def test_a_program_that_avoids_its_tests_does_not_pass(source):
    assert verdict(source).outcome in (ERROR, FAILED)


def test_leaving_is_no_way_through_tests_that_catch_all():
    tests = "try:\n    after(1)\nexcept:\n    pass\n"
    assert verdict("import os\ndef after(x):\n    os._exit(0)\n", tests).outcome == ERROR


def test_tests_may_ask_for_an_exception():
    tests = "try:\n    after('x')\nexcept TypeError:\n    pass\nelse:\n    assert False\n"
    assert verdict(RIGHT, tests).outcome == PASSED
    assert verdict("def after(x):\n    return x\n", tests).outcome == FAILED


def test_nothing_can_be_written_beside_the_programs_folder(tmp_path):
    tmp_path.chmod(0o777)
    body = f"""
found = []
for path in ("/beside", "/usr/beside", "/dev/beside", "/harness/beside", {str(tmp_path / "beside")!r}, "within"):
    try:
        open(path, "w").close()
        found.append(path)
    except OSError:
        pass
return found"""
    assert returned(body) == ["within"]
    assert not list(tmp_path.iterdir())


def test_a_program_sees_no_file_and_no_variable_of_the_user(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "not a token")
    here = str(Path(__file__))
    assert returned(f"import os\nreturn dict(os.environ), os.path.exists({here!r}), os.listdir('.')") == ({}, False, [])


def test_a_program_has_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=1).close()
except OSError:
    return "none"
return "connected\""""
        assert returned(body) == "none"


def test_a_program_has_few_processes_and_no_rights():
    body = """
import os, time
children = []
try:
    for _ in range(8):
        child = os.fork()
        if not child:
            time.sleep(30)
            os._exit(0)
        children.append(child)
except OSError:
    pass
for child in children:
    os.kill(child, 9)
    os.waitpid(child, 0)
return len(children), os.geteuid() == 0, os.getpid() < 10"""
    forks, root, alone = returned(body)
    assert forks < 6
    assert (root, alone) == (False, True)


def test_a_child_that_stays_behind_ends_with_its_program():
    source = "import os, time\nif not os.fork():\n    time.sleep(977)\n" + RIGHT
    assert verdict(source).outcome == PASSED
    time.sleep(0.2)
    users = {isolation.user_of(slot) for slot in range(2)} if os.geteuid() == 0 else set()
    left = [entry for entry in Path("/proc").glob("[0-9]*") if _user(entry) in users]
    assert not left


def _user(entry: Path) -> int | None:
    try:
        return entry.stat().st_uid
    except OSError:
        return None


def test_a_file_in_the_folder_has_an_end():
    source = "def after(x):\n    with open('f', 'w') as file:\n        file.write('x' * (2 << 20))\n    return x + 1\n"
    assert verdict(source).outcome == MEMORY


def test_a_set_of_texts_has_one_order():
    body = "return list({'가', '나', '다', '라', 'a', 'b', 'c'})"
    assert returned(body) == returned(body)


def test_tests_that_never_end_are_ended():
    assert verdict(RIGHT, "while True: pass").outcome == TIME
    short = Limits(cpu=1, wall=2.0)
    found = run_programs([program(RIGHT, "import time\ntime.sleep(30)"), program(RIGHT)], short, workers=1)
    assert [one.outcome for one in found] == [TIME, PASSED]


def test_programs_keep_their_order():
    sources = [f"def after(x):\n    return {number}\n" for number in range(12)]
    each = []
    found = run_programs(
        [program(source, "assert False, after(0)") for source in sources],
        SMALL,
        each=lambda place, _: each.append(place),
    )
    assert [one.reason for one in found] == [f"AssertionError: {number}" for number in range(12)]
    assert sorted(each) == list(range(12))


def test_what_was_not_run_is_tried_again_and_several_in_a_row_end_the_job(monkeypatch):
    tried = []

    def not_run(self, one):
        tried.append(one.name)
        return Verdict(NOT_RUN, "no more processes")

    monkeypatch.setattr(Worker, "run", not_run)
    few = run_programs([program(RIGHT)] * 3, workers=1)
    assert [one.outcome for one in few] == [NOT_RUN] * 3
    assert len(tried) == 6
    with pytest.raises(UserError, match="5 programs in a row were not run, the last 'toy': no more processes"):
        run_programs([program(RIGHT)] * 9, workers=1)


@pytest.mark.skipif(os.geteuid() != 0, reason="another user can be taken by root alone")
def test_another_user_can_isolate_programs_too():
    python = Path(isolation.python())
    if not all(folder.stat().st_mode & 1 for folder in python.parents):
        python = Path("/usr/bin/python3")
    if (
        not python.exists()
        or subprocess.run([python, "-c", "import sys; sys.exit(sys.version_info < (3, 10))"]).returncode
    ):
        pytest.skip(f"no Python that another user can start: {python}")
    folder = Path(tempfile.mkdtemp(prefix="kotune-sandbox-"))
    try:
        folder.chmod(0o755)
        for package in ("core", "sandbox"):
            shutil.copytree(SCRIPTS / "kotune" / package, folder / "kotune" / package)
        code = f"import sys; sys.path.insert(0, {str(folder)!r}); from kotune.sandbox import running as r; print(r.refusal())"
        done = subprocess.run(
            [python, "-B", "-c", code], user=65534, group=65534, extra_groups=[], capture_output=True, text=True
        )
        assert done.stdout.strip() == "None", done
    finally:
        shutil.rmtree(folder)


def test_where_nothing_isolates_nothing_runs(monkeypatch):
    monkeypatch.setattr(isolation, "found", lambda: None)
    running.refusal.cache_clear()
    try:
        with pytest.raises(UserError, match="isolated by bubblewrap, which is not here; install bubblewrap 0.8"):
            run_programs([program(RIGHT)])
    finally:
        running.refusal.cache_clear()
