"""Make the tables of an evaluation that counts by group beside its first: other metrics, finer groups, answers.

Example, for a study that asks its arms the evaluation `safety-prompts`, after `snakemake --cores 1`:

  python scripts/tabulate_groups.py --statistics results/mini/safe-chat/evaluations/safety-prompts.json \\
    --settings results/mini/settings/tabulate_groups/safe-chat_safety-prompts/settings.json \\
    --labels results/mini/settings/tabulate_groups/safe-chat_safety-prompts/labels.json \\
    --rows results/mini/safe-chat/rows/safety-prompts/test.parquet \\
    --answers results/mini/safe-chat/answers/safety-prompts \\
    --scores results/mini/safe-chat/scores/safety-prompts --study-dir /tmp/study
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.names import SELECTED
from kotune.core.storage import Json
from kotune.printing.table_files import write_table
from kotune.report import evaluations, groups, side_by_side
from kotune.scoring import answer_files


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, make the tables, write them."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--statistics", required=True, help="what comparing the evaluation's scores wrote (JSON)")
    parser.add_argument(
        "--settings", type=json_or_file, required=True, help="JSON, with `by`; see tabulate_evaluation.py"
    )
    parser.add_argument("--labels", type=json_or_file, required=True, help="JSON; see compare_scores.py")
    parser.add_argument("--rows", required=True, nargs="+", help="the evaluation's rows, of one split")
    parser.add_argument("--answers", required=True, help="the folder of {model}/{arm}/seed{seed}.jsonl")
    parser.add_argument("--scores", required=True, help="the folder of their scores")
    parser.add_argument("--study-dir", type=Path, required=True, help="folder in which tables/ lies")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    settings, statistics = args.settings, storage.read_json(args.statistics)
    numbers = evaluations.numbers_of(settings, statistics, [])
    of_finer = evaluations.numbers_of(settings, groups.finer(statistics), [])
    (rows,) = answer_files.read_rows(args.rows, *settings["by"], settings["asked"]).values()
    answers: dict[side_by_side.Side, dict[str, str]] = {}
    values: dict[side_by_side.Side, dict[str, float]] = {}
    for label in sorted(_own(args.labels), key=lambda one: one["seed"]):
        side = label["model"], label["arm"]
        if side not in answers:
            answers[side] = _of_rows(answer_files.file_of(args.answers, label), "answer")
            values[side] = _of_rows(answer_files.file_of(args.scores, label), "value", settings["primary_metric"])
    for table in (
        groups.quality_table(settings, numbers, statistics),
        groups.finer_table(settings, of_finer, statistics),
        side_by_side.table(settings, [group["name"] for group in statistics["groups"]], rows, answers, values),
    ):
        write_table(args.study_dir / "tables", table)
    console.say(f"made the tables of the groups of the evaluation {settings['evaluation']}")


def _own(labels: list[Json]) -> list[Json]:
    """Return the labels but for the base of `selected`, whose answers stand under the model's own name."""
    return [label for label in labels if not ("scores_of" in label and label["model"] == SELECTED)]


def _of_rows(path: str, key: str, metric: str | None = None) -> dict:
    """Return what a file says of each row, of several answers the first; ``metric``: of a score file."""
    found: dict = {}
    for line in storage.read_jsonl(path):
        if metric is None or line["metric"] == metric:
            found.setdefault(line["id"], line[key])
    return found


if __name__ == "__main__":
    console.run(main)
