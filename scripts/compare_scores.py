"""Give each mean score its interval and each comparison its paired interval and test.

Example, after `snakemake --cores 1`:

  python scripts/compare_scores.py \\
    --settings results/mini/settings/compare_scores/econ-qa_statistics/settings.json \\
    --labels results/mini/settings/compare_scores/econ-qa_statistics/labels.json \\
    --scores results/mini/econ-qa/scores/own \\
    --rows results/mini/econ-qa/rows/all/{valid,test,test-unseen}.parquet --output /tmp/statistics.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError, nearest
from kotune.core.names import ZERO
from kotune.scoring import answer_files, gaps, grouped, overlong, resampling, score_columns, statistics
from kotune.scoring.intervals import Settings


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, compare, write statistics.json."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--scores", required=True, nargs="+", help="score files, or the one folder of {model}/{arm}/seed{seed}.jsonl"
    )
    parser.add_argument(
        "--labels",
        type=json_or_file,
        required=True,
        help='JSON: [{"model", "arm", "seed", "scores_of", "folder"}], one for each score file; scores_of: where '
        "scores stand under another name, a file of settings of the model that was scored; folder: instead of --scores",
    )
    parser.add_argument("--rows", required=True, nargs="+", help="rows files of the evaluation splits")
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"metrics": [{"name", "aggregate", "bounds", "binary"}], "resamples", "seed", "comparisons", '
        '"splits", "untuned": [arms], "overlong", "primary_metric", "margin", '
        '"gap": [a split, a split of other kinds of rows], "by": [labels that part the rows], "gold"}',
    )
    parser.add_argument("--output", required=True, help="statistics (JSON)")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)
    settings = args.settings
    seed, resamples = settings.get("seed", 0), settings.get("resamples", resampling.RESAMPLES)

    rows = answer_files.read_rows(args.rows)
    for split in settings.get("splits", []):
        if split not in rows:
            raise UserError(f"no rows file was given for the split '{split}'{nearest(split, rows)}")
    rows = {split: rows[split] for split in settings.get("splits", rows)}
    files = args.scores
    if len(files) == 1 and Path(files[0]).is_dir():
        files = [answer_files.file_of(files[0], label) for label in args.labels]
    labels = [
        {key: value for key, value in label.items() if key not in ("scores_of", "folder")} for label in args.labels
    ]
    compared = overlong.compared(rows, files, labels, settings.get("overlong", ZERO))
    facts = {metric["name"]: metric for metric in settings["metrics"]}
    told = {key: settings[key] for key in ("primary_metric", "margin", "untuned") if key in settings}
    asked = Settings(seed, resamples, facts=facts, **told)
    found = {"resamples": resamples, "seed": seed, "margin": asked.margin, "overlong": compared.told}
    if "by" in settings:
        found |= grouped.by_group(files, labels, compared, asked, settings)
    else:
        scores = score_columns.gather(files, labels, compared.rows, settings["metrics"], compared.left_out)
        comparisons = settings.get("comparisons", [])
        found["means"], found["pairs"] = statistics.means_and_pairs(scores, comparisons, asked)
        if "gap" in settings:
            found["gaps"] = gaps.gaps(scores, comparisons, settings["gap"], asked)
    storage.write_json(args.output, found)
    told = ", ".join(f"{split} n={len(of_split)}" for split, of_split in compared.rows.items())
    contenders = len({(label["model"], label["arm"]) for label in labels})
    left = f"; {len(compared.left_out)} rows that somebody was not asked are left out" if compared.left_out else ""
    console.say(
        f"compared {contenders} models and ensembles: {len(found['means'])} means, {len(found['pairs'])} pairs "
        f"({told}{left})"
    )


if __name__ == "__main__":
    console.run(main)
