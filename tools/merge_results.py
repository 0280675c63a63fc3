"""Join results folders of several machines into one, after comparing their records.

Reads folders results/{scale}, each with some arms and seeds of the same studies; writes --output. A report is then
printed from it as from any other: adapters may be missing, and nothing that is there is made again.

Example, with two halves of a study in first/ and second/:

  python tools/merge_results.py first/results/full second/results/full --output results/full
  snakemake --cores 1 --config scale=full studies='[korquad]' data='{korquad: KorQuAD_v1.0_dev.json}'
"""

from __future__ import annotations

import argparse
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.errors import UserError
from kotune.export import merging


def main(argv: list[str] | None = None) -> None:
    """Join what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="results folders, such as results/full")
    parser.add_argument("--output", type=Path, required=True, help="a new folder")
    parser.add_argument("--strict", action="store_true", help="refuse other commits, packages and devices, too")
    args = parser.parse_args(argv)

    merged = merging.compared(args.folders)
    if args.strict and merged.remarks:
        raise UserError("; ".join(merged.remarks) + "; leave --strict out to join them all the same")
    merging.write(merged, args.output)
    for remark in merged.remarks:
        console.say(f"note: {remark}")
    console.say(f"{args.output}: {len(merged.files):,} files of {len(args.folders)} folders")


if __name__ == "__main__":
    console.run(main)
