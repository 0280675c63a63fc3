"""A worker: one program after another; what a sandbox is to blame for is no answer of the program."""

import pytest
from isolated import isolated

from kotune.sandbox import isolation
from kotune.sandbox.limits import Limits
from kotune.sandbox.tester import MEMORY, NOT_RUN, PASSED, TIME
from kotune.sandbox.worker import Program, Worker

RIGHT = "def after(x):\n    return x + 1\n"
SLEEPS = "import time\ndef after(x):\n    time.sleep(2)\n    return x + 1\n"
pytestmark = isolated


@pytest.fixture
def worker():
    made = Worker(Limits(wall=1.0), 0)
    yield made
    made.close()


def program(source: str) -> Program:
    return Program("toy", source, "after", "assert after(1) == 2")


def test_a_worker_goes_on_after_what_it_ended(worker):
    worker.limits = Limits(wall=1.0)
    assert worker.run(program(SLEEPS)).outcome == TIME
    worker.limits = Limits()
    assert worker.run(program("print('x' * (1 << 20))\n" + RIGHT)).outcome == MEMORY
    assert worker.run(program(RIGHT)).outcome == PASSED


def test_a_sandbox_that_does_not_start_is_no_wrong_answer(worker, monkeypatch):
    monkeypatch.setattr(isolation, "python", lambda: "/usr/bin/no-such-python")
    assert worker.run(program(RIGHT)).outcome == NOT_RUN


def test_memory_is_the_programs_alone(worker):
    held = bytearray(200 << 20)  # held by who starts it
    worker.limits = Limits()
    found = worker.run(program(RIGHT))
    assert 1000 < found.memory < 100 << 10, len(held)
    assert 0 < found.cpu < 1
