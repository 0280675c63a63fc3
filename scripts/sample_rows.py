"""Make a rowset of an arm's samples: its answers to an evaluation, where they score high enough, as what is learned.

With `pairs` among the settings, rows are pairs: such an answer, and in the column `rejected` one that scores lower.

Reads rows, answers and scores of the evaluation; writes {split}.parquet, of which train holds the rows and the others
none, and audit.json in ``--output-dir``.

Example, for a study whose rowset `kept` is made of the samples of its arm `qlora` in the evaluation `again`:

  python scripts/sample_rows.py --rows results/mini/econ-qa/rows/again/test.parquet \\
    --answers results/mini/econ-qa/answers/again/tiny-eeve/qlora/seed42.jsonl \\
    --scores results/mini/econ-qa/scores/again/tiny-eeve/qlora/seed42.jsonl \\
    --held results/mini/econ-qa/rows/all/{valid,test}.parquet \\
    --settings '{"gold": "answer", "metric": "exact_match", "at_least": 1.0}' --output-dir /tmp/kept
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.names import SPLITS, TRAIN, UNIT
from kotune.curation.sampled import references_among, rows_of_samples
from kotune.curation.sampled_pairs import Wanted, pairs_of_samples
from kotune.rows.pairs import REJECTED
from kotune.scoring import answer_files, score_columns


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--rows", nargs="+", required=True, help="rows files that were asked, one a split")
    parser.add_argument("--answers", required=True, help="the arm's answers (JSON lines)")
    parser.add_argument("--scores", required=True, help="their scores (JSON lines)")
    parser.add_argument("--held", nargs="*", default=[], help="rows files that are evaluated, and must not be learned")
    parser.add_argument(
        "--settings", type=json_or_file, required=True, help='JSON: {"gold", "metric", "at_least", "pairs", "seed"}'
    )
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--label", default="rows", help="what the closing line calls this rowset")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    import polars as pl

    rows = answer_files.read_rows(args.rows)
    answers = answer_files.read_answers(args.answers)
    answer_files.require_same_rows(answers, rows, args.answers)
    scored = score_columns.read_scores(args.scores).get(args.settings["metric"], {})
    answer_files.require_same_rows(scored, rows, args.scores, what=f"{args.settings['metric']} score")
    values = {key: line["value"] for key, line in scored.items()}
    held = {row[UNIT] for of_split in answer_files.read_rows(args.held).values() for row in of_split}
    gold, columns, without = args.settings["gold"], {}, {}
    if "pairs" in args.settings:
        wanted = Wanted(**{key: args.settings[key] for key in ("gold", "at_least", "pairs", "seed")})
        kept, left_out, without = pairs_of_samples(rows, answers, values, wanted, held)
        columns = {REJECTED: pl.String}
    else:
        kept, left_out = rows_of_samples(rows, answers, values, gold, args.settings.get("at_least"), held)

    frame = pl.DataFrame(kept, schema=dict(storage.read_parquet(args.rows[0]).schema) | columns)
    for split in SPLITS:
        storage.write_parquet(args.output_dir / f"{split}.parquet", frame if split == TRAIN else frame.clear())
    audit = {"answers": len(answers), "rows": sum(map(len, rows.values())), "kept": frame.height}
    audit |= {"excluded": left_out, "reference": references_among(rows, answers, gold)}
    storage.write_json(args.output_dir / "audit.json", audit | ({"without_pair": without} if columns else {}))
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items()) or "none"
    bare = "".join(f"; {count:,} rows without a pair: {reason}" for reason, count in without.items())
    made = f"{frame.height:,} pairs of {len(answers):,}" if columns else f"{frame.height:,} of {len(answers):,} kept"
    console.say(f"samples of {args.label}: {made}; left out: {reasons}{bare}")


if __name__ == "__main__":
    console.run(main)
