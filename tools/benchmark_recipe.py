"""Measure one recipe or one engine of config/benchmarks.yaml in this process; write what was found as JSON.

Reads settings as JSON (`benchmark_gpu.py` makes them); writes one JSON file.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.storage import write_json


def main(argv: list[str] | None = None) -> None:
    """Measure as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=["training", "answering"], required=True)
    parser.add_argument("--settings", type=json.loads, required=True)
    parser.add_argument("--peak-tflops", type=float, default=790, help="what a share of the peak is counted against")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args(argv)

    from kotune.models import loading

    loading.prepare_process(args.settings.get("compute", {"device": "auto"}))
    from kotune.speed import measure

    if args.kind == "training":
        found = measure.measure_training(args.settings, args.peak_tflops)
    else:
        found = measure.measure_answering(args.settings)
    write_json(args.output, found)


if __name__ == "__main__":
    console.run(main)
