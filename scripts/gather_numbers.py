"""Gather every number that the paper and the tables quote, each with its records, into numbers.json and costs.json.

Example, after `snakemake --cores 1`:

  python scripts/gather_numbers.py --study-dir results/mini/econ-qa \\
    --settings results/mini/settings/gather_numbers/settings.json --numbers /tmp/numbers.json \\
    --costs /tmp/costs.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.printing.numbers import merged
from kotune.report.gather import effort, everything, memory
from kotune.report.view import Report


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, gather each study's numbers, write both files."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--study-dir", required=True, nargs="+", help="folders of the studies, results/{scale}/{study}")
    parser.add_argument(
        "--settings", type=json_or_file, required=True, help="JSON: a list of report settings, one a study, same order"
    )
    parser.add_argument("--numbers", required=True, help="where numbers.json goes")
    parser.add_argument("--costs", required=True, help="where costs.json goes")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    reports = [Report(settings, Path(folder)) for settings, folder in zip(args.settings, args.study_dir, strict=True)]
    gathered = merged(everything.numbers_of(report) for report in reports)
    storage.write_json(args.numbers, gathered)
    storage.write_json(
        args.costs, merged(part for report in reports for part in (effort.costs(report), memory.memory(report)))
    )
    console.say(f"gathered {len(gathered)} numbers of {', '.join(report.name for report in reports)}")


if __name__ == "__main__":
    console.run(main)
