"""Make a rowset of another one's rows: those that pass a filter, so many by a method, and other data sets' rows.

Reads rows, their ratings where they are needed, and the embedder's cache of vectors; writes {split}.parquet and
audit.json in ``--output-dir``. Rows that are evaluated stay as they are.

Example, after `snakemake --cores 1` for a study with such a rowset:

  python scripts/choose_rows.py --rows results/mini/data-quality/rows/raw \\
    --settings results/mini/settings/choose_rows/data-quality_filtered/settings.json \\
    --ratings results/mini/data-quality/quality/ratings.parquet --output-dir /tmp/filtered
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.names import SPLITS, TRAIN
from kotune.curation.chosen import chosen


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--rows", type=Path, required=True, help="folder of the rowset that is chosen from")
    parser.add_argument(
        "--settings", type=json_or_file, required=True, help='JSON: "filter", "choose", "add", "task" …'
    )
    parser.add_argument("--ratings", type=Path, help="of its train rows, where the choice needs them")
    parser.add_argument("--difficulties", type=Path, help="of its train rows, where the choice needs them")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--label", default="rows", help="what the closing line calls this rowset")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    splits = {split: storage.read_parquet(args.rows / f"{split}.parquet") for split in SPLITS}
    of = storage.read_json(args.rows / "audit.json")
    ratings = storage.read_parquet(args.ratings).to_dicts() if args.ratings else []
    difficulties = storage.read_jsonl(args.difficulties) if args.difficulties else []
    splits[TRAIN], audit = chosen(splits, of, ratings, difficulties, args.settings)
    for split, frame in splits.items():
        storage.write_parquet(args.output_dir / f"{split}.parquet", frame)
    storage.write_json(args.output_dir / "audit.json", audit)
    reasons = ", ".join(f"{entry['rows']:,} {reason}" for reason, entry in audit["chosen"]["left_out"].items())
    console.say(
        f"rows of {args.label}: {splits[TRAIN].height:,} to learn, {audit['chosen']['kept']:,} of "
        f"{audit['chosen']['of_rows']:,} and {audit['chosen']['added']:,} added; left out: {reasons or 'none'}"
    )


if __name__ == "__main__":
    console.run(main)
