"""Measure every recipe and engine of config/benchmarks.yaml on this machine's GPU, one process each; print a table.

Without a GPU, a bundled stand-in is tuned and answers on the CPU.

Reads config/benchmarks.yaml, config/models.yaml and config/families.yaml; writes results/benchmarks/{name}.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.catalogue import benchmarks_at, read_yaml
from kotune.core.errors import UserError, nearest
from kotune.core.names import ROOT
from kotune.core.storage import write_json
from kotune.speed import files
from kotune.speed.settings import answering_settings, lines_of, shrunken, stand_in_settings, training_settings


def gpu() -> bool:
    """Return whether torch sees a GPU."""
    import torch

    return torch.cuda.is_available()


def measured(kind: str, settings: dict, folder: Path, timeout: int) -> dict:
    """Measure one thing in a process of its own; return what it found, or how it failed."""
    output = folder / f"{kind}-{settings['name']}.json"
    output.unlink(missing_ok=True)
    command = [sys.executable, str(ROOT / "tools/benchmark_recipe.py"), "--kind", kind, "--output", str(output)]
    log = folder / f"{kind}-{settings['name']}.log"
    with open(log, "w") as file:
        try:
            asked = [*command, "--settings", json.dumps(settings)]
            done = subprocess.run(asked, stdout=file, stderr=subprocess.STDOUT, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            return {"name": settings["name"], "failed": f"took longer than {timeout} s"}
    if done.returncode:
        last = [line for line in log.read_text().splitlines() if line.strip()][-1:]
        return {"name": settings["name"], "failed": f"{' '.join(last)[:160]} ({log})"}
    return json.loads(output.read_text())


def main(argv: list[str] | None = None) -> None:
    """Measure what the command line names, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", help="names of config/benchmarks.yaml; all where none is named")
    parser.add_argument("--timeout", type=int, default=600, help="seconds for one recipe")
    parser.add_argument("--shrink", action="store_true", help="two layers and short rows: tries the benchmark on a CPU")
    parser.add_argument("--output-dir", type=Path, default=Path("results/benchmarks"), help="a file a measurement")
    parser.add_argument("--collect", metavar="DAY", help="measure nothing; put the folder's files into one document")
    parser.add_argument("--output", type=Path, help="the document (results/benchmarks/collected/{card}.json)")
    args = parser.parse_args(argv)
    asked = benchmarks_at(ROOT)
    if args.collect:
        collected = files.collect(args.output_dir, asked, args.collect)
        output = args.output or args.output_dir / "collected" / f"{files.slug(collected['card'])}.json"
        write_json(output, collected)
        console.say(f"wrote {output}: {len(collected['training'])} trainings, {len(collected['answering'])} engines")
        return
    catalogue, families = read_yaml(ROOT / "config/models.yaml"), read_yaml(ROOT / "config/families.yaml")
    cpu = not (args.shrink or gpu())
    offered = asked["cpu"] if cpu else asked
    known = [*offered["training"], *offered["answering"]]
    for name in args.only or ():
        if name not in known and name not in ("training", "answering"):
            of = "for a CPU " if cpu else ""
            raise UserError(f"--only: config/benchmarks.yaml has {of}no '{name}'{nearest(name, known)}")
    if cpu:
        console.say("torch sees no GPU here: measuring a bundled stand-in on the CPU")
    args.output_dir.mkdir(parents=True, exist_ok=True)
    for kind, make in (("training", training_settings), ("answering", answering_settings)):
        for name in offered[kind]:
            if args.only and name not in args.only and kind not in args.only:
                continue
            if cpu:
                settings = stand_in_settings(kind, name, asked, catalogue["stand_ins"], families)
            else:
                settings = make(name, asked, catalogue["models"], families)
            found = measured(kind, shrunken(settings) if args.shrink else settings, args.output_dir, args.timeout)
            for line in lines_of(kind, found):
                console.say(line)


if __name__ == "__main__":
    console.run(main)
