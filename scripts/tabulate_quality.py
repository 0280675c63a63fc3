"""Print how far ratings of rows may be believed, what rules find in them, and what is chosen by them.

Reads ratings, their document, difficulties and audits of chosen rowsets; writes five tables and a figure. A table of
what the study does not ask for is empty.

Example, after `snakemake --cores 1` for a study with the key `quality`:

  python scripts/tabulate_quality.py --output-dir /tmp/quality \\
    --settings results/mini/settings/tabulate_quality/data-quality/settings.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.catalogue import read_yaml
from kotune.printing.figure_style import house_style, save
from kotune.printing.table_files import write_table
from kotune.report import quality, quality_truth
from kotune.report.quality_figure import figure
from kotune.report.quality_names import FIGURE


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings", type=json_or_file, required=True,
        help='JSON: paths "ratings", "document", "difficulties", "audits" and "published", "filters", "truth", "seed"',
    )  # fmt: skip
    parser.add_argument("--output-dir", type=Path, required=True, help="folder; tables/ and figures/ lie in it")
    parser.add_argument("--label", default="ratings", help="what the closing line calls them")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    asked = args.settings
    lines = storage.read_parquet(asked["ratings"]).to_dicts()
    document = storage.read_json(asked["document"])
    published = read_yaml(Path(asked["published"])) if asked["published"] else {}
    hard = storage.read_jsonl(asked["difficulties"]) if asked["difficulties"] else []
    audits = {name: storage.read_json(path) for name, path in asked["audits"]}
    tables = [
        quality.filter_table(document, published),
        quality.rules_table(document),
        quality_truth.truth_table(lines if asked["truth"] else [], document, asked["filters"]),
        quality_truth.agreement_table(lines, hard, asked["seed"], asked["model"] or "no model"),
        quality.chosen_table(audits, published),
    ]
    for table in tables:
        write_table(args.output_dir / "tables", table)
    with house_style():
        save(figure(lines, document, published), args.output_dir / "figures", FIGURE)
    console.say(f"tables of the ratings of {args.label}: {document['rows']:,} rows, {len(audits):,} rowsets chosen")


if __name__ == "__main__":
    console.run(main)
