"""Score a model's or an ensemble's answers against the gold answers of the evaluation splits.

Example, after `snakemake --cores 1`:

  python scripts/score_answers.py \\
    --settings results/mini/settings/score_answers/econ-qa/own/tiny-eeve/qlora_seed42/settings.json \\
    --answers results/mini/econ-qa/answers/own/tiny-eeve/qlora/seed42.jsonl \\
    --rows results/mini/econ-qa/rows/all/{valid,test,test-unseen}.parquet --name tiny-eeve/qlora/seed42 \\
    --output /tmp/scores.jsonl --record /tmp/scores.record.json
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from kotune.core import arguments, console, records, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError
from kotune.core.names import ANSWER, REASONING, TEST
from kotune.core.storage import Json
from kotune.scoring import answer_files, scores, similarity

SETTINGS = (
    'JSON: {"metrics": [{"name", "function", "bounds"}], "gold", "reasoning", "embedder", "cache", "skip_splits", '
    '"golden": the metrics that need gold answers, where rows may lack them, "told": the metric of the last line}'
)
SILENT = ("cache", "told")  # where vectors are kept, and what the last line tells, decides no score


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, score, write the score file and its record."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--answers", required=True, help="answer file (JSON lines)")
    parser.add_argument(
        "--rows", required=True, nargs="+", help="rows files, one a split; the file's name is the split"
    )
    parser.add_argument("--settings", type=json_or_file, required=True, help=SETTINGS)
    parser.add_argument("--output", required=True, help="score file (JSON lines)")
    parser.add_argument("--record", required=True, help="record of the scores (JSON)")
    parser.add_argument(
        "--name", required=True, help="what is scored, for the last line, e.g. tiny-gemma2/qlora/seed42"
    )
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)
    started = time.monotonic()
    settings = args.settings
    skipped = settings.get("skip_splits", [])

    rows = {split: of_split for split, of_split in answer_files.read_rows(args.rows).items() if split not in skipped}
    if not any(rows.values()):
        raise UserError(f"{args.name}: no rows are left to score; give a rows file that skip_splits does not name")
    answers = answer_files.read_answers(args.answers)
    answer_files.require_same_rows(answers, rows, args.answers, skipped)

    likeness = similarity.Likeness(settings["embedder"], settings.get("cache")) if settings.get("embedder") else None
    lines = scores.score_rows(
        answers,
        rows,
        settings["metrics"],
        likeness,
        settings.get("gold", ANSWER),
        settings.get("reasoning", REASONING),
        settings.get("golden"),
    )
    storage.write_jsonl(args.output, lines)
    means = scores.mean_scores(lines)
    files = {f"rows/{Path(file).stem}": file for file in args.rows if Path(file).stem in rows}
    records.write_record(
        args.record,
        "scores",
        {key: value for key, value in settings.items() if key not in SILENT},
        {"answers": args.answers, **files, "scores": args.output},
        {"seconds": round(time.monotonic() - started, 3)},
        {
            **({"embedder": likeness.facts} if likeness and likeness.facts else {}),
            "rows": {split: len(of_split) for split, of_split in rows.items()},
            "means": means,
            **_thoughts(line for (split, *_), line in answers.items() if split in rows),
            "finish_reasons": Counter(
                line.get("finish_reason") for (split, *_), line in answers.items() if split in rows
            ),
        },
    )
    split = TEST if TEST in rows else list(rows)[-1]
    metric = settings.get("told", settings["metrics"][0]["name"])
    counts = answer_files.counts_of(line for (of, *_), line in answers.items() if of == split)[split]
    unasked = f", {counts['rows'] - counts['asked']} not asked" if counts["asked"] < counts["rows"] else ""
    console.say(f"scored {args.name}: {metric} {means[split][metric]:.3f} on {split} (n={len(rows[split])}{unasked})")
    if counts["empty"] == counts["asked"]:
        console.say(f"warning: scored {args.name}: no row of {split} has an answer that is not empty")


def _thoughts(lines: Iterable[Json]) -> Json:
    """Return, by split, what thoughts took and how many answers never left them; nothing where nobody thought."""
    names = ("asked", "in_thought", "thought_tokens")
    found = {
        split: {name: counts[name] for name in names}
        for split, counts in answer_files.counts_of(lines).items()
        if "in_thought" in counts
    }
    return {"thoughts": found} if found else {}


if __name__ == "__main__":
    console.run(main)
