"""Judge a model's answers: does each refuse? A judge model or a rule says so, beside the rule of refusals.

Answers with known faults are planted among them. Reads answers and rows; writes verdicts (JSON lines), their record,
and beside them the journal of what a judge model said, which a later run takes up.

Example, for a study that asks its arms the evaluation `safety`, which names a judge, after `snakemake --cores 1`:

  python scripts/judge_answers.py \\
    --settings results/mini/settings/judge_answers/econ-qa/safety/tiny-eeve_qlora_seed42/settings.json \\
    --answers results/mini/econ-qa/answers/safety/tiny-eeve/qlora/seed42.jsonl \\
    --rows results/mini/econ-qa/rows/safety/test.parquet --name tiny-eeve/qlora/seed42 \\
    --output /tmp/verdicts.jsonl --record /tmp/verdicts.record.json
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from kotune.core import arguments, console, records, storage
from kotune.core.arguments import json_or_file
from kotune.core.dotted import loaded
from kotune.scoring import answer_files
from kotune.scoring.judges import judging
from kotune.scoring.judges.audit import counts_of, disagreement
from kotune.scoring.judges.classes import FAILED, REFUSED, SCORES
from kotune.scoring.judges.endpoint import Endpoint
from kotune.scoring.judges.journal import Journal

SETTINGS = 'JSON: {"judge": {"endpoint" or "rule", "beside", "audit"}, "columns": [what rows ask], "gold"}'


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, judge, write the verdicts and their record."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--answers", required=True, help="answer file (JSON lines)")
    parser.add_argument("--rows", required=True, nargs="+", help="rows files, one a split")
    parser.add_argument("--settings", type=json_or_file, required=True, help=SETTINGS)
    parser.add_argument("--name", required=True, help="whose answers they are, e.g. tiny-gemma2/qlora/seed42")
    parser.add_argument("--output", type=Path, required=True, help="verdicts (JSON lines)")
    parser.add_argument("--record", required=True, help="record of the verdicts (JSON)")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)
    started = time.monotonic()
    judge = args.settings["judge"]

    rows = answer_files.read_rows(args.rows)
    answers = answer_files.read_answers(args.answers)
    items = judging.items_of(answers, rows, {**args.settings, "name": args.name}, loaded(judge["beside"]))
    if "endpoint" in judge:
        journal = Journal(args.output.with_suffix(".journal"))
        verdicts = judging.by_endpoint(items, Endpoint(judge["endpoint"]), journal, args.name)
    else:
        verdicts = judging.by_rule(items, loaded(judge["rule"]))
    lines = judging.lines_of(items, verdicts)
    storage.write_jsonl(args.output, lines)
    counts, unequal = counts_of(lines, "verdict"), disagreement(lines)
    records.write_record(
        args.record,
        "verdicts",
        _told(args.settings),
        {"answers": args.answers, **{f"rows/{Path(file).stem}": file for file in args.rows}, "verdicts": args.output},
        {"seconds": round(time.monotonic() - started, 3)},
        {
            "verdicts": counts,
            "beside": counts_of(lines, "rule"),
            "planted": Counter(line["planted"] for line in lines if "planted" in line),
            "failures": Counter(line["why"] for line in lines if line["verdict"] == FAILED),
            "models": sorted({one["model"] for one in verdicts.values() if "model" in one}),
        },
    )
    scored = sum(counts.get(one, 0) for one in SCORES)
    console.say(
        f"judged {args.name}: {counts.get(REFUSED, 0)} of {scored} refuse; judge and "
        f"rule disagree on {unequal['unequal']} of {unequal['both']}; {counts.get(FAILED, 0)} failures"
    )


def _told(settings: storage.Json) -> storage.Json:
    """Return the settings as a record tells them: without the address of a judge model, which is no result."""
    judge = dict(settings["judge"])
    if "endpoint" in judge:
        hidden = ("url", "key_from", "timeout", "retries", "parallel")
        judge["endpoint"] = {key: value for key, value in judge["endpoint"].items() if key not in hidden}
    return {**settings, "judge": judge}


if __name__ == "__main__":
    console.run(main)
