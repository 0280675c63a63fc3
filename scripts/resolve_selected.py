"""Take, out of each candidate's settings, those of the model that was selected.

Reads selection.json; writes the settings as JSON, for the jobs of the model `selected`.
"""

from __future__ import annotations

from pathlib import Path

from kotune.choice.selected import of_winner
from kotune.core import console, storage
from kotune.core.arguments import json_or_file, parser


def main(argv: list[str] | None = None) -> None:
    """Write the settings of the model that selection.json names."""
    options = parser(
        __doc__,
        "python scripts/resolve_selected.py --selection results/mini/econ-qa/selection.json"
        """ --candidates '{"tiny-eeve": {"family": "chatml"}, "tiny-gemma2": {"family": "gemma2"},"""
        """ "tiny-llama3": {}, "tiny-qwen2": {}, "tiny-solar": {}}' --output /tmp/selected.json""",
    )
    options.add_argument("--selection", type=Path, required=True, help="selection (JSON) that names the winner")
    options.add_argument(
        "--candidates", type=json_or_file, required=True, help="settings by candidate's name: JSON, or a file of it"
    )
    options.add_argument("--output", type=Path, required=True, help="the winner's settings (JSON)")
    options.add_argument("--log", type=Path)
    args = options.parse_args(argv)
    console.to_log(args.log)
    storage.write_json(args.output, of_winner(args.candidates, args.selection))


if __name__ == "__main__":
    console.run(main)
