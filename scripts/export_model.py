"""Take a tuned model home in one form: adapter alone, merged into its base, or GGUF file; and compare its answers.

Reads the model's and the adapter's folder, prompts and rows of one split and the arm's answers; writes the form's
folder (whole or not at all) and a record of what was found.

Example, after `snakemake --cores 1 results/mini/econ-qa/exports/tiny-gemma2/qlora/seed42/merged.json`:

  python scripts/export_model.py --form merged \\
    --settings results/mini/settings/export_model/econ-qa_tiny-gemma2_qlora_seed42_merged/settings.json \\
    --rendering results/mini/settings/export_model/econ-qa_tiny-gemma2_qlora_seed42_merged/rendering.json \\
    --generation results/mini/settings/export_model/econ-qa_tiny-gemma2_qlora_seed42_merged/generation.json \\
    --adapter results/mini/econ-qa/adapters/tiny-gemma2/qlora/seed42 \\
    --prompts results/mini/econ-qa/prompts/tiny-gemma2/all/econ-qa.clean/valid.parquet \\
    --rows results/mini/econ-qa/rows/all/valid.parquet \\
    --answers results/mini/econ-qa/answers/own/tiny-gemma2/qlora/seed42.jsonl --seed 42 \\
    --output /tmp/merged --record /tmp/merged.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file
from kotune.study.exports import FORMS

SETTINGS = (
    'JSON: {"title", "arm", "prompt", "scoring": {"metric", "gold"}, "quantization", "trained_by": the command that '
    "trains the arm}"
)


def main(argv: list[str] | None = None) -> None:
    """Export as the command line asks."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--form", choices=FORMS, required=True)
    parser.add_argument("--settings", type=json_or_file, required=True, help=SETTINGS)
    parser.add_argument("--rendering", type=json_or_file, required=True, help="JSON: model, family")
    parser.add_argument("--generation", type=json_or_file, required=True, help="GenerationConfig's, batch_size, JSON")
    parser.add_argument("--adapter", type=Path, required=True, help="the folder of the adapter")
    parser.add_argument("--prompts", type=Path, required=True, help="the prompts of a split: {split}.parquet")
    parser.add_argument("--rows", type=Path, required=True, help="its rows: {split}.parquet")
    parser.add_argument("--answers", type=Path, required=True, help="what the arm answered (JSON lines)")
    parser.add_argument("--compute", type=json_or_file, default={"device": "cpu", "threads": 1}, help="device, threads")
    parser.add_argument("--cards", type=int, default=0, help="GPUs to take and wait for; 0: the first that is visible")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="the folder that is written")
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    from kotune.answering.order import Order
    from kotune.core import gpu_pool
    from kotune.export import export, usage
    from kotune.models import loading
    from kotune.prompts.families import family_from

    if args.compute.get("device") != "cpu":
        gpu_pool.pin(args.cards)
    loading.prepare_process(args.compute)
    model, told = args.rendering["model"], args.settings
    label = f"{model['name']}/{told['arm']}/seed{args.seed}"
    order = Order(
        model=model,
        quantization=told["quantization"],
        adapter=args.adapter,
        prompts=[args.prompts],
        generation=args.generation,
        compute=args.compute,
        seed=args.seed,
        output=args.output,
        record=args.record,
        label=f"{label}, {args.form}",
    )
    asked = export.Asked(
        form=args.form,
        order=order,
        family=family_from(model["family"], args.rendering["family"]),
        prompts=args.prompts,
        rows=args.rows,
        answers=args.answers,
        output=args.output,
        told={**told, "model": model["name"], "seed": args.seed},
    )
    found = export.export(asked, args.record)
    console.say(f"exported {label}, {args.form}: {usage.verdict(found['answers']).replace('**', '')}")


if __name__ == "__main__":
    console.run(main)
