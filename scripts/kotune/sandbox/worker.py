"""A worker: runs one program after another, each in a sandbox of its own, against its tests.

Starts processes and ends them, those of a program by the namespace that holds them all. Writes nothing.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field

from kotune.sandbox import candidate, isolation, seccomp, tester, wire
from kotune.sandbox.limits import Limits
from kotune.sandbox.tester import ERROR, MEMORY, NOT_RUN, TIME

STARTS_WITHIN = 30.0  # seconds in which a sandbox must be ready, on a busy machine too
TESTER_MEMORY, TESTER_SECONDS = 4, 2.0  # its address space by the program's; how long it may lag behind a dead program
SAID = 2000  # bytes kept of what bubblewrap says


@dataclass(frozen=True)
class Program:
    """A program and how it is tested.

    ``source``: all of it, defining the function ``entry``. ``tests``: Python that calls ``entry``, or that defines
    HumanEval's ``check(candidate)``. ``reference``: a right program, whose other names the tests may use. ``examples``:
    the examples of the reference's docstring are tried instead of the tests.
    """

    name: str
    source: str
    entry: str
    tests: str
    reference: str = ""
    examples: bool = False


@dataclass(frozen=True)
class Verdict:
    """What became of a program: one of `tester.OUTCOMES`, why, and what it took.

    ``seconds``: by the clock, from when it was ready. ``cpu``: seconds of a processor, and ``memory``: KiB held at
    most; both of the program's process alone, by its own account, and None where it gave no answer. ``told``: of
    examples, how many there are and how many are wrong.
    """

    outcome: str
    reason: str = ""
    seconds: float = 0.0
    cpu: float | None = None
    memory: int | None = None
    told: dict[str, int] = field(default_factory=dict)


class _Held:
    """A process in a sandbox: its channel, what it prints, its end."""

    def __init__(self, side: object, limits: Limits, user: int, prints: bool) -> None:
        self.channel, theirs = socket.socketpair()
        filter_at = seccomp.descriptor()
        try:
            self.process = subprocess.Popen(
                isolation.command(side, [str(theirs.fileno()), str(user), *limits.words()], limits, user, filter_at),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if prints else subprocess.DEVNULL,
                stderr=subprocess.STDOUT if prints else subprocess.DEVNULL,
                env={},
                executable=isolation.found(),
                pass_fds=(theirs.fileno(), filter_at),
                start_new_session=True,
            )
        except OSError:
            self.channel.close()
            raise
        finally:
            theirs.close()
            os.close(filter_at)
        self.status: int | None = None

    def wait(self, seconds: float) -> bool:
        """Return whether it ended by itself within so many seconds."""
        until = time.monotonic() + seconds
        while self.status is None:
            self.status = self.process.poll()
            if self.status is None:
                if time.monotonic() > until:
                    return False
                time.sleep(0.001)
        return True

    def kill(self) -> None:
        """End it and all that it started; nothing where it has ended."""
        if not self.wait(0):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.status = self.process.wait()

    def end(self) -> None:
        """End it, and close what leads to it."""
        self.kill()
        self.channel.close()
        if self.process.stdout:
            self.process.stdout.close()


class Worker:
    """Runs one program after another; ``slot`` sets it apart from the other workers of this process."""

    def __init__(self, limits: Limits, slot: int) -> None:
        self.limits, self.slot = limits, slot
        self._tester: _Held | None = None

    def close(self) -> None:
        """End its processes."""
        if self._tester:
            self._tester.end()
            self._tester = None

    def _tests(self) -> _Held:
        """Return the server of tests, started anew where there is none."""
        if self._tester is None:
            roomy = Limits(**{**vars(self.limits), "memory": TESTER_MEMORY * self.limits.memory})
            self._tester = _Held(tester, roomy, isolation.user_of(2 * self.slot + 1), prints=False)
            if not select.select([self._tester.channel], [], [], STARTS_WITHIN)[0]:
                raise EOFError
            wire.receive(self._tester.channel.fileno(), SAID)
        return self._tester

    def run(self, program: Program) -> Verdict:
        """Return what becomes of one program."""
        try:
            tests = self._tests()
            held = _Held(candidate, self.limits, isolation.user_of(2 * self.slot), prints=True)
        except (OSError, EOFError) as error:
            self.close()
            return Verdict(NOT_RUN, f"no sandbox could be started: {error or 'bubblewrap ended'}")
        try:
            return self._watched(program, tests, held)
        except (OSError, EOFError, wire.Broken, wire.TooLong) as error:
            self.close()
            return Verdict(NOT_RUN, f"the server of tests ended: {error}")
        finally:
            held.end()

    def _watched(self, program: Program, tests: _Held, held: _Held) -> Verdict:
        socket.send_fds(tests.channel, [b"j"], [held.channel.fileno()])
        held.channel.close()
        job = {
            "program": program.source,
            "entry": program.entry,
            "tests": program.tests,
            "reference": program.reference,
            "examples": program.examples,
        }
        wire.send(tests.channel.fileno(), job, tester.MOST)
        watch = _Watch(self.limits, tests, held)
        said = watch.verdict()
        if said is None:  # the tests go on though their program is gone, or were going on when the time was up
            self.close()
        return watch.judged(said)


class _Watch:
    """Watches one program: what it prints, the time, and what its tests say."""

    def __init__(self, limits: Limits, tests: _Held, held: _Held) -> None:
        self.limits, self.tests, self.held = limits, tests, held
        self.printed, self.first, self.ended = 0, b"", ""
        self.begun: float | None = None
        self.until = time.monotonic() + STARTS_WITHIN

    def verdict(self) -> tuple | None:
        """Return what the tests say at the end; None where they say nothing."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.tests.channel, selectors.EVENT_READ)
            selector.register(self.held.process.stdout, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select(max(0.0, self.until - time.monotonic()))]
                if self.held.process.stdout in ready and not self._read():
                    selector.unregister(self.held.process.stdout)
                if self.printed > self.limits.output:
                    self._stop(MEMORY)
                if self.tests.channel in ready:
                    said = wire.receive(self.tests.channel.fileno(), tester.MOST)
                    if said[0] == tester.VERDICT:
                        return said
                    self.begun = time.monotonic()
                    self.until = self.begun + self.limits.wall
                elif not ready and time.monotonic() >= self.until:
                    if self.ended:
                        return None
                    self._stop(TIME if self.begun else NOT_RUN)

    def _read(self) -> bytes:
        part = os.read(self.held.process.stdout.fileno(), 1 << 16)
        self.printed += len(part)
        self.first = (self.first + part)[:SAID]
        return part

    def _stop(self, why: str) -> None:
        """End the program; its tests hear of it, and have a moment to say so."""
        if not self.ended:
            self.ended = why
            self.until = time.monotonic() + TESTER_SECONDS
            self.held.kill()

    def judged(self, said: tuple | None) -> Verdict:
        """Return the verdict: what the tests say, unless the program left, or was ended."""
        seconds = 0.0 if self.begun is None else time.monotonic() - self.begun
        if self.ended:
            reason = {TIME: "too long by the clock", MEMORY: f"it printed {self.printed} bytes"}
            return Verdict(self.ended, reason.get(self.ended, self._bubblewrap()), seconds)
        _, outcome, reason, told = said
        memory, cpu = told.pop("memory", None), told.pop("cpu", None)
        if outcome == NOT_RUN and self.begun is None:
            self.held.wait(TESTER_SECONDS)
            reason = self._bubblewrap()
        elif reason == tester.LEFT and self.held.wait(TESTER_SECONDS):
            outcome, reason = self._left(seconds)
        return Verdict(outcome, reason, seconds, cpu, memory, told)

    def _left(self, seconds: float) -> tuple[str, str]:
        """Return what became of a program that ended itself, or that a limit ended."""
        number = abs(self.held.status) - (128 if self.held.status > 128 else 0)
        if number == signal.SIGXCPU or (number == signal.SIGKILL and seconds >= self.limits.cpu):
            return TIME, "too long on the processor"
        if number == signal.SIGKILL:
            return MEMORY, "the system ended it"
        return ERROR, f"{tester.LEFT} (status {self.held.status})"

    def _bubblewrap(self) -> str:
        with contextlib.suppress(BlockingIOError):
            os.set_blocking(self.held.process.stdout.fileno(), False)
            self._read()
        said = self.first.decode("utf-8", "replace").strip().splitlines()
        return f"the sandbox did not start: {said[-1] if said else 'nothing was said'}"
