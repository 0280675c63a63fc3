"""Compare the results of this checkout with those of an earlier commit, byte for byte: what a rebuild must not change.

Reads a study's results under results/{scale}/ of both sides; makes those of the earlier commit, or of this checkout, in
a temporary clone where they are not given. Writes nothing but those clones. Costs, memory, provenance, records, logs
and caches differ from run to run and are left out. Exits with 1 where a file differs or is missing.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import sha256_of_text

TIMED = re.compile(r"(^|/)(costs|memory|provenance)\.|record\.json$|\.part$")
KINDS = ("rows", "prompts", "adapters", "answers", "scores", "tables", "figures")
# Where a file, or a path that a file holds, stood before and stands now.
MOVED = ((re.compile(r"(?<=/)(answers|scores)/(?!own/)"), r"\1/own/"),)


@dataclass(frozen=True)
class Difference:
    """One file that is not as it was; ``why`` is said after its name."""

    name: str
    why: str


def moved(text: str) -> str:
    """Return a text, or a path below results/{scale}, with paths of before as they are now."""
    for pattern, now in MOVED:
        text = pattern.sub(now, text)
    return text


def files_of(scale: Path, study: str) -> dict[str, Path]:
    """Return the files of a study that must repeat, and numbers.json, by their path now below ``scale``."""
    if not (scale / study).is_dir():
        raise UserError(
            f"{scale}: holds no results of '{study}'; run `snakemake --cores 2` there, or leave the option out"
        )
    files = [path for path in sorted((scale / study).rglob("*")) if path.is_file()] + [scale / "numbers.json"]
    names = {path: path.relative_to(scale).as_posix() for path in files}
    return {moved(name): path for path, name in names.items() if not TIMED.search(name)}


def content(path: Path) -> str:
    """Return the hash of a file's bytes, after paths that it holds are brought to those of now."""
    raw = path.read_bytes()
    try:
        return sha256_of_text(moved(raw.decode("utf-8")))
    except UnicodeDecodeError:
        return sha256_of_text(raw.hex())


def differences(before: dict[str, Path], now: dict[str, Path]) -> list[Difference]:
    """Return each file of before that is missing now or has other bytes; what is new now is no difference."""
    found = []
    for name, path in before.items():
        if name not in now:
            found.append(Difference(name, "missing"))
        elif content(path) != content(now[name]):
            found.append(Difference(name, "differs"))
    return found


def kind_of(name: str) -> str:
    """Return what a file is: the folder that it stands in below its study, else its own name."""
    part = name.split("/")[1] if "/" in name else name
    return part if part in KINDS else Path(name).name


def made(commit: str | None, study: str, scale: str, cores: int, folder: Path) -> Path:
    """Run a study in a clone of this checkout, at ``commit`` or with its uncommitted state as it is committed; return
    its results/{scale}."""  # fmt: skip
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    if commit:
        subprocess.run(["git", "-C", str(folder), "checkout", "-q", commit], check=True)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        str(cores),
        "--config",
        f"scale={scale}",
        f"studies=[{study}]",
    ]
    if subprocess.run(command, cwd=folder, env=environment, check=False).returncode:
        raise UserError(f"{folder}: the run of '{study}' at {commit or 'HEAD'} failed; what it said stands above")
    return folder / "results" / scale


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, make what is not given, compare, and say what differs."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python tools/compare_results.py --commit 8428c3a --study econ-qa --now results/mini",
    )
    parser.add_argument("--commit", required=True, help="the earlier commit")
    parser.add_argument("--study", required=True, help="a study of config/studies/ that both know")
    parser.add_argument("--scale", default="mini")
    parser.add_argument("--before", type=Path, help="results/{scale} of the earlier commit, where they were kept")
    parser.add_argument("--now", type=Path, help="results/{scale} of this checkout, where they are there")
    parser.add_argument("--cores", type=int, default=2)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="kotune-compare-") as folder:
        asked = {"before": (args.before, args.commit), "now": (args.now, None)}
        sides = {
            side: files_of(given or made(commit, args.study, args.scale, args.cores, Path(folder, side)), args.study)
            for side, (given, commit) in asked.items()
        }
        found = differences(sides["before"], sides["now"])
    for one in found:
        print(f"{one.name}: {one.why}")
    counted = Counter(kind_of(name) for name in sides["before"])
    told = ", ".join(f"{count} {kind}" for kind, count in counted.items())
    console.say(f"{args.study}: {len(sides['before'])} files of {args.commit} compared ({told}): {len(found)} differ")
    if found:
        sys.exit(1)


if __name__ == "__main__":
    console.run(main)
