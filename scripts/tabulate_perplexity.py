"""Print how likely each arm finds the gold answers of each held-out split, and what it recites from train.

Reads measure_perplexity.py's lines of each model, rows and answers; writes perplexity.json and its table.

Example, after `snakemake --cores 1 --config studies=[everyday-talk]`:

  python scripts/tabulate_perplexity.py --output-dir /tmp/perplexity \\
    --settings '{"seed": 1, "unit": "answer", "gold": "output", "answered":
      [{"model": "plain-gemma2", "arm": "base", "seed": 42}]}' \\
    --lines results/mini/everyday-talk/perplexity/plain-gemma2.jsonl \\
    --train results/mini/everyday-talk/rows/all/train.parquet \\
    --rows results/mini/everyday-talk/rows/all/{valid,test,test-seen}.parquet \\
    --answers results/mini/everyday-talk/answers/own/plain-gemma2/base/seed42.jsonl
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.names import UNIT
from kotune.printing.table_files import write_table
from kotune.report.perplexity import table
from kotune.scoring.answer_files import read_answers
from kotune.scoring.perplexity import perplexity, recited


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--lines", type=Path, nargs="+", required=True, help="a file for each model, under its name")
    parser.add_argument("--rows", type=Path, nargs="+", required=True, help="the held-out rows, one file a split")
    parser.add_argument("--train", type=Path, required=True, help="the train rows, whose answers may be recited")
    parser.add_argument("--answers", type=Path, nargs="+", required=True, help="answers, in the order of the settings")
    parser.add_argument("--settings", type=json_or_file, required=True, help="seed, unit, gold, answered; as JSON")
    parser.add_argument("--output-dir", type=Path, required=True, help="folder; tables/ lies in it")
    parser.add_argument("--label", default="study", help="what the closing line calls it")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    golds = storage.read_parquet(args.train)[args.settings["gold"]].drop_nulls().unique().to_list()
    said: dict[tuple[str, str, str], dict[int, list[str]]] = {}
    for one, path in zip(args.settings["answered"], args.answers, strict=True):
        for (split, _, _), line in read_answers(path).items():
            of = said.setdefault((one["model"], one["arm"], split), {})
            of.setdefault(one["seed"], []).append(line["answer"])
    units = {path.stem: dict(storage.read_parquet(path).select("id", UNIT).iter_rows()) for path in args.rows}
    found = []
    for path in args.lines:
        runs: dict[tuple[str, str], dict[int, list]] = {}
        for line in storage.read_jsonl(path):
            runs.setdefault((line["arm"], line["split"]), {}).setdefault(line["seed"], []).append(line)
        for (arm, split), of in runs.items():
            value = perplexity(list(of.values()), units[split], args.settings["seed"])
            told = recited(list(said[path.stem, arm, split].values()), golds)
            found.append({"model": path.stem, "arm": arm, "split": split, **value, **told})
    storage.write_json(args.output_dir / "perplexity.json", found)
    write_table(args.output_dir / "tables", table(found, args.settings["unit"]))
    console.say(f"perplexity of {args.label}: {len(found)} numbers of {len(args.lines)} models")


if __name__ == "__main__":
    console.run(main)
