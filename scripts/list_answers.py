"""Write beside each row what a model answered it with several prompts, so that the model can choose among that.

Reads rows files and answer files of one model and seed, in the order of their arms; writes {split}.parquet, the rows
with a column ``answers``, into --output-dir; a split that was not answered has no row there.

Example, after `snakemake --cores 1` for the study econ-qa-tries:

  python scripts/list_answers.py --rows results/mini/econ-qa/rows/all/test.parquet \\
    --answers results/mini/econ-qa-tries/answers/own/tiny-eeve/{expert,steps}/seed42.jsonl --output-dir /tmp/rows
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.names import SPLITS
from kotune.scoring import answer_files
from kotune.scoring.panels import with_answers


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--rows", type=Path, nargs="+", required=True, help="rows files of the splits that were answered"
    )
    parser.add_argument("--answers", type=Path, nargs="+", required=True, help="answer files, in the order of the arms")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--label", default="answers", help="what the closing line calls them")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    import polars as pl

    answers = [answer_files.read_answers(path) for path in args.answers]
    frames = {path.stem: storage.read_parquet(path) for path in args.rows}
    rows = {split: frame.to_dicts() for split, frame in frames.items()}
    for path, given in zip(args.answers, answers, strict=True):
        answer_files.require_same_rows(given, rows, path)
    schema = {**next(iter(frames.values())).schema, "answers": pl.String}
    for split in SPLITS:
        made = with_answers(rows.get(split, []), split, answers)
        storage.write_parquet(args.output_dir / f"{split}.parquet", pl.DataFrame(made, schema=schema))
    console.say(f"listed {len(answers)} answers to each of {sum(map(len, rows.values())):,} rows: {args.label}")


if __name__ == "__main__":
    console.run(main)
