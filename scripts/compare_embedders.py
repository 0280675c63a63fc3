"""Compare embedders: the models' mean similarity with each, and how far their rankings of models and rows agree.

Reads rows and the models' answer files; writes one JSON document.

Example, after `snakemake --cores 1 --config studies='[context-qa]'`:

  python scripts/compare_embedders.py \\
    --settings results/mini/settings/compare_embedders/context-qa/settings.json \\
    --answers results/mini/settings/compare_embedders/context-qa/answers.json \\
    --rows results/mini/context-qa/rows/all/{valid,test}.parquet --output /tmp/embedders.json
"""

from functools import partial
from pathlib import Path

from kotune.choice.agreement import compare
from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError
from kotune.core.names import ANSWER, ZERO
from kotune.scoring import answer_files, embedders, similarity


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--answers", type=json_or_file, required=True, help='JSON: [{"model", "path"}], the answers of the base arm'
    )
    parser.add_argument("--rows", nargs="+", required=True, help="one Parquet file per split")
    parser.add_argument(
        "--settings", type=json_or_file, required=True,
        help='JSON: {"embedders": [{"name", "kind", "path", "long"}], "cache", "skip_splits", "gold", "overlong"}',
    )  # fmt: skip
    parser.add_argument("--output", type=Path, required=True, help="the comparison (JSON)")
    parser.add_argument("--label", default="embedders", help="what the closing line calls it")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    skipped = args.settings.get("skip_splits", [])
    rows = {split: of_split for split, of_split in answer_files.read_rows(args.rows).items() if split not in skipped}
    answers = {}
    for one in args.answers:
        answers[one["model"]] = answer_files.read_answers(one["path"])
        answer_files.require_same_rows(answers[one["model"]], rows, one["path"], skipped)
    scorers = {}
    for settings in args.settings["embedders"]:
        embedder = embedders.open_embedder(settings)
        if embedder.name in scorers:
            raise UserError(f"embedder '{embedder.name}': it is named twice; name each embedder once")
        store = similarity.VectorStore(args.settings.get("cache"), embedder)
        scorers[embedder.name] = partial(similarity.similarities, embedder=embedder, store=store)
    found = compare(rows, answers, scorers, args.settings.get("gold", ANSWER), args.settings.get("overlong", ZERO))
    storage.write_json(args.output, found)
    count = sum(found["rows"].values())
    console.say(f"{args.label}: {len(scorers)} embedders on {len(answers)} models, {count:,} rows")


if __name__ == "__main__":
    console.run(main)
