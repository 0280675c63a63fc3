"""Isolation: the command that holds a program, and whether this machine can isolate one at all.

By bubblewrap, anew for each program: namespaces of its own for processes, network, users, names and messages; a root of
the Python and its libraries, which nothing can write; one folder in memory; no environment; a filter of calls. Started
as root, the program becomes a user that nobody else is, because a limit of processes does not bind root; started by a
user, it stays that user in a namespace where it has no rights. Reads /proc/self/uid_map; writes nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

from kotune.core.errors import UserError
from kotune.sandbox import seccomp
from kotune.sandbox.limits import Limits

BWRAP = "bwrap"
NEEDED = ("--size", "--perms", "--clearenv", "--remount-ro", "--seccomp")  # all are there from 0.8 on
INSTALL = "install bubblewrap 0.8 or later (Debian, Ubuntu: apt-get install bubblewrap)"
FOLDER, HARNESS = "/work", "/harness"
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/libx32")
_FIRST_USER, _SLOTS = 0x60000000, 1 << 6  # users that no distribution gives out, apart by process and slot


def unusable() -> str | None:
    """Return why bubblewrap cannot be used here; None where it seems that it can. `running.refusal` tries it."""
    if not sys.platform.startswith("linux"):
        return f"programs are isolated by bubblewrap, which runs on Linux, and this is {sys.platform}"
    if found() is None:
        return f"programs are isolated by bubblewrap, which is not here; {INSTALL}"
    lacking = [option for option in NEEDED if option not in _help()]
    if lacking:
        return f"bubblewrap is too old (it lacks {lacking[0]}); {INSTALL}"
    try:
        seccomp.program()
    except UserError as error:
        return str(error)
    return None


def found() -> str | None:
    """Return where bubblewrap is."""
    return shutil.which(BWRAP)


@cache
def _help() -> str:
    done = subprocess.run([BWRAP, "--help"], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def user_of(slot: int) -> int:
    """Return the user that a program of this process becomes, 0 where it stays the user who runs this."""
    if os.geteuid():
        return 0
    highest = max(first + count for first, _, count in _mapped())
    number = os.getpid() * _SLOTS + slot % _SLOTS
    if highest > _FIRST_USER + (1 << 28):
        return _FIRST_USER + number % (1 << 28)
    return 20000 + number % 40000


def _mapped() -> list[tuple[int, ...]]:
    lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    return [tuple(map(int, line.split())) for line in lines]


def _root() -> list[str]:
    """Return the options that make the program's root: the Python that runs this, its libraries, one folder."""
    options = []
    for folder in _SYSTEM:
        if Path(folder).is_symlink():
            options += ["--symlink", os.readlink(folder), folder]
        elif Path(folder).is_dir():
            options += ["--ro-bind", folder, folder]
    base = os.path.realpath(sys.base_prefix)
    if not base.startswith("/usr/"):
        options += [*_folders_above(base), "--ro-bind", base, base]
    for device in ("/dev/null", "/dev/urandom"):
        options += [*_folders_above(device), "--dev-bind", device, device]
    cache_of_libraries = "/etc/ld.so.cache"
    return [*options, *_folders_above(cache_of_libraries), "--ro-bind-try", cache_of_libraries, cache_of_libraries]


def _folders_above(place: str) -> list[str]:
    """Return the options that make the folders above a place; bubblewrap by itself makes them for root alone."""
    above = [str(folder) for folder in reversed(Path(place).parents) if str(folder) != "/"]
    return [option for folder in above for option in ("--perms", "0755", "--dir", folder)]


def python() -> str:
    """Return the interpreter's own path, behind all links of virtual environments."""
    return os.path.realpath(sys.executable)


def command(side: ModuleType, words: Sequence[str], limits: Limits, user: int, filter_at: int) -> list[str]:
    """Return the command that runs ``side.main`` in a sandbox of its own, with ``words`` behind.

    ``user``: as `user_of` gives it. ``filter_at``: the descriptor of the filter (`seccomp.descriptor`).
    """
    rights = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if user else ["--unshare-user"]
    here, seen = str(Path(__file__).parent), f"{HARNESS}/kotune/{Path(__file__).parent.name}"
    return [
        BWRAP,
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *("--die-with-parent", "--new-session", "--clearenv", "--setenv", "PYTHONHASHSEED", "0"),
        *("--cap-drop", "ALL", *rights, "--seccomp", str(filter_at)),
        *_root(),
        *(*_folders_above(seen), "--ro-bind", here, seen),
        *("--perms", "1777", "--size", str(limits.folder), "--tmpfs", FOLDER),
        *("--remount-ro", "/", "--chdir", FOLDER),
        *(python(), "-s", "-S", "-B", "-X", "utf8"),
        *("-c", f"import sys; sys.path.insert(0, {HARNESS!r}); from {side.__name__} import main; main()"),
        *words,
    ]
