"""Run programs that nobody trusts against tests, each isolated from all else, and say what became of each.

Reads JSON lines, a program each: {"name", "source", "entry", "tests", and, where the tests use more of a right program
than its function, "reference"}; or tasks in HumanEval's layout, whose solutions are run ("prompt",
"canonical_solution", "entry_point", "test"). Writes JSON lines: name, outcome, reason, seconds, cpu (seconds), memory
(KiB).

Example: python tools/run_programs.py ../shared/data/kr-humaneval/HumanEval.jsonl --output /tmp/verdicts.jsonl
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import library  # noqa: F401
from kotune.core import arguments, console
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, read_jsonl, write_jsonl
from kotune.sandbox.limits import MIB, Limits
from kotune.sandbox.programs import joined
from kotune.sandbox.running import run_programs
from kotune.sandbox.tester import PASSED
from kotune.sandbox.worker import Program

KEYS = ("name", "source", "entry", "tests", "reference", "examples")
TASK = ("task_id", "prompt", "canonical_solution", "entry_point", "test")


def program_at(line: Json, where: str) -> Program:
    """Return the program of a line; UserError for one that lacks a key, or has an unknown one."""
    if "canonical_solution" in line:
        _check(line, TASK, where)
        whole = joined(line["prompt"], line["canonical_solution"])
        return Program(str(line["task_id"]), whole, line["entry_point"], line["test"], whole)
    _check(line, KEYS[:4], where)
    for key in line:
        if key not in KEYS:
            raise UserError(f"{where}: unknown key '{key}'{nearest(key, KEYS)}")
    return Program(**line)


def _check(line: Json, keys: tuple[str, ...], where: str) -> None:
    for key in keys:
        if not isinstance(line.get(key), str):
            raise UserError(f"{where}: '{key}' must be a text")


def main(argv: list[str] | None = None) -> None:
    """Run the programs, and print how many came to what."""
    usual = Limits()
    parser = arguments.parser(__doc__)
    parser.add_argument("programs", type=Path, help="JSON lines")
    parser.add_argument("--output", type=Path, help="where the verdicts go; the terminal, if nothing is said")
    parser.add_argument("--workers", type=int, help="programs at once; one for each core, if nothing is said")
    parser.add_argument("--cpu", type=int, default=usual.cpu, help=f"seconds of a processor each ({usual.cpu})")
    parser.add_argument("--wall", type=float, default=usual.wall, help=f"seconds by the clock each ({usual.wall:g})")
    parser.add_argument("--memory", type=int, default=usual.memory // MIB, help="MiB of address space of each process")
    args = parser.parse_args(argv)

    lines = read_jsonl(args.programs)
    programs = [program_at(line, f"{args.programs}, line {place}") for place, line in enumerate(lines, start=1)]
    started = time.monotonic()
    limits = Limits(cpu=args.cpu, wall=args.wall, memory=args.memory * MIB)
    verdicts = run_programs(programs, limits, args.workers)
    took = time.monotonic() - started
    found = [{"name": one.name, **asdict(verdict)} for one, verdict in zip(programs, verdicts, strict=True)]
    if args.output:
        write_jsonl(args.output, found)
    for one in found:
        if not args.output and one["outcome"] != PASSED:
            print(f"{one['name']}: {one['outcome']}: {one['reason']}")
    outcomes = Counter(one["outcome"] for one in found).most_common()
    counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes)
    speed = f"{took:.1f} s, {len(found) / max(took, 1e-9):.0f} programs/s"
    print(f"{len(found)} programs: {counts}; {speed}", file=sys.stderr)


if __name__ == "__main__":
    console.run(main)
