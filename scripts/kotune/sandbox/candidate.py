"""Within the sandbox, the side of the program: runs it, and answers calls of its function.

It holds no tests and gives no verdict: it sends back what the function returns, and who called compares
(`sandbox.tester`). So leaving early, printing anything or returning a clever object gains a program nothing.
Started by `sandbox.isolation` as ``main()`` with words behind: the channel's descriptor, the user to become, limits.
Reads and writes the channel.
"""

from __future__ import annotations

import os
import resource
import sys

from kotune.sandbox import bounds, wire

READY, DEFINED, VALUE, RAISED, STRANGE, LIMIT = "ready", "defined", "value", "raised", "strange", "limit"
NAME = "program"  # of the module that a program becomes
ASKED = 64 << 20  # bytes of a program, or of what a function is called with
FULL = {27, 28, 122}  # EFBIG, ENOSPC, EDQUOT: the folder's limit
REPEATABLE = "random"  # a program that names this module gets it with a fixed seed


def raised(error: BaseException) -> tuple:
    """Return what is said of an exception: its type, and the beginning of its message."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in FULL):
        return LIMIT, type(error).__name__
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    try:
        message = str(error)[:200]
    except Exception:
        message = ""
    return RAISED, names[0] if names else "Exception", message


def _took() -> tuple[float, int]:
    """Return what this process took: seconds of a processor, and the most memory, in KiB.

    Who started it was small (bubblewrap), so that the figure holds nobody else's memory.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_maxrss


def _defined(source: str) -> dict:
    """Run a program, and return the names that it defines."""
    from types import ModuleType

    if REPEATABLE in source:
        import random

        random.seed(0)
    module = ModuleType(NAME)
    sys.modules[NAME] = module
    exec(compile(source, f"<{NAME}>", "exec"), module.__dict__)
    return module.__dict__


def _serve(channel: int, most: int) -> None:
    """Run the program that comes, then answer one call after another, until nobody asks any more."""
    source, entry = wire.receive(channel, ASKED)
    try:
        found = _defined(source).get(entry)
        said = (DEFINED,) if callable(found) else (RAISED, "NameError", f"it defines no function '{entry}'")
    except BaseException as error:
        said = raised(error)
    wire.send(channel, said, most)
    while said[0] != LIMIT:
        try:
            asked = wire.receive(channel, ASKED)
        except EOFError:
            return
        said = _sent(channel, found, asked, most)


def _sent(channel: int, found: object, asked: tuple, most: int) -> tuple:
    """Call the function, send what comes of it, and return what was sent."""
    try:
        said = (VALUE, found(*asked[0], **asked[1]), *_took())
        wire.send(channel, said, most)
        return said
    except wire.Strange as error:
        said = (STRANGE, str(error))
    except wire.TooLong as error:
        said = (LIMIT, f"an answer of {error}")
    except BaseException as error:
        said = raised(error)
    wire.send(channel, said, most)
    return said


def main() -> None:
    """Hold this process to its limits, say that it is ready, and serve."""
    channel, user, *held, output = map(int, sys.argv[1:])
    sys.path[:] = [folder for folder in sys.path if folder and not folder.startswith("/harness")]
    bounds.become(user)
    bounds.hold(*held)
    os.environ.clear()
    sys.argv[:] = [NAME]
    wire.send(channel, (READY,), output)
    _serve(channel, output)
    os._exit(0)
