"""Train the same rows by TRL, through the fused layers and by Unsloth, each in a process of its own; compare.

Reads config/; writes one JSON document of tokens/s, GiB and loss by step. Rows are made up, and a model that is no
stand-in has the true shape and random weights: they are written into a folder once, and every way loads them. To keep
what a card gave, put the document into config/speed/engines/ and run tools/fill_measured.py.

Example: python tools/compare_engines.py --model llama-3.1-8b --recipe alpaca-60-steps --folder /dev/shm/engines \\
  --unsloth-path /tmp/bundle/unsloth --on "28 November 2026" --output results/benchmarks/engines-llama-3.1-8b.json
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.storage import read_json, write_json
from kotune.training import engine

PEAK_TFLOPS = 790  # of dense bfloat16 on Hopper, as tools/benchmark_gpu.py counts


def make(settings: dict) -> None:
    """Write a model of random weights and its tokenizer into the folder that its settings name."""
    import torch

    from kotune.models import random_weights

    device = "cuda" if torch.cuda.is_available() else "cpu"
    path = settings["path"]
    random_weights.make(settings, None, torch.bfloat16, device).save_pretrained(path)
    random_weights.load_tokenizer(settings).save_pretrained(path)


def measure(settings: dict, output: Path) -> None:
    """Measure one way in this process."""
    from kotune.models import loading

    loading.prepare_process(settings["compute"])
    asked = settings["recipe"]["engine"]
    if asked != engine.TRL:
        engine.module(asked).begin()
    from kotune.speed.measure import measure_training

    write_json(output, measure_training(settings, PEAK_TFLOPS))


def _python(way: dict, site: Path | None) -> tuple[str, dict]:
    """Return the Python that a way needs, and its environment; ``site``: a folder that has Unsloth's packages."""
    if way["engine"] == engine.TRL:
        return sys.executable, dict(os.environ)
    if site is not None:
        return sys.executable, {**os.environ, "PYTHONPATH": str(site)}
    return str(engine.own_python() or sys.executable), dict(os.environ)


def child(step: str, settings: dict, folder: Path, site: Path | None, timeout: int) -> dict:
    """Run this script for one step in a process of its own; return what it wrote, or how it failed."""
    name = settings.get("name", step)
    asked, output, log = (folder / f"{step}-{name}.{end}" for end in ("asked.json", "found.json", "log"))
    write_json(asked, settings)
    output.unlink(missing_ok=True)
    python, environment = _python(settings.get("recipe", {"engine": engine.TRL}), site)
    command = [python, str(Path(__file__).resolve()), "--step", step, "--settings", str(asked), "--output", str(output)]
    with open(log, "w") as file:
        try:
            done = subprocess.run(
                command, stdout=file, stderr=subprocess.STDOUT, timeout=timeout, check=False, env=environment
            )
        except subprocess.TimeoutExpired:
            return {"failed": f"took longer than {timeout} s ({log})"}
    if done.returncode:
        last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-1:]
        return {"failed": f"{' '.join(last)[:200]} ({log})"}
    return read_json(output) if output.is_file() else {}


def compare(args: argparse.Namespace) -> dict:
    """Measure the ways that the command line asks for; return their document."""
    from kotune.core.catalogue import named, read_yaml
    from kotune.core.names import ROOT
    from kotune.speed import engines

    catalogue, families = read_yaml(ROOT / "config/models.yaml"), read_yaml(ROOT / "config/families.yaml")
    recipe = named("recipes", args.recipe, "recipe")
    args.folder.mkdir(parents=True, exist_ok=True)
    place = args.folder / args.model
    model = engines.model_settings(args.model, catalogue["models"], catalogue["stand_ins"], families, place)
    if "shape" in model and not (place / "config.json").is_file():
        made = child("make", model, args.folder, None, args.timeout)
        if "failed" in made:
            return {"failed": made["failed"]}
        console.say(f"made {place}")
    found = {}
    for way in args.ways:
        settings = engines.settings_of(
            way, model, recipe, args.rows, args.epochs, {"device": args.device, "threads": 4}
        )
        found[way] = child("measure", settings, args.folder, args.unsloth_path, args.timeout)
        console.say(f"{way}: " + (found[way].get("failed") or f"{found[way]['tokens_per_second']:,} tokens/s"))
    asked = {"model": args.model, "recipe": args.recipe, "rows": args.rows, "epochs": args.epochs}
    return engines.document(asked, found, args.on)


def main(argv: list[str] | None = None) -> None:
    """Compare, or do one step of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="llama-3.1-8b", help="of config/models.yaml: a model, or a stand-in")
    parser.add_argument("--recipe", default="alpaca-60-steps", help="of config/recipes/")
    parser.add_argument("--ways", nargs="+", default=["trl", "fused", "unsloth"], choices=["trl", "fused", "unsloth"])
    parser.add_argument("--rows", type=int, default=80)
    parser.add_argument("--epochs", type=int, default=3, help="the first is a warm-up")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu"])
    parser.add_argument("--folder", type=Path, default=Path("results/benchmarks/engines"), help="weights and logs")
    parser.add_argument("--unsloth-path", type=Path, help="a folder with Unsloth's packages, for this same Python")
    parser.add_argument("--timeout", type=int, default=400, help="seconds for one way")
    parser.add_argument("--on", default="", help="the day, in words, for the document")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--step", choices=["make", "measure"], help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.step == "make":
        make(json.loads(args.settings.read_text(encoding="utf-8")))
        return
    if args.step == "measure":
        measure(json.loads(args.settings.read_text(encoding="utf-8")), args.output)
        return
    made = compare(args)
    write_json(args.output, made)
    if "failed" in made:
        console.say(f"no model: {made['failed']}")
        return
    from kotune.speed import engines

    console.say(engines.table([made]))


if __name__ == "__main__":
    console.run(main)
