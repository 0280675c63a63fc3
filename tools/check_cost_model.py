"""Print the cost model's error at each measured point, as a Markdown table.

Reads config/speed/, config/cards.yaml and config/cost-model.yaml; writes nothing.
"""

from __future__ import annotations

import argparse

import library  # noqa: F401
from kotune.core import console
from kotune.core.catalogue import check, read_yaml
from kotune.core.names import ROOT
from kotune.cost.check import checks_of
from kotune.rehearsal.settings import cost_constants


def main(argv: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", default="h200", help="a file in config/speed/, without its ending")
    args = parser.parse_args(argv)

    path = f"config/speed/{args.points}.yaml"
    points = read_yaml(ROOT / path)
    check(points, "speed", path)
    print("| point | of | covered | GiB measured | GiB predicted | memory off by | time off by |")
    print("|---|---|---|---:|---:|---:|---:|")
    for one in checks_of(points, *cost_constants()):
        print(
            f"| {one.id} | {one.what} | {'yes' if one.covered else 'no'} | {one.gib:.1f} | {one.predicted_gib:.1f} | "
            f"{one.memory:+.1%} | {one.time:+.1%} |"
        )


if __name__ == "__main__":
    console.run(main)
