"""A fork server that shares a small library, and jobs that ask it, for the tests of `kotune.forks`."""

import contextlib
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from checkout import ROOT

from kotune.forks import client

VARIABLES = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}  # differs at each test
CODE = """
import json, sys
sys.path[:1] = [{scripts!r}, {more!r}]
from kotune.forks import server
server.LIBRARIES = {libraries!r}
server.main(int(sys.argv[1]), sys.argv[2], {{"device": "cpu", "threads": 1}})
"""


@dataclass
class Running:
    """A server that runs: its process, and where it listens."""

    process: subprocess.Popen
    address: str

    def start(self, script: Path, *words: str, **how) -> subprocess.Popen:
        """Start a job as the function `python` of a rule's shell does."""
        command = [sys.executable, "-I", "-S", client.__file__, self.address, str(script), *words]
        how = {"env": VARIABLES, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **how}
        return subprocess.Popen(command, **how)

    def run(self, script: Path, *words: str, **how) -> tuple[str, str, int]:
        """Run a job to its end; return what it printed on both streams, and its exit status."""
        job = self.start(script, *words, **how)
        shown, noise = job.communicate(timeout=60)
        return shown, noise, job.returncode


@contextlib.contextmanager
def serving(folder: Path, libraries=("colorsys",), more: str = ""):
    """Run a server in ``folder``/sockets for as long as the context lasts; ``more``: where it finds libraries, too."""
    place = folder / "sockets"
    place.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place / "s"))
        listener.listen()
        process = subprocess.Popen(
            [sys.executable, "-c", CODE.format(scripts=str(ROOT / "scripts"), libraries=tuple(libraries), more=more)]
            + [str(listener.fileno()), str(place / "s")],
            env=VARIABLES, pass_fds=[listener.fileno()], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        yield Running(process, str(place / "s"))
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        process.wait(timeout=60)


def written(folder: Path, code: str) -> Path:
    """Write a script and return its path."""
    script = folder / "job.py"
    script.write_text(code, encoding="utf-8")
    return script


def alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and is still listed does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def variables(**more: str) -> dict[str, str]:
    """Return the environment of a job, with some of its own."""
    return {**VARIABLES, **more}
