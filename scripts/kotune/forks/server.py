"""Fork server: one process that has loaded torch and its kin, and of which each job on a CPU begins as a fork.

Started once a run by `start.begin`; it listens at a socket in a folder that only the user can enter. A job gets a fork
of its own, which takes over the client's words, folder, environment, umask and streams and then runs the script as
`python` would. Its exit status goes back, and signals come in, by the client's connection. A fork is killed where its
client or the server is. The server ends after the run (its standard input ends then) and the last fork.

Only libraries are shared, and only those that start no thread when they are imported; each job reads kotune itself.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from kotune.core.storage import Json
from kotune.forks.client import FORKED, REFUSED

# What trainings and answers import. Not polars, pyarrow and what imports them (datasets, TRL's trainers): their
# allocators start threads, and a fork has only the thread that forked.
LIBRARIES = (
    "torch",
    "transformers",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.gemma2.modeling_gemma2",
    "transformers.models.llama.modeling_llama",
    "transformers.models.qwen2.modeling_qwen2",
    "accelerate",
    "bitsandbytes",
    "transformers.integrations.bitsandbytes",
    "peft",
    "trl",
    "wandb",
)
# differ from job to job, and no library reads them when it is imported
OWN_VARIABLES = {"_", "OLDPWD", "PWD", "SHLVL", "TEMP", "TEMPDIR", "TMP", "TMPDIR"}
DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG


@dataclass
class Fork:
    """A job as the server sees it: the fork's process, and the client's connection while there is one."""

    pid: int
    handle: int  # a file descriptor that is ready to be read once the fork has ended
    client: socket.socket | None


@dataclass
class Server:
    """The server's state: where it listens, the environment that it was given, and its forks."""

    listener: socket.socket
    given: Mapping[str, str]
    forks: list[Fork] = field(default_factory=list)

    def serve(self) -> tuple[Json, list[int]] | None:
        """Answer clients; return a job and its streams in the fork that is to run it, None in the server at its end."""
        ended = False
        while not ended or self.forks:
            poll = select.poll()
            for ready in [*([] if ended else [0, self.listener]), *(fork.handle for fork in self.forks)]:
                poll.register(ready, select.POLLIN)
            for fork in self.forks:
                if fork.client:
                    poll.register(fork.client, select.POLLIN)
            ready = {number for number, _ in poll.poll()}
            for fork in list(self.forks):
                if fork.client and fork.client.fileno() in ready:
                    _signal(fork)
                if fork.handle in ready:
                    self.forks.remove(fork)
                    _tell_end(fork)
            if 0 in ready and not os.read(0, 1):
                ended = True
            if self.listener.fileno() in ready and not ended:
                job = self._begin()
                if job:
                    return job
        return None

    def _begin(self) -> tuple[Json, list[int]] | None:
        """Fork for the client that waits; return its job in the fork, None in the server."""
        client, _ = self.listener.accept()
        streams: list[int] = []
        answered = False
        try:
            client.settimeout(10)
            job = _received(client, streams)
            client.settimeout(None)
            why = differing(self.given, job["variables"])
            if why:
                client.sendall(REFUSED + why.encode())
            else:
                here = os.getpid()
                pid = os.fork()
                if not pid:
                    self._leave(client, here)
                    return job, streams
                self.forks.append(Fork(pid, _watched(pid), client))
                answered = True
                client.sendall(FORKED)
        except (OSError, ValueError):  # the client has gone, or there is no memory for one more: it starts plainly
            pass
        if not answered:
            client.close()
        for stream in streams:  # the job's output ends with the job
            os.close(stream)
        return None

    def _leave(self, client: socket.socket, parent: int) -> None:
        """In a fork: let go of all that is the server's, and die when it is killed."""
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        self.listener.close()
        client.close()
        for fork in self.forks:
            os.close(fork.handle)
            if fork.client:
                fork.client.close()


def _watched(pid: int) -> int:
    """Return a file descriptor that tells of a fork's end; a fork that cannot be watched is killed, with an OSError."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def _received(client: socket.socket, streams: list[int]) -> Json:
    """Return the job that a client asks for; its three streams are added to ``streams``."""
    length, received, _, _ = socket.recv_fds(client, 8, 3)
    streams += received
    if len(length) != 8 or len(received) != 3:
        raise ValueError("not a client of this server")
    wanted, text = int.from_bytes(length, "big"), b""
    while len(text) < wanted:
        part = client.recv(wanted - len(text))
        if not part:
            raise ValueError("the client has gone")
        text += part
    return json.loads(text)


def _signal(fork: Fork) -> None:
    """Pass the client's signals on to its fork; where the client was killed, so is the fork."""
    try:
        numbers = fork.client.recv(64)
    except OSError:
        numbers = b""
    if not numbers:
        fork.client.close()
        fork.client = None
    for number in numbers or [signal.SIGKILL]:
        with contextlib.suppress(OSError):  # it has ended by itself
            signal.pidfd_send_signal(fork.handle, number)


def _tell_end(fork: Fork) -> None:
    """Tell the client how its fork has ended."""
    _, status = os.waitpid(fork.pid, 0)
    os.close(fork.handle)
    if fork.client:
        with contextlib.suppress(OSError):
            fork.client.sendall(status.to_bytes(4, "big"))
        fork.client.close()


def differing(given: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Return what keeps a job from sharing libraries that were loaded with ``given``: nothing, or what differs."""
    names = {name for name in {*given, *wanted} if given.get(name) != wanted.get(name)} - OWN_VARIABLES
    return f"it has other variables than the fork server ({', '.join(sorted(names))})" if names else ""


def become(job: Json, streams: list[int], variables: Mapping[str, str]) -> None:
    """Make this fork the process that `python SCRIPT …` would have started, and run the script.

    ``variables``: what the libraries put into the environment when they were imported.
    """
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdout.reconfigure(line_buffering=os.isatty(1))
    os.umask(job["umask"])
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["variables"] | variables)
    tempfile.tempdir = None  # TMPDIR is the job's own
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # as at a plain start; Python's own generator does so by itself
    for name in [name for name in sys.modules if name.partition(".")[0] == "kotune"]:
        del sys.modules[name]
    script = os.path.join(os.getcwd(), job["words"][0])
    sys.argv, sys.orig_argv = job["words"], [sys.executable, *job["words"]]
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    main = ModuleType("__main__")
    main.__dict__.update(__file__=script, __builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = main
    exec(compile(Path(script).read_bytes(), script, "exec"), main.__dict__)


def main(listener: int, address: str, compute: Json) -> None:
    """Load the libraries, serve, and clean up; in a fork, run its job."""
    from kotune.models import loading

    given = dict(os.environ)
    job: tuple[Json, list[int]] | None = None
    here = os.getpid()
    try:
        os.close(os.pidfd_open(here))  # an OSError where the kernel is too old for it: no job is promised anything yet
        loading.prepare_process(compute)
        before = dict(os.environ)
        for name in LIBRARIES:
            importlib.import_module(name)
        if len(os.listdir("/proc/self/task")) > 1:
            sys.exit("a library has started a thread")
        set_by_import = {name: value for name, value in os.environ.items() if before.get(name) != value}
        gc.collect()
        gc.freeze()  # what is shared stays shared: a collection would write to all of it
        job = Server(socket.socket(fileno=listener), given).serve()
    finally:
        if os.getpid() == here:
            shutil.rmtree(os.path.dirname(address), ignore_errors=True)
    if job:
        become(*job, set_by_import)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))
