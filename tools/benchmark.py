"""Time the main job: the whole run, a run with nothing to do, a rule without a model, and the peak of memory.

Runs the workflow in an empty folder (``--directory``); prints a Markdown table and writes nothing that is kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT


class PeakMemory:
    """Samples the resident memory of a process and all its descendants, shared pages counted once a process."""

    def __init__(self, pid: int, every: float = 0.2) -> None:
        self.pid, self.every, self.gib = pid, every, 0.0
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        import psutil

        try:
            root = psutil.Process(self.pid)
            while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
                total = 0
                for process in [root, *root.children(recursive=True)]:
                    try:
                        total += process.memory_info().rss
                    except psutil.Error:
                        continue
                self.gib = max(self.gib, total / 2**30)
                time.sleep(self.every)
        except psutil.Error:
            return


def timed(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run snakemake in ``folder``; return wall seconds and the peak of memory in GiB."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--workflow-profile", str(ROOT / "profiles/default"), *arguments]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT)
        memory = PeakMemory(process.pid)
        process.wait()
        said.seek(0)
        output = said.read()
    if process.returncode:
        raise UserError(f"snakemake ended with {process.returncode}: {output[-2000:]}")
    return time.monotonic() - began, memory.gib


def main(argv: list[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="cores for the whole run (default: all)")
    parser.add_argument("--study", default="econ-qa")
    args = parser.parse_args(argv)

    folder = Path(tempfile.mkdtemp(prefix="kotune-benchmark-"))
    try:
        study = folder / "results/mini" / args.study
        cores = ("--cores", str(args.cores))
        whole, peak = timed(folder, *cores)
        nothing, _ = timed(folder, *cores)
        rows = [
            (f"whole run, {args.cores} cores", whole),
            ("nothing to do", nothing),
        ]
        for name, target in (
            ("scores of one answer file", study / "scores/own/ensemble/majority/seed42.jsonl"),
            ("one ensemble", study / "answers/own/ensemble/majority/seed42.jsonl"),
            ("statistics", study / "statistics.json"),
            ("tables", study / "tables/tuned.csv"),
            ("figures", study / "figures/tuned.svg"),
            ("paper", folder / "results/mini/paper.pdf"),
        ):
            target.unlink()
            again, _ = timed(folder, *cores, str(target.relative_to(folder)))
            rows.append((f"{name} (beyond nothing to do)", again - nothing))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    console.say("| what | seconds |\n|---|---:|")
    for name, seconds in rows:
        console.say(f"| {name} | {seconds:.1f} |")
    console.say(f"\npeak memory of the whole run: {peak:.2f} GiB")


if __name__ == "__main__":
    console.run(main)
