"""Download a model, or a sentence embedder, at its locked commit: only the files needed, each checked.

Reads the hub, or the hub client's cache, and ``--lock``; writes the files and, last, snapshot.json in ``--folder``, and
the lock on first use. With HF_HUB_OFFLINE=1 no network is used.

Example, where there is a network:

  python scripts/download_model.py --name qwen2.5-3b-instruct --entry '{"hub_id": "Qwen/Qwen2.5-3B-Instruct"}' \\
    --folder /tmp/model --lock /tmp/hub.lock.yaml
"""

from __future__ import annotations

import time
from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file
from kotune.hub import files, lock, repository
from kotune.hub.models import ModelFiles, check_code, remove_strangers


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--name", required=True, help="the model's name in config/models.yaml")
    parser.add_argument("--entry", type=json_or_file, required=True, help="its catalogue entry, as JSON")
    parser.add_argument("--embedder", action="store_true", help="a sentence embedder: fetch its modules, too")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--lock", type=Path, required=True, help="config/hub.lock.yaml")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    started = time.monotonic()
    repo = repository.repository("model", args.name, args.entry)
    selection = ModelFiles(repo, args.embedder)
    busy = args.folder.with_name(f".{args.folder.name}.lock")
    with lock.exclusive(busy, f"{args.name}: waiting for another download of it"):
        pin = lock.pinned(repo, selection, args.folder, args.lock)
        check_code(repo, pin)
        with lock.completing(args.folder, pin):
            fetched = files.fetch_all(repo, pin, args.folder)
            for name in remove_strangers(args.folder, pin, selection):
                print(f"removed {name}, which belongs to another version of {args.name}")
    console.say(lock.summary(repo, pin, fetched, time.monotonic() - started))


if __name__ == "__main__":
    console.run(main)
