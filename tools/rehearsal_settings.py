"""Print the settings of one rehearsal as JSON, to carry to a machine that has a GPU and no configuration.

Reads the configuration; prints to standard output. `rehearse_arm.py --settings FILE` takes what it prints.
"""

from __future__ import annotations

import argparse

import library  # noqa: F401
from kotune.core import console
from kotune.core.catalogue import check, configuration_at
from kotune.core.storage import to_json
from kotune.rehearsal.settings import settings_of
from kotune.study import resolve


def main(argv: list[str] | None = None) -> None:
    """Print the settings that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="econ-qa")
    parser.add_argument("--model", required=True, help="a candidate of the study; the arm may leave it out")
    parser.add_argument("--arm", required=True)
    parser.add_argument("--scale", default="rehearsal")
    args = parser.parse_args(argv)

    config = configuration_at() | {"scale": args.scale}
    check(config, "config", "configuration (config/)")
    print(to_json(settings_of(resolve.study_at(args.study, config), config, args.model, args.arm)), end="")


if __name__ == "__main__":
    console.run(main)
