"""The tests' side: the verdict, from plain values alone."""

import socket
import threading

import pytest
from served import served

from kotune.sandbox import tester, wire

RIGHT = 'def after(x):\n    """\n    >>> after(1)\n    2\n    >>> after(2)\n    4\n    """\n    return x + 1\n'


def verdict(source: str, tests: str, examples: bool = False, reference: str = RIGHT):
    job = {"program": source, "entry": "after", "tests": tests, "reference": reference, "examples": examples}
    with served() as channel:
        return tester.verdict_of(job, channel, 1 << 16)


@pytest.mark.parametrize(
    ("source", "tests", "outcome"),
    [
        (RIGHT, "assert after(1) == 2", "passed"),
        (RIGHT, "def check(candidate):\n    assert candidate(1) == 3", "failed"),
        ("def after(x):\n    return []", "assert abs(after(1)) == 1", "failed"),
        ("def after(x):\n    assert x == 7", "assert after(1) == 2", "error"),
        ("def after(x):\n    raise ValueError", "try:\n    after(1)\nexcept ValueError:\n    pass", "passed"),
        ("def after(x):\n    raise MemoryError", "try:\n    after(1)\nexcept:\n    pass", "memory or output limit"),
        ("def after(x):\n    return object()", "after(1)", "failed"),
        (RIGHT, "after(lambda: 1)", "error"),
        (RIGHT, "helper(1)", "failed"),
    ],
)
def test_the_verdict(source, tests, outcome):
    assert verdict(source, tests)[0] == outcome


def test_tests_may_use_the_references_other_functions():
    reference = "def half(x):\n    return x / 2\n" + RIGHT
    assert verdict(RIGHT, "assert half(after(3)) == 2", reference=reference)[0] == "passed"


def test_the_examples_of_a_docstring_are_counted():
    outcome, reason, told = verdict(RIGHT, "", examples=True)
    assert (outcome, reason) == ("failed", "1 of 2 examples")
    assert (told["examples"], told["wrong"]) == (2, 1)
    outcome, _, told = verdict("def after(x):\n    return x", "", True, "def after(x):\n    return x")
    assert (outcome, told["examples"]) == ("passed", 0)


def test_examples_that_cannot_be_read_are_wrong():
    strange = 'def after(x):\n    """\n        >>> after("a\n    b")\n    """\n    return x\n'
    outcome, _, told = verdict(strange, "", True, strange)
    assert (outcome, told["examples"], told["wrong"]) == ("failed", 1, 1)


@pytest.mark.parametrize("sent", [("value", 1), ("passed",), "passed", 7, ("value", 2, 0.1, 5, "more"), ()])
def test_a_program_that_writes_what_it_likes_does_not_pass(sent):
    ours, theirs = socket.socketpair()

    def forge():
        wire.receive(theirs.fileno(), 1 << 16)
        wire.send(theirs.fileno(), ("defined",), 1 << 16)
        wire.send(theirs.fileno(), sent, 1 << 16)

    thread = threading.Thread(target=forge)
    thread.start()
    job = {"program": "", "entry": "after", "tests": "assert after(1) == 2", "reference": RIGHT, "examples": False}
    assert tester.verdict_of(job, ours.fileno(), 1 << 16)[0] == "error"
    thread.join()
    ours.close()
    theirs.close()


def test_a_program_that_is_gone_has_left():
    ours, theirs = socket.socketpair()
    theirs.close()
    candidate = tester.Candidate(ours.fileno(), 1 << 16)
    with pytest.raises(tester.Ended, match="the program left"):
        candidate.hear()
    assert candidate.ended.outcome == tester.ERROR
    ours.close()
