"""Draw every figure of a study as SVG and PNG.

Example, after `snakemake --cores 1`:

  python scripts/draw_figures.py --study-dir results/mini/econ-qa \\
    --settings results/mini/settings/draw_figures/econ-qa/settings.json --numbers results/mini/numbers.json \\
    --output-dir /tmp/figures
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file
from kotune.printing.figure_style import house_style, save
from kotune.printing.numbers import read_numbers
from kotune.report import figures
from kotune.report.view import Report


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, draw the figures, write them."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--study-dir", required=True, help="folder of the study, results/{scale}/{study}")
    parser.add_argument("--settings", type=json_or_file, required=True, help="JSON: the study's report settings")
    parser.add_argument("--numbers", required=True, help="numbers.json")
    parser.add_argument("--output-dir", required=True, help="folder for the figures")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    report = Report(args.settings, Path(args.study_dir))
    numbers = read_numbers(args.numbers)
    with house_style():
        drawn = figures.draw(report, numbers)
        for name, figure in drawn.items():
            save(figure, args.output_dir, name)
    console.say(f"drew {len(drawn)} figures of {report.name}")


if __name__ == "__main__":
    console.run(main)
