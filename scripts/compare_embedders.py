"""Score the candidates' answers by several embedders, and say how far these agree on who is better."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kotune import console, embedder_agreement, metrics, storage
from kotune.errors import UserError


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, compare, write embedders.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=Path, nargs="+", required=True, help="answer files, one a label")
    parser.add_argument("--labels", type=json.loads, required=True, help='JSON: [{"model", "arm", "seed"}]')
    parser.add_argument("--rows", type=Path, nargs="+", required=True, help="rows files of the evaluation splits")
    parser.add_argument(
        "--settings", type=json.loads, required=True, help='JSON: {"embedders", "splits", "cache"}'
    )  # fmt: skip
    parser.add_argument("--output", required=True, help="the comparison (JSON)")
    parser.add_argument("--label", required=True, help="what the closing line calls the study")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)
    if len(args.answers) != len(args.labels):
        raise UserError(f"{len(args.answers)} answer files but {len(args.labels)} labels: give one label a file")

    rows = {split: of for split, of in metrics.read_rows(args.rows).items() if split in args.settings["splits"]}
    pairs = {}
    for path, label in zip(args.answers, args.labels, strict=True):
        answers = metrics.read_answers(path)
        metrics.require_same_rows(answers, rows, path)
        of_model = pairs.setdefault(f"{label['model']}", [])
        for split, of_split in rows.items():
            of_model += [(answers[split, row["id"]]["answer"], metrics.gold_answers(row, split)) for row in of_split]
    found = embedder_agreement.compare(pairs, args.settings["embedders"], args.settings.get("cache"))
    storage.write_json(args.output, found)
    console.say(f"compared {len(found['embedders'])} embedders on {len(pairs)} candidates of {args.label}")


if __name__ == "__main__":
    console.run(main)
