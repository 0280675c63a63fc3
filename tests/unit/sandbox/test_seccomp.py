"""The filter of calls, read as the kernel reads it."""

import os
import struct

import pytest

from kotune.core.errors import UserError
from kotune.sandbox import seccomp

ALLOWED, SIGCHLD, THREAD = 0x7FFF0000, 17, 0x10000


def answer(machine: str, number: int, first: int = 0, architecture: int | None = None) -> int:
    """Return what the filter answers to a call."""
    held = {0: number, 4: seccomp.MACHINES[machine][0] if architecture is None else architecture, 16: first}
    raw, place, value = seccomp.program(machine), 0, 0
    while True:
        code, if_true, if_false, constant = struct.unpack_from("<HBBI", raw, 8 * place)
        place += 1
        if code == 0x06:
            return constant
        if code == 0x20:
            value = held[constant]
            continue
        true = {0x15: value == constant, 0x35: value >= constant, 0x45: bool(value & constant)}[code]
        place += if_true if true else if_false


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_what_makes_or_enters_namespaces_is_refused(machine):
    _, clone, clone3, refused = seccomp.MACHINES[machine]
    assert {answer(machine, number) & 0xFFFF for number in refused.values()} == {1}
    assert answer(machine, clone3) & 0xFFFF == 38
    assert answer(machine, clone, 0x10000000 | SIGCHLD) & 0xFFFF == 1


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_what_a_program_needs_is_allowed(machine):
    clone = seccomp.MACHINES[machine][1]
    assert answer(machine, clone, SIGCHLD) == ALLOWED
    assert answer(machine, clone, THREAD) == ALLOWED
    assert {
        answer(machine, number) for number in {"x86_64": (0, 1, 9, 59), "aarch64": (63, 64, 222, 221)}[machine]
    } == {ALLOWED}


def test_calls_of_another_kind_of_machine_end_the_program():
    assert answer("x86_64", 0, architecture=0x40000003) == 0x80000000
    assert answer("x86_64", 0x40000000) & 0xFFFF == 38


def test_another_machine_is_refused_by_its_name():
    with pytest.raises(UserError, match="isolated on riscv64: only on x86_64 and aarch64"):
        seccomp.program("riscv64")


def test_the_filter_can_be_read_from_its_descriptor():
    descriptor = seccomp.descriptor()
    if seccomp.platform.machine() in seccomp.MACHINES:
        assert os.read(descriptor, 1 << 16) == seccomp.program()
    os.close(descriptor)
