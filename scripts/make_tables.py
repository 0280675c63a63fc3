"""Make every table of a study as CSV, Markdown, HTML, LaTeX and JSON.

Example, after `snakemake --cores 1`:

  python scripts/make_tables.py --study-dir results/mini/econ-qa \\
    --settings results/mini/settings/make_tables/econ-qa/settings.json --numbers results/mini/numbers.json \\
    --costs results/mini/costs.json --output-dir /tmp/tables
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file
from kotune.printing.numbers import read_numbers
from kotune.printing.table_files import write_table
from kotune.report.tables import contents
from kotune.report.view import Report


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, make the tables, write them."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--study-dir", required=True, help="folder of the study, results/{scale}/{study}")
    parser.add_argument("--settings", type=json_or_file, required=True, help="JSON: the study's report settings")
    parser.add_argument("--numbers", required=True, help="numbers.json")
    parser.add_argument("--costs", required=True, help="costs.json")
    parser.add_argument("--output-dir", required=True, help="folder for the tables")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    report = Report(args.settings, Path(args.study_dir))
    numbers, costs = read_numbers(args.numbers), read_numbers(args.costs)
    tables = contents.tables_of(report, numbers, costs)
    for table in tables:
        write_table(args.output_dir, table)
    console.say(f"made {len(tables)} tables of {report.name}, {sum(len(table.rows) for table in tables)} rows in all")


if __name__ == "__main__":
    console.run(main)
