"""Make the tables and the figure of a choice: census, decision, other rules, embedders, and how the training went.

Example, after `snakemake --cores 1 --config studies='[context-qa]'`:

  python scripts/make_choice_tables.py --study-dir results/mini/context-qa \\
    --settings results/mini/settings/make_choice_tables/context-qa/settings.json \\
    --census results/mini/context-qa/census.json --embedders results/mini/context-qa/embedders.json \\
    --selection results/mini/context-qa/selection.json
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kotune.choice import figure, tables
from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.printing.figure_style import house_style, save
from kotune.printing.table_files import write_table
from kotune.report.tables import watched
from kotune.report.view import CHOICE_TABLES, Report


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
    census, embedders, selection = (storage.read_json(path) for path in (args.census, args.embedders, args.selection))
    made = {
        "census": tables.census_table(census),
        "windows": tables.windows_table(census),
        "decision": tables.decision_table(selection),
        "other-rules": tables.rules_table(selection),
        "embedders": tables.embedders_table(embedders),
        "embedder-agreement": tables.agreement_table(embedders),
        "curves": watched.curve_table(report),
        "samples": watched.samples_table(report),
    }
    for name in CHOICE_TABLES:
        write_table(report.folder / "tables", replace(made[name], name=name))
    with house_style():
        save(figure.draw(census), report.folder / "figures", "census")
    console.say(f"made {len(made)} tables and a figure on the choice of {report.name}")


if __name__ == "__main__":
    console.run(main)
