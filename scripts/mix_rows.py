"""Mix a study's rows of several data sets: filter, transform, leave out duplicates, draw or repeat.

Reads the files and the tokenizer that ``--settings`` names; writes ``--rows`` (Parquet: each row with its part, its
place there and what was done to it) and ``--document`` (what each part gives, what was left out and why).

Example, after `snakemake --cores 1 --config studies='[instruct-ko]'`:

  python scripts/mix_rows.py --settings results/mini/settings/mix_rows/instruct-ko/settings.json \\
    --rows /tmp/rows.parquet --document /tmp/mixture.json
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.curation.mixture import mixed


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"dataset", "task", "mixture": its parts, "tokenizer": {"name", "path"}}',
    )
    parser.add_argument("--rows", type=Path, required=True, help="the mixture's rows (Parquet)")
    parser.add_argument("--document", type=Path, required=True, help="what each part gives (JSON)")
    parser.add_argument("--label", default="mixture", help="what the closing line calls it")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    rows, document = mixed(args.settings)
    storage.write_parquet(args.rows, rows)
    storage.write_json(args.document, document)

    for part in document["parts"]:
        if part["copies"]:
            console.say(f"{args.label}: {part['name']} has {part['copies']:,} copies of its rows (weight above 1)")
    given = ", ".join(f"{part['name']} {part['rows']:,}" for part in document["parts"])
    reasons = ", ".join(f"{entry['rows']:,} {reason}" for reason, entry in document["excluded"].items())
    unparsed = f"; {len(document['unparsed']):,} texts are no conversation" if document["unparsed"] else ""
    console.say(f"mixture of {args.label}: {given}; left out: {reasons or 'none'}{unparsed}")


if __name__ == "__main__":
    console.run(main)
