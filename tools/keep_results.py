"""Keep a study's finished results as data in config/kept: numbers, scores by row id and curves, no text of any row.

Reads results/{scale} after its report is made; writes --output, and reads it back. `tools/fill_measured.py` then makes
the tables and the figure of docs/results.md of it.

Example:

  python tools/keep_results.py --results results/full --study korquad --output config/kept/korquad-gemma-3-270m \\
    --dataset korquad-1.0
"""

from __future__ import annotations

import argparse
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.catalogue import entry, read_yaml
from kotune.core.names import ROOT
from kotune.export import keeping
from kotune.report.settings import dataset_said

CATALOGUE = "config/datasets.yaml"


def main(argv: list[str] | None = None) -> None:
    """Keep what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True, help="a results folder, such as results/full")
    parser.add_argument("--study", required=True, help="a study that has a report there")
    parser.add_argument("--output", type=Path, required=True, help="a new folder in config/kept")
    parser.add_argument(
        "--dataset", help="the entry of config/datasets.yaml that the rows are of, where the study read your own file"
    )
    args = parser.parse_args(argv)

    datasets = read_yaml(ROOT / CATALOGUE)["datasets"]
    if args.dataset:
        entry(datasets, args.dataset, "data set", CATALOGUE)
    said = dataset_said(args.dataset, datasets) if args.dataset else None
    kept = keeping.keep(args.results, args.study, args.output, said)
    if kept.about["data"]["name"] not in datasets:
        console.say("note: it says 'rows brought by the user'; --dataset names the data set that they are of")
    size = sum(path.stat().st_size for path in args.output.iterdir())
    console.say(
        f"{args.output}: {len(kept.scores)} runs, {len(kept.numbers.entries):,} numbers, {size / 2**20:.1f} MiB; "
        "now run tools/fill_measured.py"
    )


if __name__ == "__main__":
    console.run(main)
