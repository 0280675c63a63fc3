"""Print what a study's mixture is made of, and what its trainings see of it: three tables and a figure.

Reads the document and the prompts that ``--settings`` names; writes tables/ and figures/ in ``--output-dir``.

Example, after `snakemake --cores 1 --config studies='[instruct-ko]'`:

  python scripts/tabulate_mixture.py --settings results/mini/settings/tabulate_mixture/instruct-ko/settings.json \\
    --output-dir /tmp/mixture
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.printing.figure_style import house_style, save
from kotune.printing.table_files import write_table
from kotune.report import mixture
from kotune.report.mixture_names import FIGURE

READ = ("id", "prompt_tokens", "completion_tokens", "excluded")


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"document": path, "prompts": [{"model", "arms", "path"}], "redrawn": {"parts": {part: share}}}',
    )
    parser.add_argument("--output-dir", type=Path, required=True, help="folder; tables/ and figures/ lie in it")
    parser.add_argument("--label", default="mixture", help="what the closing line calls it")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    document = storage.read_json(Path(args.settings["document"]))
    prompts = [
        {**one, "table": storage.read_parquet(Path(one["path"])).select(READ).to_dict(as_series=False)}
        for one in args.settings["prompts"]
    ]
    seen = mixture.seen(document, prompts, args.settings.get("redrawn", {}))
    for table in (mixture.composition(document), mixture.left_out(document), mixture.seen_table(document, seen)):
        write_table(args.output_dir / "tables", table)
    with house_style():
        save(mixture.figure(document, seen), args.output_dir / "figures", FIGURE)
    shares = ", ".join(f"{part['name']} {100 * part['shares']['rows']:.1f} %" for part in document["parts"])
    console.say(f"mixture of {args.label}: {shares} of {document['rows']:,} rows")


if __name__ == "__main__":
    console.run(main)
