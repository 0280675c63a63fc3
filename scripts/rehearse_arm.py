"""Rehearse one (model, arm): true shape, random weights, some steps and answers on this machine's GPU.

Reads its settings (JSON, or a file of it, as rehearsal_settings.py prints it) and, where rows were brought, their
lengths; writes one JSON document. Needs no configuration, no weights and no network.

Example, after `snakemake --cores 1 --config scale=rehearsal`:

  python scripts/rehearse_arm.py \\
    --settings results/rehearsal/settings/rehearse_arm/econ-qa_qwen2.5-3b-instruct_qlora/settings.json \\
    --output /tmp/rehearsal.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file


def main(argv: list[str] | None = None) -> None:
    """Rehearse as the command line asks."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--settings", type=json_or_file, required=True, help="JSON, or the path of a file of it")
    parser.add_argument(
        "--rows", type=Path, nargs="*", default=[], help="{split}.parquet files of rows, train among them"
    )
    parser.add_argument("--prompt", type=json_or_file, help="the prompt variant that rows are rendered by, JSON")
    parser.add_argument("--family", type=json_or_file, help="the family that they are rendered for, JSON")
    parser.add_argument("--cards", type=int, default=0, help="GPUs to take and wait for; 0: the first that is visible")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    from kotune.core import gpu_pool
    from kotune.models import loading

    if args.settings["compute"].get("device") != "cpu":
        gpu_pool.pin(args.cards)
    loading.prepare_process(args.settings["compute"])
    from kotune.core.storage import write_json
    from kotune.cost import fit
    from kotune.rehearsal import rehearse
    from kotune.rehearsal import result as rehearsal_result

    lengths = rehearsal_result.lengths_from(args.settings, args.rows, args.prompt, args.family)
    job = fit.job_of(args.settings, *lengths)
    result = rehearsal_result.document(args.settings, job, rehearse.rehearse(args.settings, job), bool(args.rows))
    write_json(args.output, result)
    console.say(f"rehearsed {args.settings['label']}: {rehearsal_result.in_one_line(result)}")


if __name__ == "__main__":
    console.run(main)
