"""Within a sandbox of its own, the side of the tests: calls the program's function and gives the verdict.

A server, so that Python starts once and not with each program: of each job it forks a child that runs the tests. The
child runs the reference and the tests of a data set, never a program's code; it hears from the program only plain
values (`sandbox.wire`). Tests may call ``check``'s candidate or the function's own name; the reference's helpers are
there. Started by `sandbox.isolation` as ``main()`` with words behind: as `sandbox.candidate`. Reads and writes the
channel; of each job a descriptor comes with it, which leads to the program.
"""

from __future__ import annotations

import builtins
import os
import sys

from kotune.sandbox import bounds, wire
from kotune.sandbox.candidate import ASKED, DEFINED, LIMIT, RAISED, READY, STRANGE, VALUE

PASSED, FAILED, ERROR, TIME, MEMORY, NOT_RUN = OUTCOMES = (
    "passed", "failed", "error", "time", "memory or output limit", "not run",
)  # fmt: skip
BEGUN, VERDICT, READY_FOR_JOBS = "begun", "verdict", "ready for jobs"
LOADED = ("collections", "copy", "functools", "itertools", "math", "random", "re", "string", "typing")  # once, for all
LEFT = "the program left"
CHECK = "check"  # the function of HumanEval's tests, which takes the candidate
MOST = 2 * ASKED  # bytes of a job, and of what is passed on of one


class Ended(BaseException):
    """The verdict is known, whatever the tests would still do. No Exception: tests that catch such do not catch it."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(outcome, reason)
        self.outcome, self.reason = outcome, reason


class Candidate:
    """A program's function, as tests see it: each call goes to the program and its plain value comes back."""

    def __init__(self, channel: int, most: int) -> None:
        self.channel, self.most, self.took = channel, most, {}
        self.raised: Exception | None = None
        self.ended: Ended | None = None

    def _end(self, outcome: str, reason: str) -> Ended:
        """Return the first verdict that was known before the tests were through; they may catch it, and it holds."""
        self.ended = self.ended or Ended(outcome, reason)
        return self.ended

    def hear(self) -> tuple:
        """Return what the program says next; Ended where it says nothing, or nothing that can be read."""
        try:
            said = wire.receive(self.channel, self.most)
        except EOFError:
            raise self._end(ERROR, LEFT) from None
        except wire.TooLong:
            raise self._end(MEMORY, "an answer above the limit") from None
        except wire.Broken:
            raise self._end(ERROR, "the program wrote into its channel") from None
        if not (isinstance(said, tuple) and said and isinstance(said[0], str)):
            raise self._end(ERROR, "the program wrote into its channel")
        if said[0] == LIMIT:
            raise self._end(MEMORY, str(said[1:])[:200])
        return said

    def begin(self, source: str, entry: str) -> None:
        """Have the program run; Ended where it raises."""
        wire.send(self.channel, (source, entry), ASKED)
        said = self.hear()
        if said != (DEFINED,):
            raise self._end(ERROR, _told(said))

    def __call__(self, *args: object, **named: object) -> object:
        """Return the plain value of one call; the built-in exception that the program raised is raised here."""
        try:
            wire.send(self.channel, (args, named), ASKED)
        except wire.Strange as error:
            raise self._end(ERROR, f"the tests call it with a thing that is no plain value: {error}") from None
        except ConnectionError:
            raise self._end(ERROR, LEFT) from None
        said = self.hear()
        match said:
            case (str(kind), value, float(cpu), int(memory)) if kind == VALUE:
                self.took = {"cpu": cpu, "memory": memory}
                return value
            case (str(kind), str(name), str(message)) if kind == RAISED:
                self.raised = _exception(name, message)
                raise self.raised
            case (str(kind), str(name)) if kind == STRANGE:
                raise self._end(FAILED, f"it returns no plain value: {name}")
        raise self._end(ERROR, "the program wrote into its channel")


def _told(said: tuple) -> str:
    return ": ".join(str(part) for part in said[1:])[:200]


def _exception(name: str, message: str) -> Exception:
    """Return the built-in exception of a name; one that would end the tests becomes a RuntimeError."""
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(message)
        except Exception:  # a kind that wants more than a message
            pass
    return RuntimeError(f"{name}: {message}")


