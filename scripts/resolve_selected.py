"""Take, out of each candidate's settings, those of the model that was selected.

Reads selection.json; writes the settings as JSON, for the jobs of the model `selected`.

Example, after `snakemake --cores 1 --config studies='[context-qa]'`:

  python scripts/resolve_selected.py --selection results/mini/context-qa/selection.json \\
    --candidates results/mini/settings/resolve_selected/context-qa_model/candidates.json \\
    --output /tmp/model.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.choice.selected import of_winner
from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file


def main(argv: list[str] | None = None) -> None:
    """Write the settings of the model that selection.json names."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--selection", type=Path, required=True, help="selection (JSON) that names the winner")
    parser.add_argument(
        "--candidates", type=json_or_file, required=True, help="settings by candidate's name: JSON, or a file of it"
    )
    parser.add_argument("--output", type=Path, required=True, help="the winner's settings (JSON)")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)
    storage.write_json(args.output, of_winner(args.candidates, args.selection))


if __name__ == "__main__":
    console.run(main)
