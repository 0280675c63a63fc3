"""Print the paper: put its source and everything that it quotes in one folder, and compile the PDF.

Example, after `snakemake --cores 1`:

  python scripts/print_paper.py --study-dir results/mini/econ-qa \\
    --settings results/mini/settings/print_paper/settings.json --source paper \\
    --numbers results/mini/numbers.json --costs results/mini/costs.json \\
    --speed results/mini/speed/speed.json results/mini/speed/speed.svg --build-dir /tmp/paper \\
    --output /tmp/paper.pdf
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file
from kotune.report import paper
from kotune.report.view import Report


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, stage the paper, set it, write the PDF."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--study-dir", required=True, nargs="+", help="folders of the studies, results/{scale}/{study}")
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"scale", "notice", "notice_ko", "studies": [report settings, same order]}',
    )
    parser.add_argument("--source", required=True, help="folder of the paper's source, paper/")
    parser.add_argument("--numbers", required=True, help="numbers.json")
    parser.add_argument("--costs", required=True, help="costs.json")
    parser.add_argument("--speed", type=Path, required=True, nargs="+", help="the appendix's data and figure")
    parser.add_argument("--build-dir", required=True, help="folder that is made anew with the whole source")
    parser.add_argument("--output", required=True, help="the PDF")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    settings = args.settings
    reports = [Report(study, Path(folder)) for study, folder in zip(settings["studies"], args.study_dir, strict=True)]
    build = Path(args.build_dir)
    paper.stage(Path(args.source), build, Path(args.numbers), Path(args.costs), args.speed, settings, reports)
    size = paper.write_paper(build, args.output)
    console.say(f"printed {args.output}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    console.run(main)