def _tested(job: dict, candidate: Candidate) -> tuple[str, str, dict]:
    """Return the verdict of the tests: outcome, reason, and what else is told."""
    import random

    random.seed(0)
    names: dict = {"__name__": "tests"}
    exec(compile(job["reference"], "<reference>", "exec"), names)
    documented = getattr(names.get(job["entry"]), "__doc__", None) or ""
    names[job["entry"]] = candidate
    exec(compile(job["tests"], "<tests>", "exec"), names)
    if job["examples"]:
        names.pop("__name__")
        return _examples(documented, names, job["entry"])
    if CHECK in names:
        names[CHECK](candidate)
    return PASSED, "", {}


def _examples(documented: str, names: dict, entry: str) -> tuple[str, str, dict]:
    """Return how the examples of a docstring fare: passed where there is none, or all give what they say."""
    import doctest

    try:
        found = doctest.DocTestParser().get_doctest(documented, names, entry, None, 0)
    except ValueError as error:  # examples that doctest cannot read
        count = documented.count(">>>")
        return FAILED, str(error)[:200], {"examples": count, "wrong": count}
    runner = doctest.DocTestRunner(verbose=False)
    done = runner.run(found, out=lambda text: None)
    told = {"examples": done.attempted, "wrong": done.failed}
    return (FAILED if done.failed else PASSED), f"{done.failed} of {done.attempted} examples", told


def verdict_of(job: dict, channel: int, most: int) -> tuple[str, str, dict]:
    """Return the verdict of one program."""
    candidate = Candidate(channel, most)
    try:
        candidate.begin(job["program"], job["entry"])
        outcome, reason, told = _tested(job, candidate)
    except BaseException as error:
        own = error is candidate.raised
        kind = ERROR if own or isinstance(error, MemoryError) else FAILED
        outcome, reason, told = kind, f"{type(error).__name__}: {error}"[:200], {}
    if candidate.ended:
        outcome, reason = candidate.ended.outcome, candidate.ended.reason
    return outcome, reason, {**told, **candidate.took}


def _child(job: dict, program: int, answer: int, held: list[int], output: int) -> None:
    """Wait until the program is ready, run the tests, write the verdict and leave."""
    bounds.hold(*held)
    try:
        ready = wire.receive(program, output) == (READY,)
    except (EOFError, wire.TooLong, wire.Broken):
        ready = False
    if ready:
        wire.send(answer, (BEGUN,), output)
        wire.send(answer, (VERDICT, *verdict_of(job, program, output)), output)
    os._exit(0)


def _job(channel: object, job: dict, program: int, held: list[int], output: int) -> None:
    """Have a child do one job, and pass on what it says."""
    if job["examples"]:
        import doctest  # noqa: F401 (loaded here, and so in no child again)
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(heard)
            _child(job, program, told, held, output)
        finally:  # whatever happened, a child never goes on as a server
            os._exit(1)
    os.close(told)
    os.close(program)
    last = None
    while True:
        try:
            last = wire.receive(heard, MOST)
        except EOFError:
            break
        wire.send(channel.fileno(), last, MOST)
    os.close(heard)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if last is None or last[0] != VERDICT:
        begun = last is not None
        reason = f"the tests ended without a verdict (status {status})" if begun else "the program did not start"
        outcome = (TIME if status in (-24, -9) else ERROR) if begun else NOT_RUN
        wire.send(channel.fileno(), (VERDICT, outcome, reason, {}), MOST)


def main() -> None:
    """Do one job after another, until nobody asks any more."""
    import gc
    import importlib
    import socket

    for module in LOADED:
        importlib.import_module(module)
    gc.freeze()

    number, user, *held, output = map(int, sys.argv[1:])
    bounds.become(user)
    os.environ.clear()
    channel = socket.socket(fileno=number)
    wire.send(channel.fileno(), (READY_FOR_JOBS,), output)
    while True:
        mark, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
        if not mark:
            return
        _job(channel, wire.receive(channel.fileno(), MOST), descriptors[0], held, output)
