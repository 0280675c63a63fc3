"""Write the answers to a competition's rows as a submission, in the layout of its sample.

Reads answers (JSON lines), the rows of the split without answers, sample_submission.csv and, for the model `selected`,
selection.json; writes the submission and its record.

Example, after `snakemake --cores 1`:

  python scripts/write_submission.py \\
    --settings '{"model": "tiny-eeve", "arm": "qlora", "candidates": ["tiny-eeve"],
      "columns": {"id": "id", "answer": "answer"}}' \\
    --answers results/mini/econ-qa/answers/own/tiny-eeve/qlora/seed42.jsonl \\
    --rows results/mini/econ-qa/rows/all/test.parquet --output /tmp/submission.csv \\
    --record /tmp/submission.record.json
"""

from __future__ import annotations

import time
from pathlib import Path

from kotune.choice.selected import best_of_arm
from kotune.core import arguments, console, records, storage
from kotune.core.arguments import json_or_file
from kotune.core.names import SELECTED
from kotune.export import submission
from kotune.rows.bundles import parted
from kotune.scoring import answer_files


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, choose the answers, write the submission and its record."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"model", "arm", "candidates": one name for each answer file, "columns": {"id", "answer"}}',
    )
    parser.add_argument("--answers", required=True, nargs="+", help="answer files (JSON lines), one a candidate")
    parser.add_argument("--rows", required=True, help="rows of the split without answers; its name is the split")
    parser.add_argument("--selection", help="selection.json, for the model 'selected'")
    parser.add_argument("--sample", help="sample_submission.csv, on disk or as open.zip/sample_submission.csv")
    parser.add_argument("--output", type=Path, required=True, help="the submission (CSV)")
    parser.add_argument("--record", required=True, help="record of the submission (JSON)")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)
    started = time.monotonic()
    settings = args.settings

    model = settings["model"]
    if model == SELECTED:
        model = best_of_arm(storage.read_json(args.selection), settings["arm"], args.selection)
    path = dict(zip(settings["candidates"], args.answers, strict=True))[model]
    split = Path(args.rows).stem
    given = answer_files.read_answers(path)
    lines = {name: line for (of, name, number), line in given.items() if of == split and number == 0}
    answers = {name: line["answer"] for name, line in lines.items()}
    if args.sample:
        text = submission.filled(submission.read_sample(args.sample, settings["columns"]), answers, path)
    else:
        ids = [row["id"] for row in answer_files.read_rows([args.rows])[split]]
        text = submission.unsampled(ids, answers, path)
    with storage.replacing(args.output) as beside:
        beside.write_bytes(text)

    empty = sum(not answer for answer in answers.values())
    unasked = [name for name, line in lines.items() if not answer_files.was_asked(line)]
    facts = {"model": model, "arm": settings["arm"], "answers": len(answers), "empty_answers": empty}
    facts |= {"not_asked": unasked}
    files = {"answers": path, "rows": args.rows, "submission": args.output}
    files |= {"sample": parted(args.sample)[0]} if args.sample else {}
    cost = {"seconds": round(time.monotonic() - started, 3)}
    records.write_record(args.record, "submission", settings, files, cost, {**facts, "sample": args.sample})
    console.say(
        f"wrote {args.output}: {len(answers):,} answers of {model}/{settings['arm']} ({empty:,} empty), "
        f"{submission.sample_title(args.sample)}"
    )
    if unasked:
        console.say(submission.unasked_title(unasked, model, args.output))


if __name__ == "__main__":
    console.run(main)
