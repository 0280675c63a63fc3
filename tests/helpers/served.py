"""A program of a test's own, served in a thread and not in a sandbox: what it says, without what holds it."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from kotune.sandbox import candidate, wire


@contextlib.contextmanager
def served(most: int = 1 << 16) -> Iterator[int]:
    """Yield the descriptor on which a program is expected, and then its calls."""
    ours, theirs = socket.socketpair()

    def serve():
        with contextlib.suppress(EOFError, wire.Broken, OSError), theirs:
            candidate._serve(theirs.fileno(), most)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield ours.fileno()
    finally:
        ours.close()
        thread.join()
