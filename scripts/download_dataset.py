"""Download a data set at its locked commit and bring its rows into the study's columns.

Reads the hub, or the hub client's cache, and ``--lock``; writes in ``--folder`` the files as they are (downloaded/),
{split}.parquet with the study's columns, rows.json with what was left out and, last, snapshot.json; and the lock on
first use. With HF_HUB_OFFLINE=1 no network is used.

Example, where there is a network:

  python scripts/download_dataset.py --name klue-mrc --folder /tmp/klue-mrc --lock /tmp/hub.lock.yaml \\
    --entry '{"hub_id": "klue/klue", "subset": "mrc", "licence": "cc-by-sa-4.0",
      "splits": {"train": 17554, "valid": 5841},
      "columns": {"id": "guid", "context": "context", "question": "question", "answer": "answers.text"}}'
"""

from __future__ import annotations

import time
from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.hub import files as hub_files
from kotune.hub import lock, repository
from kotune.hub.datasets import converted, dataset_files, differences


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--name", required=True, help="the data set's name in config/datasets.yaml")
    parser.add_argument("--entry", type=json_or_file, required=True, help="its catalogue entry, as JSON")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--lock", type=Path, required=True, help="config/hub.lock.yaml")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    started = time.monotonic()
    repo = repository.repository("dataset", args.name, args.entry)
    files = dataset_files(repo, args.entry)
    raw = args.folder / "downloaded"
    busy = args.folder.with_name(f".{args.folder.name}.lock")
    with lock.exclusive(busy, f"{args.name}: waiting for another download of it"):
        pin = lock.pinned(repo, files, raw, args.lock, whole=args.folder)
        with lock.completing(args.folder, pin):
            fetched = hub_files.fetch_all(repo, pin, raw)
            splits, counts = converted(files, args.entry, pin, raw)
            for split, frame in splits.items():
                storage.write_parquet(args.folder / f"{split}.parquet", frame)
            storage.write_json(args.folder / "rows.json", counts)
    for line in differences(args.entry, counts):
        console.say(f"{args.name}: {line}")

    kept = ", ".join(f"{split} {frame.height:,}" for split, frame in splits.items())
    left_out = sum(count for split in counts.values() for count in split["left_out"].values())
    done = lock.summary(repo, pin, fetched, time.monotonic() - started)
    console.say(f"{done}; rows: {kept}; left out: {left_out:,}")


if __name__ == "__main__":
    console.run(main)
