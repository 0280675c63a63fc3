"""Download a data set at its locked commit and bring its rows into the study's columns.

Reads the hub, or the hub client's cache, and ``--lock``; of an entry that names a repository, the public code host or
a copy that a user brings. Writes in ``--folder`` the files as they are (downloaded/),
{split}.parquet with the study's columns, rows.json with what was left out and, last, snapshot.json; and the lock on
first use. With HF_HUB_OFFLINE=1 no network is used.

Example, where there is a network:

  python scripts/download_dataset.py --name klue-mrc --folder /tmp/klue-mrc --lock /tmp/hub.lock.yaml \\
    --entry '{"hub_id": "klue/klue", "subset": "mrc", "licence": "cc-by-sa-4.0",
      "splits": {"train": 17554, "valid": 5841},
      "columns": {"id": "guid", "context": "context", "question": "question", "answer": "answers.text"}}'
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.storage import Json
from kotune.hub import code_host, lock, repository
from kotune.hub import files as hub_files
from kotune.hub.datasets import DatasetFiles, converted, dataset_files, differences


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

    busy = args.folder.with_name(f".{args.folder.name}.lock")
    with lock.exclusive(busy, f"{args.name}: waiting for another download of it"):
        done, counts = (_of_repository if code_host.SOURCE in args.entry else _of_hub)(args)
    for line in differences(args.entry, counts):
        console.say(f"{args.name}: {line}")
    if counts:
        kept = ", ".join(f"{split} {of['rows']:,}" for split, of in counts.items())
        left_out = sum(count for split in counts.values() for count in split["left_out"].values())
        done = f"{done}; rows: {kept}; left out: {left_out:,}"
    console.say(done)


def _of_hub(args: argparse.Namespace) -> tuple[str, dict[str, Json]]:
    """Bring a data set of the hub; return the closing line, and each split's counts."""
    started, raw = time.monotonic(), args.folder / code_host.RAW
    repo = repository.repository("dataset", args.name, args.entry)
    files = dataset_files(repo, args.entry)
    pin = lock.pinned(repo, files, raw, args.lock, whole=args.folder)
    with lock.completing(args.folder, pin):
        fetched = hub_files.fetch_all(repo, pin, raw)
        counts = _written(files, args, pin)
    return lock.summary(repo, pin, fetched, time.monotonic() - started), counts


def _of_repository(args: argparse.Namespace) -> tuple[str, dict[str, Json]]:
    """Bring a data set of a public code host; a benchmark's files stay as they are, and have no counts."""
    started = time.monotonic()
    named = code_host.code_files(args.name, args.entry)
    pin, fetched = code_host.fetch_all(named, args.folder / code_host.RAW)
    with lock.completing(args.folder, pin):
        counts = {}
        if "files" in args.entry:
            about = repository.Repository("dataset", args.name, named.repository, named.commit)
            counts = _written(dataset_files(about, args.entry), args, pin)
    return code_host.summary(named, pin, fetched, time.monotonic() - started), counts


def _written(files: DatasetFiles, args: argparse.Namespace, pin: Json) -> dict[str, Json]:
    """Write each split's rows in the study's columns; return what was read and left out of each."""
    splits, counts = converted(files, args.entry, pin, args.folder / code_host.RAW)
    for split, frame in splits.items():
        storage.write_parquet(args.folder / f"{split}.parquet", frame)
    storage.write_json(args.folder / "rows.json", counts)
    return counts


if __name__ == "__main__":
    console.run(main)
