"""Make the table and the figure of one evaluation: what each arm that was asked scored, and the difference to the base.

Example, for a study that asks its arms the evaluation `kobest`, after `snakemake --cores 1`:

  python scripts/tabulate_evaluation.py --statistics results/mini/econ-qa/evaluations/kobest.json \\
    --settings results/mini/settings/tabulate_evaluation/econ-qa_kobest/settings.json \\
    --labels results/mini/settings/tabulate_evaluation/econ-qa_kobest/labels.json \\
    --answers results/mini/econ-qa/answers/kobest --scores results/mini/econ-qa/scores/kobest --study-dir /tmp/study
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.printing.figure_style import house_style, save
from kotune.printing.table_files import write_table
from kotune.report import evaluations, groups
from kotune.scoring import answer_files


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, make table and figure, write them."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--statistics", required=True, help="what comparing the evaluation's scores wrote (JSON)")
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"study", "evaluation", "title", "dataset", "prompt", "unit", "splits", "metrics", "metric_facts", '
        '"primary_metric", "arms": [[arm, models]], "by": [labels that part the rows], "digits"}',
    )
    parser.add_argument("--answers", required=True, help="the folder of {model}/{arm}/seed{seed}.jsonl")
    parser.add_argument("--scores", required=True, help="the folder of their scores, whose records are read")
    parser.add_argument(
        "--labels",
        type=json_or_file,
        required=True,
        help='JSON: [{"model", "arm", "seed", "scores_of"}], whose answers are counted; see compare_scores.py',
    )
    parser.add_argument("--study-dir", type=Path, required=True, help="folder in which tables/ and figures/ lie")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    counted = [
        (label, answer_files.counts_of(storage.read_jsonl(answer_files.file_of(args.answers, label))))
        for label in args.labels
    ]
    embedded = []
    for label in args.labels:
        record = answer_files.file_of(args.scores, label).removesuffix("jsonl") + "record.json"
        embedded.append((record, storage.read_json(record).get("found", {}).get("embedder") or {}))
    statistics = storage.read_json(args.statistics)
    numbers = evaluations.numbers_of(args.settings, statistics, counted, embedded)
    parted = "by" in args.settings
    if parted:
        table = groups.first_table(args.settings, numbers, statistics)
    else:
        table = evaluations.table(args.settings, numbers)
    write_table(args.study_dir / "tables", table)
    with house_style():
        if parted:
            drawn = groups.figure(args.settings, numbers, statistics)
        else:
            drawn = evaluations.figure(args.settings, numbers)
        save(drawn, args.study_dir / "figures", table.name)
    console.say(f"made the table and the figure of the evaluation {args.settings['evaluation']}")


if __name__ == "__main__":
    console.run(main)
