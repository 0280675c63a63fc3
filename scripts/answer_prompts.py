"""Answer rendered prompts with one model, with or without an adapter.

Reads {split}.parquet files, a model's folder and an adapter's folder; writes answers as JSON lines, and their record.
A killed run continues after its last complete batch.

Example, after `snakemake --cores 1`:

  python scripts/answer_prompts.py \\
    --model results/mini/settings/answer_prompts/econ-qa_own_tiny-eeve_qlora_seed42/model.json \\
    --generation results/mini/settings/answer_prompts/econ-qa_own_tiny-eeve_qlora_seed42/generation.json \\
    --adapter results/mini/econ-qa/adapters/tiny-eeve/qlora/seed42 \\
    --prompts results/mini/econ-qa/prompts/tiny-eeve/all/econ-qa.clean/test.parquet --seed 42 \\
    --label tiny-eeve --output /tmp/answers.jsonl --record /tmp/answers.record.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file


def main(argv: list[str] | None = None) -> None:
    """Answer prompts as the command line asks."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--model", type=json_or_file, required=True, help="the model's settings, JSON")
    parser.add_argument("--quantization", type=json_or_file, help="BitsAndBytesConfig's arguments or null, JSON")
    parser.add_argument("--adapter", type=Path, help="the folder of an adapter; none for the base")
    parser.add_argument("--prompts", type=Path, nargs="+", required=True, help="one {split}.parquet a split")
    parser.add_argument("--generation", type=json_or_file, required=True, help="GenerationConfig's, batch_size, JSON")
    parser.add_argument("--compute", type=json_or_file, default={"device": "cpu", "threads": 1}, help="device, threads")
    parser.add_argument("--cards", type=int, default=0, help="GPUs to take and wait for; 0: the first that is visible")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--label", required=True, help="what the run is called in what is said")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    from kotune.answering import answer
    from kotune.core import gpu_pool
    from kotune.models import loading

    if args.compute.get("device") != "cpu":
        gpu_pool.pin(args.cards)
    loading.prepare_process(args.compute)
    done = answer.answer(
        answer.Order(
            model=args.model,
            quantization=args.quantization,
            adapter=args.adapter,
            prompts=args.prompts,
            generation=args.generation,
            compute=args.compute,
            seed=args.seed,
            output=args.output,
            record=args.record,
            label=args.label,
        )
    )
    reasons = ", ".join(f"{count} {reason}" for reason, count in done["finish_reasons"].items())
    console.say(
        f"answered {args.label}: {sum(done['answers'].values())} prompts ({reasons}), "
        f"{console.duration(done['seconds'])} ({done['tokens_per_second']:,.0f} tokens/s)"
    )
    if done["all_empty"]:
        console.say(
            f"warning: answered {args.label}: every answer is empty; look at 'raw' in {args.output}, then at the "
            "prompt, at what ends an answer and at the clean-up marks"
        )


if __name__ == "__main__":
    console.run(main)
