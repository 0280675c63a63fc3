"""Split a study's rows by row, by question and by answer, and count what each way lets be copied.

Reads a rowset's files of all splits, which are put together again; writes copies.json and its table.

Example, after `snakemake --cores 1 --config studies=[everyday-talk]`:

  python scripts/compare_splits.py --rows results/mini/everyday-talk/rows/all/{train,valid,test}.parquet \\
    --settings results/mini/settings/compare_splits/everyday-talk/settings.json --output-dir /tmp/copies
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.curation.copied_answers import compared
from kotune.printing.table_files import write_table
from kotune.report.copies import table


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--rows", type=Path, nargs="+", required=True, help="the files of all splits (Parquet)")
    parser.add_argument("--settings", type=json_or_file, required=True, help="columns, gold, split, by; as JSON")
    parser.add_argument("--output-dir", type=Path, required=True, help="folder; tables/ lies in it")
    parser.add_argument("--label", default="rows", help="what the closing line calls them")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    import polars as pl

    asked = args.settings
    parts = [storage.read_parquet(path).select("id", *asked["columns"], asked["gold"]) for path in args.rows]
    rows = pl.concat(parts).filter(pl.col(asked["gold"]).is_not_null()).sort("id")
    found = compared(rows, asked["columns"], asked["gold"], asked["split"], str(args.rows[0]))
    storage.write_json(args.output_dir / "copies.json", found)
    write_table(args.output_dir / "tables", table(found, asked["by"]))
    told = "; ".join(f"by {one['by']} {100 * one['in_train']['share']:.1f} %" for one in found)
    console.say(f"test answers of {args.label} that stand in train: {told}")


if __name__ == "__main__":
    console.run(main)
