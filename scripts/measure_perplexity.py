"""Measure how likely a model finds the gold answers of held-out rows, under each of its arms and seeds.

Reads prompts (one file a split), a model's folder and adapters; writes ``--output`` (JSON lines: arm, seed, split, id,
nats, tokens) and ``--record``. A killed run continues after its last whole pass.

Example, after `snakemake --cores 1 --config studies=[everyday-talk]`:

  python scripts/measure_perplexity.py --output /tmp/perplexity.jsonl --record /tmp/perplexity.record.json \\
    --model results/mini/settings/measure_perplexity/everyday-talk_plain-gemma2/model.json \\
    --settings results/mini/settings/measure_perplexity/everyday-talk_plain-gemma2/settings.json \\
    --prompts results/mini/everyday-talk/prompts/plain-gemma2/all/safe-chat.clean/{valid,test}.parquet
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError
from kotune.scoring.perplexity import NAME, of_lines, requests


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--model", type=json_or_file, required=True, help="the model's settings, JSON")
    parser.add_argument("--settings", type=json_or_file, required=True, help="arms, tokens; JSON")
    parser.add_argument("--prompts", type=Path, nargs="+", required=True, help="prompts of each split (Parquet)")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--compute", type=json_or_file, default={"device": "cpu", "threads": 1}, help="device, threads")
    parser.add_argument("--cards", type=int, default=0, help="GPUs to take and wait for; 0: the first that is visible")
    parser.add_argument("--label", default="model", help="what the run is called in what is said")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    from kotune.core import gpu_pool
    from kotune.harness import score
    from kotune.models import loading

    if args.compute.get("device") != "cpu":
        gpu_pool.pin(args.cards)
    loading.prepare_process(args.compute)
    prompts = {path.stem: storage.read_parquet(path).to_dicts() for path in args.prompts}
    golds = requests({split: [row for row in of if row["excluded"] is None] for split, of in prompts.items()})
    if not golds:
        raise UserError(f"{args.prompts[0]}: no row has a gold answer that can be asked, so there is no perplexity")
    folder = args.output.with_suffix("")
    asked = folder / "requests.jsonl"
    storage.write_jsonl(asked, golds)
    order = score.Order(args.model, args.settings, asked, folder, args.record, args.compute, args.label)
    done = score.score(order)
    lines = [
        {"arm": one.arm, "seed": one.seed, **line}
        for one in score.treatments(order)
        for line in of_lines(storage.read_jsonl(one.file))
    ]
    storage.write_jsonl(args.output, lines)
    console.say(f"{NAME} by {args.label}: {len(golds):,} golds, {console.duration(done['seconds'])}")


if __name__ == "__main__":
    console.run(main)
