"""Make the tables and the figure of a choice: census, decision, other rules, embedders, and how the training went.

Example, after `snakemake --cores 1 --config studies='[context-qa]'`:

  python scripts/make_choice_tables.py --study-dir results/mini/context-qa \\
    --settings results/mini/settings/make_choice_tables/context-qa/settings.json \\
    --census results/mini/context-qa/census.json --embedders results/mini/context-qa/embedders.json \\
    --selection results/mini/context-qa/selection.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.printing.figure_style import house_style, save
from kotune.printing.table_files import write_table
from kotune.report import figures
from kotune.report.tables import contents
from kotune.report.view import Report


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, make the tables and the figure, write them."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--study-dir", required=True, help="folder of the study, results/{scale}/{study}")
    parser.add_argument("--settings", type=json_or_file, required=True, help="JSON: the study's report settings")
    parser.add_argument("--census", required=True, help="census (JSON)")
    parser.add_argument("--embedders", required=True, help="the embedders' comparison (JSON)")
    parser.add_argument("--selection", required=True, help="selection (JSON)")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    report = Report(args.settings, Path(args.study_dir))
    made = contents.Choice(*(storage.read_json(path) for path in (args.census, args.selection, args.embedders)))
    tables = contents.tables_of_choice(report, made)
    for table in tables:
        write_table(report.folder / "tables", table)
    with house_style():
        for name, drawn in figures.CHOICE_FIGURES.items():
            save(drawn(made.census), report.folder / "figures", name)
    console.say(f"made {len(tables)} tables and a figure on the choice of {report.name}")


if __name__ == "__main__":
    console.run(main)
