"""Measure how hard instructions are to follow (IFD): a base model's loss of each answer with and without instruction.

Reads prompts (train.parquet) and a model's folder; writes ``--output`` (JSON lines: id, both losses, their ratio) and
``--record``. A killed run continues after its last whole pass.

Example, after `snakemake --cores 1` for a study with the key `quality.ifd`:

  python scripts/measure_difficulty.py \\
    --model results/mini/settings/measure_difficulty/data-quality/model.json \\
    --settings results/mini/settings/measure_difficulty/data-quality/settings.json \\
    --prompts results/mini/data-quality/prompts/tiny-code/raw/data-quality.clean/train.parquet \\
    --output /tmp/ifd.jsonl --record /tmp/ifd.record.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError
from kotune.curation.difficulty import NAME, difficulties, requests


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--model", type=json_or_file, required=True, help="the model's settings, JSON")
    parser.add_argument("--settings", type=json_or_file, required=True, help="arms (the base alone), tokens; JSON")
    parser.add_argument("--prompts", type=Path, required=True, help="train prompts (Parquet)")
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
    prompts = [one for one in storage.read_parquet(args.prompts).to_dicts() if one["excluded"] is None]
    if not prompts:
        raise UserError(f"{args.prompts}: no row can be asked, so there is no loss to measure")
    folder = args.output.parent / NAME
    asked = folder / "requests.jsonl"
    storage.write_jsonl(asked, requests(prompts))
    order = score.Order(args.model, args.settings, asked, folder, args.record, args.compute, args.label)
    done = score.score(order)
    arm = args.settings["arms"][0]
    found = difficulties(storage.read_jsonl(folder / arm["arm"] / f"seed{arm['seed']}" / "loglikelihoods.jsonl"))
    storage.write_jsonl(args.output, found)
    hard = sum((one[NAME] or 0) >= 1 for one in found)
    console.say(
        f"difficulty of {len(found):,} rows by {args.label}: {console.duration(done['seconds'])}; of {hard:,} the "
        "instruction tells nothing of the answer (ratio 1 or more)"
    )


if __name__ == "__main__":
    console.run(main)
