"""Which calls of the kernel a program cannot make: those that make or enter namespaces, mount, trace, load.

A filter in the kernel's own form (classic BPF, man 2 seccomp), for bubblewrap to load. It is one guard more: without it
the namespaces, the user without rights and the limits hold as well. Reads and writes nothing.
"""

from __future__ import annotations

import os
import platform
import struct
from collections.abc import Iterable

from kotune.core.errors import UserError

EPERM, ENOSYS = 1, 38
NAMESPACES = 0x7E020000  # the flags of clone that make a namespace
_SAME = {"io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
         "mount_setattr": 442}  # fmt: skip
# machine: (AUDIT_ARCH, number of clone, of clone3, what is refused)
MACHINES: dict[str, tuple[int, int, int, dict[str, int]]] = {
    "x86_64": (0xC000003E, 56, 435, _SAME | {
        "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "ptrace": 101,
        "process_vm_readv": 310, "process_vm_writev": 311, "add_key": 248, "request_key": 249, "keyctl": 250,
        "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "open_by_handle_at": 304, "kexec_load": 246,
        "init_module": 175, "finit_module": 313, "delete_module": 176}),
    "aarch64": (0xC00000B7, 220, 435, _SAME | {
        "unshare": 97, "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "ptrace": 117,
        "process_vm_readv": 270, "process_vm_writev": 271, "add_key": 217, "request_key": 218, "keyctl": 219,
        "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "open_by_handle_at": 265, "kexec_load": 104,
        "init_module": 105, "finit_module": 273, "delete_module": 106}),
}  # fmt: skip
_LOAD, _EQUAL, _ABOVE, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in seccomp_data; both machines are little-endian
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32 = 0x40000000  # x86_64's second table of calls begins there; no number of aarch64 is so high
Instruction = tuple[int, int, int, int]  # code, how far to jump if true, if false, constant


def _instructions(machine: str) -> Iterable[Instruction]:
    architecture, clone, clone3, refused = MACHINES[machine]
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, architecture
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER
    yield _ABOVE, 0, 1, _X32
    yield _RETURN, 0, 0, _ERRNO | ENOSYS
    yield _EQUAL, 0, 1, clone3  # its flags lie in memory, where no filter sees them; libraries then take clone
    yield _RETURN, 0, 0, _ERRNO | ENOSYS
    for number in refused.values():
        yield _EQUAL, 0, 1, number
        yield _RETURN, 0, 0, _ERRNO | EPERM
    yield _EQUAL, 0, 3, clone
    yield _LOAD, 0, 0, _FIRST_ARGUMENT
    yield _ANY_BIT, 0, 1, NAMESPACES
    yield _RETURN, 0, 0, _ERRNO | EPERM
    yield _RETURN, 0, 0, _ALLOW


def program(machine: str = platform.machine()) -> bytes:
    """Return the filter for a kind of machine; UserError for one of which the calls are not known."""
    if machine not in MACHINES:
        raise UserError(f"programs cannot be isolated on {machine}: only on {' and '.join(MACHINES)}")
    return b"".join(struct.pack("<HBBI", *one) for one in _instructions(machine))


def descriptor() -> int:
    """Return a descriptor from which the filter can be read once; who asks closes it."""
    out, into = os.pipe()
    os.write(into, program())
    os.close(into)
    return out
