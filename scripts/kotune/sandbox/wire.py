"""What program and tests tell each other: plain values as bytes, in frames, over a file descriptor.

Both sides of the sandbox load this module, and so it imports as little as can be. A value is None, a truth value, a
number, text, bytes, or a list, tuple, set, frozenset or dict of such. A subclass becomes the plain value that it is
made of: whatever a program sends, the tests compare plain values, whose `==` is Python's own. Nothing that is read is
run. Reads and writes the descriptors that it is given.
"""

from __future__ import annotations

import os

DEEPEST = 100  # lists within lists
_HEAD = 8  # hexadecimal digits of a frame's length


class Strange(Exception):
    """A value that cannot be sent: of another type, or nested too deep."""


class TooLong(Exception):
    """A frame of more bytes than are allowed."""


class Broken(Exception):
    """Bytes that are no value."""


def _counted(letter: bytes, raw: bytes) -> bytes:
    return letter + b"%d:" % len(raw) + raw


def _parts(value: object) -> tuple[bytes, list] | None:
    """Return the letter and the parts of a container, or None."""
    if isinstance(value, list):
        return b"l", list(list.__iter__(value))
    if isinstance(value, tuple):
        return b"t", list(tuple.__iter__(value))
    if isinstance(value, dict):
        return b"d", [part for pair in dict.items(value) for part in pair]
    if isinstance(value, set):
        return b"u", list(set.__iter__(value))
    if isinstance(value, frozenset):
        return b"z", list(frozenset.__iter__(value))
    return None


def dumps(value: object, depth: int = 0) -> bytes:
    """Return a value as bytes; Strange for one that is not plain."""
    if value is None or value is True or value is False:
        return {None: b"n", True: b"y", False: b"x"}[value]
    if isinstance(value, int):
        return _counted(b"i", b"%x" % int.__index__(value))
    if isinstance(value, float):
        return _counted(b"f", float.hex(float.__pos__(value)).encode())
    if isinstance(value, complex):
        value = complex.__pos__(value)
        return b"c" + dumps(value.real) + dumps(value.imag)
    if isinstance(value, str):
        return _counted(b"s", str.encode(value, "utf-8", "surrogatepass"))
    if isinstance(value, (bytes, bytearray)):
        return _counted(b"b", bytes(value))
    found = _parts(value)
    if found is None:
        raise Strange(type(value).__name__)
    if depth == DEEPEST:
        raise Strange(f"lists within lists, deeper than {DEEPEST}")
    letter, parts = found
    return letter + b"%d:" % len(parts) + b"".join([dumps(part, depth + 1) for part in parts])


class _Reader:
    """Reads one value after another from bytes."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def _number(self) -> int:
        end = self.raw.find(b":", self.at, self.at + 20)
        if end < 0 or not self.raw[self.at : end].isdigit():
            raise Broken("a length is missing")
        found, self.at = int(self.raw[self.at : end]), end + 1
        return found

    def _bytes(self) -> bytes:
        count = self._number()
        found = self.raw[self.at : self.at + count]
        if len(found) < count:
            raise Broken("bytes are missing")
        self.at += count
        return found

    def _many(self, depth: int) -> list:
        count = self._number()
        if depth == DEEPEST or count > len(self.raw) - self.at:
            raise Broken("too deep, or parts are missing")
        return [self.value(depth + 1) for _ in range(count)]

    def value(self, depth: int = 0) -> object:
        letter = self.raw[self.at : self.at + 1]
        self.at += 1
        try:
            match letter:
                case b"n" | b"y" | b"x":
                    return {b"n": None, b"y": True, b"x": False}[letter]
                case b"i":
                    return int(self._bytes(), 16)
                case b"f":
                    return float.fromhex(self._bytes().decode())
                case b"c":
                    return complex(self.value(depth), self.value(depth))
                case b"s":
                    return self._bytes().decode("utf-8", "surrogatepass")
                case b"b":
                    return self._bytes()
                case b"l":
                    return self._many(depth)
                case b"t":
                    return tuple(self._many(depth))
                case b"u":
                    return set(self._many(depth))
                case b"z":
                    return frozenset(self._many(depth))
                case b"d":
                    parts = self._many(depth)
                    return dict(zip(parts[::2], parts[1::2], strict=True))
        except (ValueError, TypeError, OverflowError) as error:
            raise Broken(str(error)) from error
        raise Broken(f"{letter!r} begins no value")


def loads(raw: bytes) -> object:
    """Return the value that bytes hold; Broken where they hold none, or something behind it."""
    reader = _Reader(raw)
    found = reader.value()
    if reader.at != len(raw):
        raise Broken("something stands behind the value")
    return found


def _exactly(channel: int, count: int) -> bytes | None:
    parts = []
    while count:
        part = os.read(channel, min(count, 1 << 16))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def send(channel: int, value: object, most: int) -> None:
    """Write one value as a frame; Strange, or TooLong above so many bytes, and then nothing is written."""
    raw = dumps(value)
    if len(raw) > most:
        raise TooLong(f"{len(raw)} bytes")
    raw = b"%08x" % len(raw) + raw
    while raw:
        raw = raw[os.write(channel, raw) :]


def receive(channel: int, most: int) -> object:
    """Return the next value; EOFError where there is none, TooLong and Broken for what is none."""
    try:
        head = _exactly(channel, _HEAD)
        if head is None:
            raise EOFError
        try:
            count = int(head, 16)
        except ValueError as error:
            raise Broken("a frame without a length") from error
        if count > most:
            raise TooLong(f"{count} bytes")
        raw = _exactly(channel, count)
    except ConnectionError as error:
        raise EOFError from error
    if raw is None:
        raise EOFError
    return loads(raw)
