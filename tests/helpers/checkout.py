"""Copies of the repository in which tests run the workflow as a user would."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def copy_to(folder: Path) -> Path:
    """Copy what git tracks, or would track, to ``folder`` and return it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    return folder


def environment() -> dict[str, str]:
    """Return an environment in which a rule's `python` is this one, and nothing reaches for the network."""
    blocked = {"SNAKEMAKE_PROFILE", "PYTHONPATH", "HF_TOKEN", "WANDB_API_KEY"}
    kept = {name: value for name, value in os.environ.items() if name not in blocked}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HF_HUB_OFFLINE": "1"}


def python_for_clusters(folder: Path) -> str:
    """Return this Python under a path without spaces, by a link in ``folder``: Snakemake does not quote it for a cluster."""
    link = folder / "environment"
    link.symlink_to(sys.prefix)
    return str(link / "bin/python")


def snakemake(folder: Path, *arguments: str, timeout: float = 1500) -> subprocess.CompletedProcess[str]:
    """Run snakemake in a copy of the repository; stdout and stderr come back as one text in ``stdout``."""
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )


def planned(folder: Path, *arguments: str) -> dict[str, int]:
    """Return what a dry-run would run: rule name to number of jobs."""
    done = snakemake(folder, "--workflow-profile", "none", "--cores", "1", "--dry-run", *arguments)
    assert done.returncode == 0, done.stdout
    return jobs_in(done.stdout)


def jobs_in(shown: str) -> dict[str, int]:
    """Return the table of jobs that Snakemake shows without a profile: rule name to number of jobs."""
    jobs: dict[str, int] = {}
    lines = iter(shown.splitlines())
    for line in lines:
        if line.startswith("job ") and "count" in line:
            next(lines)
            for row in lines:
                if not row.strip() or row.startswith("total"):
                    return jobs
                name, count = row.split()
                jobs[name] = int(count)
    return jobs
