"""Make the table of a study's rehearsals as CSV, Markdown, LaTeX, HTML and JSON, and say what fits.

Example, after `snakemake --cores 1 --config scale=rehearsal`:

  python scripts/tabulate_rehearsal.py --output-dir /tmp/tables \\
    --rehearsals results/rehearsal/econ-qa/rehearsal/qwen2.5-3b-instruct/qlora.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.storage import read_json
from kotune.printing.table_files import write_table
from kotune.rehearsal import table


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, make the table, write it."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--rehearsals", type=Path, nargs="+", required=True, help="what rehearse_arm.py wrote")
    parser.add_argument("--seeds", type=int, nargs="+", help="how many seeds each of them has in the full run")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    results = [read_json(path) for path in args.rehearsals]
    write_table(args.output_dir, table.table_of(results))
    for line in table.summary(results, args.seeds or [1] * len(results)):
        console.say(line)


if __name__ == "__main__":
    console.run(main)
