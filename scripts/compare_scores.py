"""Give each mean score its interval and each comparison its paired interval and test."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kotune.core import console, storage
from kotune.core.errors import UserError, nearest
from kotune.scoring import answer_files, statistics


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, compare, write statistics.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scores", required=True, nargs="+", help="score files, or the one folder of {model}/{arm}/seed{seed}.jsonl"
    )
    parser.add_argument("--labels", required=True, help='JSON: [{"model", "arm", "seed"}], one for each score file')
    parser.add_argument("--rows", required=True, nargs="+", help="rows files of the evaluation splits")
    parser.add_argument(
        "--settings",
        required=True,
        help='JSON: {"metrics": [{"name", "aggregate"}], "resamples", "seed", "comparisons", "splits"}',
    )
    parser.add_argument("--output", required=True, help="statistics (JSON)")
    parser.add_argument("--selection", help="selection (JSON): whose scores stand under the name `selected`")
    parser.add_argument("--selected-labels", default="[]", help="JSON: further labels, of the model `selected`")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)
    settings = json.loads(args.settings)
    seed, resamples = settings.get("seed", 0), settings.get("resamples", statistics.RESAMPLES)

    rows = answer_files.read_rows(args.rows)
    for split in settings.get("splits", []):
        if split not in rows:
            raise UserError(f"no rows file was given for the split '{split}'{nearest(split, rows)}")
    rows = {split: rows[split] for split in settings.get("splits", rows)}
    files, labels = args.scores, json.loads(args.labels)
    if len(files) == 1 and Path(files[0]).is_dir():
        folder = files[0]
        files = [f"{folder}/{one['model']}/{one['arm']}/seed{one['seed']}.jsonl" for one in labels]
        selected = json.loads(args.selected_labels)
        if selected:
            winner = storage.read_json(args.selection)["winner"]["model"]
            files += [f"{folder}/{winner}/{one['arm']}/seed{one['seed']}.jsonl" for one in selected]
            labels += selected
    scores = statistics.gather(files, labels, rows, settings["metrics"])
    comparisons = settings.get("comparisons", [])
    means, pairs = statistics.means_and_pairs(scores, comparisons, seed, resamples)
    storage.write_json(args.output, {"resamples": resamples, "seed": seed, "means": means, "pairs": pairs})
    told = ", ".join(f"{split} n={len(of_split)}" for split, of_split in rows.items())
    console.say(f"compared {len(scores.values)} models and ensembles: {len(means)} means, {len(pairs)} pairs ({told})")


if __name__ == "__main__":
    console.run(main)
