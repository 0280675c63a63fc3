"""Sessions of Snakemake in the background, and what is left of them: started, killed, waited for, compared."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from checkout import environment


def digests(folder):
    """Return the SHA-256 of every result that must repeat: all but records, costs, logs and what is made from costs."""
    results = folder / "results/mini"
    found = {}
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results).as_posix()
        timed = path.name.endswith("record.json") or path.stem in ("costs", "memory") or path.name == "paper.pdf"
        if path.is_file() and not timed and not name.startswith(("logs/", "embeddings/", "paper/", "wandb/")):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def started(folder, *arguments):
    """Start snakemake as a process group of its own."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_script(folder, script):
    """Send SIGKILL to the processes of one script that run in ``folder``; return how many there were."""
    killed = 0
    for entry in os.listdir("/proc"):
        try:
            words = Path("/proc", entry, "cmdline").read_bytes().decode().split("\0") if entry.isdigit() else []
            here = os.readlink(f"/proc/{entry}/cwd") if words else ""
        except OSError:
            continue
        place = 5 if any(word.endswith("forks/client.py") for word in words[3:4]) else 1  # a fork dies with its client
        if (
            here == str(folder)
            and "python" in words[0]
            and any(word.endswith(script) for word in words[place : place + 1])
        ):
            os.kill(int(entry), signal.SIGKILL)
            killed += 1
    return killed


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("waited in vain")
