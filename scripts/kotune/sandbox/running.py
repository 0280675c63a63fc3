"""Running programs that nobody trusts against tests: on several cores at once, each isolated from all else.

The verdict comes from a server of tests (`sandbox.tester`) that no program's code ever reaches. What could not be run
is *not run*: it is tried once more, it never counts as wrong, and several in a row end the job. Starts processes;
writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from queue import SimpleQueue

from kotune.core.errors import UserError
from kotune.sandbox import isolation
from kotune.sandbox.limits import Limits
from kotune.sandbox.tester import NOT_RUN, PASSED
from kotune.sandbox.worker import Program, Verdict, Worker

IN_A_ROW = 5  # so many that were not run, one after another, end the job
MOST_AT_ONCE = 8
# What the sandbox is tried with before it is trusted: harmless, and each line asks for what must not be.
_TRIED = """
import os

def held():
    found = []
    for path in ("/beside", "/usr/beside", "/dev/beside", "/harness/beside", "/tmp/beside"):
        try:
            open(path, "w").close()
            found.append("it can write " + path)
        except OSError:
            pass
    open("within", "w").close()
    import socket
    if [name for _, name in socket.if_nameindex() if name != "lo"]:
        found.append("it has a network")
    if os.environ:
        found.append("it has an environment")
    if os.geteuid() == 0:
        found.append("it is root")
    children = []
    try:
        for _ in range(MANY):
            child = os.fork()
            if not child:
                import time
                time.sleep(60)
                os._exit(0)
            children.append(child)
        found.append("its processes are not limited")
    except OSError:
        pass
    for child in children:
        os.kill(child, 9)
        os.waitpid(child, 0)
    return found
"""


def cores() -> int:
    """Return how many programs run at once, if nothing is said: one on each core that this process may use, up to 8."""
    return min(MOST_AT_ONCE, len(os.sched_getaffinity(0)))


@cache
def refusal() -> str | None:
    """Return why programs cannot be isolated on this machine, after trying it; None where they are."""
    why = isolation.unusable()
    if why:
        return why
    limits = Limits(processes=4)
    source = _TRIED.replace("MANY", str(2 * limits.processes))
    worker = Worker(limits, 0)
    try:
        verdict = worker.run(Program("trial", source, "held", "found = held()\nassert not found, found"))
    finally:
        worker.close()
    if verdict.outcome == PASSED:
        return None
    return f"programs cannot be isolated here: {verdict.reason}; {isolation.INSTALL}, and let it make namespaces"


def require() -> None:
    """Raise UserError where programs cannot be isolated: then none is run."""
    why = refusal()
    if why:
        raise UserError(why)


def run_programs(
    programs: Sequence[Program],
    limits: Limits | None = None,
    workers: int | None = None,
    each: Callable[[int, Verdict], None] | None = None,
) -> list[Verdict]:
    """Return what becomes of each program, in their order.

    ``workers``: how many at once; one for each core, if nothing is said. ``each`` is told of each program's place and
    verdict when it ends. Raises UserError where programs cannot be isolated, and where `IN_A_ROW` were not run.
    """
    require()
    count = max(1, min(workers or cores(), len(programs)))
    free: SimpleQueue[Worker] = SimpleQueue()
    held = [Worker(limits or Limits(), slot) for slot in range(count)]
    for worker in held:
        free.put(worker)
    missed = _Missed()

    def one(place: int) -> Verdict:
        worker = free.get()
        try:
            verdict = worker.run(programs[place])
            if verdict.outcome == NOT_RUN and not missed.too_many:
                verdict = worker.run(programs[place])
        finally:
            free.put(worker)
        missed.note(programs[place].name, verdict)
        if each:
            each(place, verdict)
        return verdict

    # the threads outlive the processes that they start: a sandbox ends with the thread that started it
    with ThreadPoolExecutor(count) as pool:
        try:
            return list(pool.map(one, range(len(programs))))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            for worker in held:
                worker.close()


class _Missed:
    """Counts the programs that were not run, one after another."""

    def __init__(self) -> None:
        self.row, self.too_many = 0, False

    def note(self, name: str, verdict: Verdict) -> None:
        """Take note of a verdict; UserError at the last one that is borne."""
        self.row = self.row + 1 if verdict.outcome == NOT_RUN else 0
        if self.row >= IN_A_ROW or self.too_many:
            self.too_many = True
            raise UserError(
                f"{self.row} programs in a row were not run, the last '{name}': {verdict.reason}; nothing was counted; "
                "run the job again when the machine can isolate programs"
            )
