"""How much a program may take. Reads and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one program may take.

    ``cpu``: seconds of a processor, whole ones. ``wall``: seconds by the clock. ``memory``: bytes of address space of
    each process. ``output``: bytes that it may print, and bytes of one answer. ``folder``: bytes of its folder and of
    each file in it. ``processes``: processes and threads at once, the first among them.
    """

    cpu: int = 3
    wall: float = 10.0
    memory: int = 512 * MIB
    output: int = 256 << 10
    folder: int = 16 * MIB
    processes: int = 16

    def words(self) -> list[str]:
        """Return what is held to from within, as words of a command line: what `bounds.hold` takes, then output."""
        return [str(one) for one in (self.cpu, self.memory, self.folder, self.processes, self.output)]
