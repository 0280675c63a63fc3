"""Make the tables of an evaluation that counts by group beside its first: the other metrics, and the finer groups.

Example, for a study that asks its arms the evaluation `safety-prompts`, after `snakemake --cores 1`:

  python scripts/tabulate_groups.py --statistics results/mini/safe-chat/evaluations/safety-prompts.json \\
    --settings results/mini/settings/tabulate_groups/safe-chat_safety-prompts/settings.json --study-dir /tmp/study
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.printing.table_files import write_table
from kotune.report import evaluations, groups


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, make both tables, write them."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--statistics", required=True, help="what comparing the evaluation's scores wrote (JSON)")
    parser.add_argument(
        "--settings", type=json_or_file, required=True, help="JSON, with `by`; see tabulate_evaluation.py"
    )
    parser.add_argument("--study-dir", type=Path, required=True, help="folder in which tables/ lies")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    statistics = storage.read_json(args.statistics)
    numbers = evaluations.numbers_of(args.settings, statistics, [])
    quality = groups.quality_table(args.settings, numbers, statistics)
    finer = groups.finer_table(
        args.settings, evaluations.numbers_of(args.settings, groups.finer(statistics), []), statistics
    )
    for table in (quality, finer):
        write_table(args.study_dir / "tables", table)
    console.say(f"made the tables of the groups of the evaluation {args.settings['evaluation']}")


if __name__ == "__main__":
    console.run(main)
