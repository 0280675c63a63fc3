"""Select the winner among a study's candidates from its statistics.

Example, after `snakemake --cores 1`:

  python scripts/select_model.py --settings results/mini/settings/select_model/econ-qa/settings.json \\
    --statistics results/mini/econ-qa/statistics.json --output /tmp/selection.json
"""

from __future__ import annotations

from kotune.choice import select
from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, select, write selection.json."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--statistics", required=True, help="statistics (JSON)")
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"metric", "split", "arms", "order", "rule", "facts"}',
    )
    parser.add_argument("--census", help="census (JSON), where the rule looks at windows")
    parser.add_argument("--output", required=True, help="selection (JSON)")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)
    settings = args.settings

    statistics = storage.read_json(args.statistics)
    asked = select.Asked(*(settings[key] for key in ("metric", "split", "arms", "order")))
    census = storage.read_json(args.census) if args.census else None
    if "rule" in settings:
        found = select.select_by_rule(statistics, asked, settings["rule"], settings["facts"], census)
    else:
        found = select.select(statistics, asked)
    storage.write_json(args.output, found)
    best, winner = found["ranking"][0], found["winner"]
    console.say(
        f"selected {winner['model']}/{winner['arm']}: {found['metric']} {best['mean']:.3f} on {found['split']}, "
        f"first of {len(found['ranking'])}"
    )


if __name__ == "__main__":
    console.run(main)
