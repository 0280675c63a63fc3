"""Score a harness evaluation's requests with one model: each continuation's log-likelihood, under every arm and seed.

Reads requests.jsonl, a model's folder and adapters' folders; writes {arm}/seed{n}/loglikelihoods.jsonl and a record. A
killed run continues after its last whole pass. An untrained twin of the model is scored as well: the arm `untrained`.

Example, after `snakemake --cores 1` for a study with a harness evaluation:

  python scripts/score_requests.py \\
    --model results/mini/settings/score_requests/instruct-ko_kobest_plain-llama-chat/model.json \\
    --settings results/mini/settings/score_requests/instruct-ko_kobest_plain-llama-chat/settings.json \\
    --requests results/mini/instruct-ko/harness/kobest/plain-llama-chat/requests.jsonl \\
    --folder /tmp/scored --record /tmp/scored/record.json --label plain-llama-chat
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file


def main(argv: list[str] | None = None) -> None:
    """Score requests as the command line asks."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--model", type=json_or_file, required=True, help="the model's settings, JSON")
    parser.add_argument("--settings", type=json_or_file, required=True, help="arms, untrained, tokens; JSON")
    parser.add_argument("--requests", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="below it each arm and seed has its folder")
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--compute", type=json_or_file, default={"device": "cpu", "threads": 1}, help="device, threads")
    parser.add_argument("--cards", type=int, default=0, help="GPUs to take and wait for; 0: the first that is visible")
    parser.add_argument("--label", required=True, help="what the run is called in what is said")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    from kotune.core import gpu_pool
    from kotune.harness import score
    from kotune.models import loading

    if args.compute.get("device") != "cpu":
        gpu_pool.pin(args.cards)
    loading.prepare_process(args.compute)
    done = score.score(
        score.Order(
            model=args.model,
            settings=args.settings,
            requests=args.requests,
            folder=args.folder,
            record=args.record,
            compute=args.compute,
            label=args.label,
        )
    )
    console.say(
        f"scored {args.label}: {done['requests']} requests under {len(done['treatments'])} treatments, "
        f"{console.duration(done['seconds'])} ({done['tokens'] / max(done['seconds'], 1e-3):,.0f} tokens/s)"
    )


if __name__ == "__main__":
    console.run(main)
