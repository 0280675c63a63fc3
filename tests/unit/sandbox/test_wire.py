"""Plain values go through a channel unchanged; whatever else a program sends is refused."""

import math
import os
from collections import Counter, namedtuple

import pytest

from kotune.sandbox import wire

PLAIN = [
    None, True, False, 0, -7, 2**200, -(10**5000), 1.5, -0.0, float("inf"), 2 + 3j, "", "가나다 \ud800", b"\x00\xff",
    [], [1, [2, (3,)]], (), (1,), set(), {1, "a"}, frozenset({2}), {}, {"a": [1], (1, 2): {"b": None}},
]  # fmt: skip


class EqualsAll(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize("value", PLAIN, ids=[str(place) for place in range(len(PLAIN))])
def test_a_plain_value_comes_back_with_its_type(value):
    back = wire.loads(wire.dumps(value))
    assert back == value
    assert type(back) is type(value)


def test_nan_comes_back():
    assert math.isnan(wire.loads(wire.dumps(float("nan"))))


def test_a_subclass_becomes_the_value_that_it_is_made_of():
    point = namedtuple("point", "x y")
    assert type(wire.loads(wire.dumps(point(1, 2)))) is tuple
    assert wire.loads(wire.dumps(Counter("aab"))) == {"a": 2, "b": 1}
    assert wire.loads(wire.dumps(EqualsAll(3))) != 4
    assert type(wire.loads(wire.dumps(EqualsAll(3)))) is int


@pytest.mark.parametrize("value", [object(), iter([]), len, range(3), type])
def test_what_is_no_plain_value_is_refused(value):
    with pytest.raises(wire.Strange):
        wire.dumps(value)


def test_lists_within_lists_have_an_end():
    endless = []
    endless.append(endless)
    with pytest.raises(wire.Strange, match="deeper"):
        wire.dumps(endless)


@pytest.mark.parametrize(
    "raw", [b"", b"q", b"i3:", b"i1:g", b"s9:ab", b"l9:n", b"d1:n", b"u1:l0:", b"nn", b"l1:" * 300 + b"n", b"s1:\xff"]
)
def test_bytes_that_hold_no_value_are_refused(raw):
    with pytest.raises(wire.Broken):
        wire.loads(raw)


def test_frames_follow_one_another_and_end():
    out, into = os.pipe()
    wire.send(into, [1], 100)
    wire.send(into, "둘", 100)
    os.close(into)
    assert wire.receive(out, 100) == [1]
    assert wire.receive(out, 100) == "둘"
    with pytest.raises(EOFError):
        wire.receive(out, 100)
    os.close(out)


def test_a_frame_above_the_limit_is_neither_sent_nor_read():
    out, into = os.pipe()
    with pytest.raises(wire.TooLong):
        wire.send(into, "x" * 200, 100)
    wire.send(into, "x" * 200, 1000)
    with pytest.raises(wire.TooLong):
        wire.receive(out, 100)
    os.close(out)
    os.close(into)
