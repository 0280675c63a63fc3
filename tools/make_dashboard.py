"""Make a study's dashboard, a Weights & Biases workspace over its trainings: saved online, or written as JSON.

Reads nothing; see docs/tracking.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.storage import write_json
from kotune.training import dashboard


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, make the workspace, write or save it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="the study whose runs are shown")
    parser.add_argument("--scale", help="only the runs of this scale; all where it is not given")
    parser.add_argument("--entity", required=True, help="the user or team of W&B that holds the project")
    parser.add_argument("--project", default=dashboard.PROJECT)
    parser.add_argument("--output", type=Path, help="write the workspace as JSON there and send nothing")
    args = parser.parse_args(argv)

    made = dashboard.workspace(args.study, {"entity": args.entity, "project": args.project}, args.scale)
    if args.output is not None:
        write_json(args.output, dashboard.spec(made))
        console.say(f"wrote the workspace of {args.study}: {args.output}")
    else:
        console.say(f"saved the workspace of {args.study}: {dashboard.save(made)}")


if __name__ == "__main__":
    console.run(main)
