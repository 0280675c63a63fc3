"""The program's side: what it says of calls, of faults and of values that cannot be sent."""

import pytest
from served import served

from kotune.sandbox import wire

SOURCE = """
from dataclasses import dataclass
@dataclass
class Pair:
    left: int
def f(kind):
    if kind == "value":
        return (1, [2])
    if kind == "object":
        return Pair(1)
    if kind == "long":
        return "x" * (1 << 17)
    if kind == "memory":
        raise MemoryError
    if kind == "own":
        class Fault(KeyError):
            pass
        raise Fault("nothing there")
    raise SystemExit
"""


def said(kind: str, source: str = SOURCE, entry: str = "f"):
    with served() as channel:
        wire.send(channel, (source, entry), 1 << 16)
        defined = wire.receive(channel, 1 << 16)
        if defined != ("defined",):
            return defined
        wire.send(channel, ([kind], {}), 1 << 16)
        return wire.receive(channel, 1 << 16)


def test_a_value_comes_with_what_it_took():
    kind, value, cpu, memory = said("value")
    assert (kind, value) == ("value", (1, [2]))
    assert cpu > 0 and memory > 1000


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("object", ("strange", "Pair")),
        ("memory", ("limit", "MemoryError")),
        ("own", ("raised", "KeyError", "'nothing there'")),
        ("leave", ("raised", "SystemExit", "")),
    ],
)
def test_what_is_no_value_is_named(kind, answer):
    assert said(kind) == answer


def test_an_answer_above_the_limit_is_not_sent():
    kind, reason = said("long")
    assert kind == "limit" and "an answer of 131" in reason


@pytest.mark.parametrize(
    ("source", "name"), [("def f(:", "SyntaxError"), ("x = 1", "NameError"), ("f = 3", "NameError"), ("1 / 0", "ZeroDivisionError")]
)  # fmt: skip
def test_a_program_that_defines_nothing_says_why(source, name):
    assert said("value", source)[:2] == ("raised", name)
