"""A process holds itself to its limits, and cannot take them back."""

import os
import resource

from kotune.sandbox import bounds
from kotune.sandbox.limits import MIB, Limits


def in_a_child(act) -> str:
    """Return what a child process says of itself after ``act``."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(into, str(act()).encode())
        finally:
            os._exit(0)
    os.close(into)
    said = os.read(out, 1 << 16).decode()
    os.close(out)
    os.waitpid(child, 0)
    return said


def test_soft_and_hard_limits_are_set():
    def act():
        bounds.hold(*map(int, Limits(cpu=2, memory=900 * MIB, folder=MIB, processes=5).words()[:-1]))
        names = ("CPU", "AS", "FSIZE", "NPROC", "CORE")
        return [resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names]

    assert in_a_child(act) == str([(2, 3), (900 * MIB, 900 * MIB), (MIB, MIB), (5, 5), (0, 0)])


def test_nobody_else_is_asked_for_by_zero():
    assert in_a_child(lambda: (bounds.become(0), os.getuid())[1]) == str(os.getuid())
