"""Ask the hub about everything that a run takes from it, in seconds and without downloading; print one table.

Reads the hub's information on each repository, ``--lock``, and which files are here already; prints the table and every
fault with what to do, and fails where one bars the run. With HF_HUB_OFFLINE=1 the hub is not asked.

Example, where there is a network:

  python scripts/preflight.py --lock /tmp/hub.lock.yaml --asked '[{"kind": "model", "name": "qwen2.5-3b-instruct",
    "entry": {"hub_id": "Qwen/Qwen2.5-3B-Instruct"}, "folder": "/tmp/model"}]'
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError
from kotune.hub import findings, preflight


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--asked", type=json_or_file, required=True, help="kind, name, entry and folder of each thing")
    parser.add_argument("--lock", type=Path, required=True, help="config/hub.lock.yaml")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    asked = [findings.Asked(one["kind"], one["name"], one["entry"], Path(one["folder"])) for one in args.asked]
    found = preflight.inspected(asked, args.lock)
    console.say(findings.report(found) or "preflight: this scale takes nothing from the hub")
    if said := findings.verdict(found):
        raise UserError(said)


if __name__ == "__main__":
    console.run(main)
