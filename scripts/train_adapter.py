"""Tune one model with LoRA or QLoRA on rendered prompts: adapter, curve and record.

Reads {train,valid}.parquet, a model's folder and, where it starts from one, an adapter's; writes the adapter's folder.
A killed run continues from its last whole checkpoint.

Example, after `snakemake --cores 1`:

  python scripts/train_adapter.py \\
    --model results/mini/settings/train_adapter/econ-qa_tiny-eeve_qlora_seed42/model.json \\
    --recipe results/mini/settings/train_adapter/econ-qa_tiny-eeve_qlora_seed42/recipe.json \\
    --prompts results/mini/econ-qa/prompts/tiny-eeve/all/econ-qa.clean/train.parquet --seed 7 \\
    --label tiny-eeve/seed7 --adapter-dir /tmp/adapter
"""

from __future__ import annotations

import sys
from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file


def main(argv: list[str] | None = None) -> None:
    """Train one adapter as the command line asks."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--model", type=json_or_file, required=True, help="the model's settings, JSON")
    parser.add_argument("--recipe", type=json_or_file, required=True, help="method, lora, quantization, trainer, JSON")
    parser.add_argument("--prompts", type=Path, required=True, help="train.parquet")
    parser.add_argument("--rows", type=Path, help="the rows that the prompts were rendered from, where the method asks")
    parser.add_argument("--held", type=Path, nargs="*", default=[], help="rows that are evaluated: it sees none")
    parser.add_argument("--valid", type=Path, help="valid.parquet, read where trainer.eval_strategy asks for it")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--compute", type=json_or_file, default={"device": "cpu", "threads": 1}, help="device, threads")
    parser.add_argument("--cards", type=int, default=1, help="GPUs to take, each with a process of its own")
    parser.add_argument("--gpu", type=int, default=0, help="GPUs that the scheduler gave, if it counts them; 0: cards")
    parser.add_argument(
        "--tracking", type=json_or_file, default={"mode": "disabled"}, help="where the curve is mirrored"
    )
    parser.add_argument("--adapter", type=Path, help="the folder of an adapter to start from; none for a new one")
    parser.add_argument("--adapter-dir", type=Path, required=True)
    parser.add_argument("--label", required=True, help="what the training is called in what is said")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)

    from kotune.core import gpu_pool
    from kotune.models import loading
    from kotune.training import engine, processes, train

    given = sys.argv[1:] if argv is None else argv
    trained_by, notes = engine.chosen({**args.recipe, "cards": args.cards}, args.compute, args.adapter)
    engine.hand_over(trained_by, Path(__file__), given)
    wanted = args.gpu or args.cards or 1
    if processes.launched():
        console.to_parent(quiet=processes.rank() > 0)
    else:
        console.to_log(args.log)
        if args.compute.get("device") != "cpu":
            gpu_pool.pin(wanted)
    loading.prepare_process(args.compute)
    if wanted > 1 and not processes.launched():
        processes.launch(Path(__file__), given, wanted)
        return
    if trained_by != engine.TRL:
        engine.module(trained_by).begin()
    done = train.train(
        train.Order(
            model=args.model,
            recipe=args.recipe,
            prompts=args.prompts,
            valid=args.valid,
            seed=args.seed,
            compute=args.compute,
            tracking=args.tracking if processes.rank() == 0 else {"mode": "disabled"},
            folder=processes.own_folder(args.adapter_dir),
            shared=args.adapter_dir,
            label=args.label,
            adapter=args.adapter,
            rows=args.rows,
            held=tuple(args.held),
            engine=trained_by,
            engine_notes=tuple(notes),
        )
    )
    loss = "no loss logged" if done["final_loss"] is None else f"loss {done['final_loss']:.3g}"
    console.say(
        f"trained {args.label}: {done['steps']} steps, {loss}, {console.duration(done['seconds'])} "
        f"({done['tokens_per_second']:,.0f} tokens/s)"
    )


if __name__ == "__main__":
    console.run(main)
