"""Make the tables of a judge: rule and judge side by side with their disagreement, and what the judge's audit found.

Example, for a study that asks its arms the evaluation `safety`, which names a judge, after `snakemake --cores 1`:

  python scripts/tabulate_verdicts.py \\
    --settings results/mini/settings/tabulate_verdicts/econ-qa_safety/settings.json \\
    --verdicts results/mini/econ-qa/verdicts/safety/tiny-eeve/{base,qlora}/seed42.jsonl \\
    --answers results/mini/econ-qa/answers/safety/tiny-eeve/{base,qlora}/seed42.jsonl \\
    --rows results/mini/econ-qa/rows/safety/test.parquet --study-dir /tmp/study
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError
from kotune.printing.table_files import write_table
from kotune.report import judged
from kotune.scoring import answer_files
from kotune.scoring.judges import audit, shares


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, count and compare, write tables and verdicts/{evaluation}.json."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--verdicts", required=True, nargs="+", help="verdicts (JSON lines), in the labels' order")
    parser.add_argument("--answers", required=True, nargs="+", help="the answers that they are of, in the same order")
    parser.add_argument("--rows", required=True, nargs="+", help="rows files, one a split")
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"study", "evaluation", "title", "judge": {"title", "beside", "audit"}, "labels": '
        '[{"model", "arm", "seed"}], "untuned": [arms], "statistics": {"seed", "resamples"}, "digits"}',
    )
    parser.add_argument("--study-dir", type=Path, required=True, help="folder in which tables/ and verdicts/ lie")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)
    settings = args.settings

    labels = settings["labels"]
    if not len(labels) == len(args.verdicts) == len(args.answers):
        raise UserError(
            f"{len(args.verdicts)} files of verdicts and {len(args.answers)} of answers, but {len(labels)} labels: "
            "give one of each a label, in the same order"
        )
    rows = answer_files.read_rows(args.rows)
    verdicts = [storage.read_jsonl(path) for path in args.verdicts]
    texts = [
        audit.inputs_of(lines, answer_files.read_answers(path))
        for lines, path in zip(verdicts, args.answers, strict=True)
    ]
    found = audit.audit_of(verdicts, texts, settings["judge"]["audit"]["max_passed_faults"])
    rows, verdicts = shares.by_kind(rows, verdicts)
    files = list(zip(labels, verdicts, strict=True))
    settings = {**settings, "splits": list(rows)}
    compared = shares.shares(files, rows, untuned=settings["untuned"], **settings["statistics"])
    numbers = judged.numbers_of(settings, files, compared, found)
    for table in judged.tables(settings, files, numbers, found):
        write_table(args.study_dir / "tables", table)
    evaluation = settings["evaluation"]
    storage.write_json(args.study_dir / f"verdicts/{evaluation}.json", {"audit": found, **compared})
    passed = f"{found['passed']} of {found['judged']} planted faults"
    decides = "may decide" if found["decides"] else "decides nothing"
    console.say(f"made the tables of the judge of {evaluation}: it passed {passed} and {decides}")


if __name__ == "__main__":
    console.run(main)
