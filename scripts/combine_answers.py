"""Combine the answers of several members into an ensemble's answer file, and say what each member contributes.

Example, after `snakemake --cores 1`:

  python scripts/combine_answers.py \\
    --settings '{"method": "majority", "members": ["tiny-eeve", "tiny-qwen2", "tiny-solar"]}' \\
    --answers results/mini/econ-qa/answers/own/{tiny-eeve,tiny-qwen2,tiny-solar}/qlora/seed42.jsonl \\
    --rows results/mini/econ-qa/rows/all/{valid,test,test-unseen}.parquet --output /tmp/ensemble.jsonl \\
    --record /tmp/ensemble.record.json
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Sequence
from pathlib import Path

from kotune.core import arguments, console, records, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError
from kotune.core.names import ZERO
from kotune.scoring import answer_files, ensembles
from kotune.scoring.ballots import Ballot, make_ballots


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, combine, write the answer file and its record."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"method", "members", "favourite", "seed", "train_split", "skip_splits", "columns", "overlong"}',
    )
    parser.add_argument("--answers", required=True, nargs="+", help="answer files, in the order of the members")
    parser.add_argument("--rows", required=True, nargs="+", help="rows files of the splits that were answered")
    parser.add_argument("--output", required=True, help="the ensemble's answer file (JSON lines)")
    parser.add_argument("--record", required=True, help="record of the answers (JSON)")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)
    started = time.monotonic()
    settings = args.settings
    members, favourite = settings["members"], settings.get("favourite")
    if favourite is not None and favourite not in members:
        raise UserError(f"the favourite '{favourite}' is no member of the ensemble: {', '.join(members)}")

    skipped = settings.get("skip_splits", [])
    rows = {split: of_split for split, of_split in answer_files.read_rows(args.rows).items() if split not in skipped}
    answers = [answer_files.read_answers(file) for file in args.answers]
    answer_files.require_same_rows(answers[0], rows, args.answers[0], skipped)
    ballots = make_ballots(members, answers, args.answers, rows, settings.get("columns"))
    method = ensembles.Method(
        settings["method"],
        None if favourite is None else members.index(favourite),
        settings.get("train_split", "valid"),
        settings.get("seed", 0),
    )
    chosen = ensembles.choose(method, ballots)
    overlong = settings.get("overlong", ZERO)
    contributions = ensembles.contributions(method, ballots, chosen, members, overlong)
    storage.write_jsonl(args.output, ensembles.answer_lines(ballots, chosen, members, answers))

    facts: storage.Json = {
        "contributions": contributions,
        "upper_bound": method.name in ensembles.UPPER_BOUNDS,
        "rows": {split: len(of_split) for split, of_split in rows.items()},
        "votes": ensembles.voters(ballots, members),
    }
    if method.name == "stacking":
        facts |= {"fitted_on": method.train_split, "scikit_learn": importlib.metadata.version("scikit-learn")}
    files = {f"rows/{Path(file).stem}": file for file in args.rows if Path(file).stem in rows}
    files |= {f"answers/{name}": file for name, file in zip(members, args.answers, strict=True)}
    cost = {"seconds": round(time.monotonic() - started, 3)}
    records.write_record(args.record, "answers", settings, {**files, "answers": args.output}, cost, facts)
    counts = ", ".join(f"{name} {sum(member == number for member in chosen)}" for number, name in enumerate(members))
    console.say(
        f"combined {len(members)} members by {method.name}: {len(ballots)} answers, taken from {counts}"
        + _told(ballots, members)
    )


def _told(ballots: Sequence[Ballot], members: Sequence[str]) -> str:
    """Return what the last line adds where rows were too long for members."""
    fewer = sum(0 < len(ballot.voters) < len(members) for ballot in ballots)
    nobody = sum(not ballot.voters for ballot in ballots)
    told = [
        *([f"on {fewer} rows not every member was asked and fewer voted"] if fewer else []),
        *([f"{nobody} rows nobody was asked: their answers are empty"] if nobody else []),
    ]
    return "".join(f"; {part}" for part in told)


if __name__ == "__main__":
    console.run(main)
