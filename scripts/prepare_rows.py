"""Make a rowset: read a study's rows, check them, split them by article.

Reads the files that ``--source`` names; writes {split}.parquet and audit.json in ``--output-dir``.

Example, after `snakemake --cores 1`:

  python scripts/prepare_rows.py --source results/mini/settings/prepare_rows/econ-qa_all/source.json \\
    --output-dir /tmp/rows
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.names import SPLITS
from kotune.rows.prepare import prepare


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--source", type=json_or_file, required=True, help="where the rows come from, as JSON")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--label", default="rows", help="what the closing line calls this rowset")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    splits, audit = prepare(args.source)
    for split in SPLITS:  # a split that the data set lacks is an empty file
        frame = splits.get(split, next(iter(splits.values())).clear())
        storage.write_parquet(args.output_dir / f"{split}.parquet", frame)
    storage.write_json(args.output_dir / "audit.json", audit)

    kept = ", ".join(f"{split} {frame.height:,}" for split, frame in splits.items())
    reasons = ", ".join(f"{entry['rows']:,} {reason}" for reason, entry in audit["excluded"].items())
    console.say(f"rows of {args.label}: {kept}; left out: {reasons or 'none'}")


if __name__ == "__main__":
    console.run(main)
