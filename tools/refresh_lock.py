"""Lock the newest commits: ask the hub for each entry again and write its answer into the lock.

Reads the hub; writes ``--lock``. Only files of a few kilobytes are fetched: the hashes of large ones come from the hub.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.hub import lock as hub_lock
from kotune.hub import repository
from kotune.hub.datasets import dataset_files
from kotune.hub.models import ModelFiles


def main(argv: list[str] | None = None) -> None:
    """Refresh the lock."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--entries",
        type=json.loads,
        help='JSON: {"models": {name: entry}, "embedders": {…}, "datasets": {…}}',
    )
    parser.add_argument("--catalogues", type=Path, nargs="+", help="instead: what the lock holds of these files")
    parser.add_argument("--lock", type=Path, required=True, help="config/hub.lock.yaml")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    if repository.offline():
        raise UserError("HF_HUB_OFFLINE is set, so the newest commits cannot be asked for; unset it and run again")
    faults, asked = 0, 0
    for section, entries in (args.entries or locked_entries(args.catalogues or [], args.lock)).items():
        for name, entry in entries.items():
            asked += 1
            try:
                console.say(refreshed(section, name, entry, args.lock))
            except UserError as error:  # the others can still be locked
                faults += 1
                console.say(f"not locked: {error}")
    if faults:
        raise UserError(f"{args.lock}: {faults} of {asked} entries stay as they were; the lines above say why")
    console.say(f"{args.lock}: {asked} entries locked")


def locked_entries(catalogues: list[Path], lock: Path) -> dict[str, dict[str, dict]]:
    """Return the catalogues' entries that the lock holds."""
    names = {name for section in hub_lock.read_lock(lock).values() for name in section}
    known = {section: content for path in catalogues for section, content in read_yaml(path).items()}
    found = {
        section: {
            name: entry for name, entry in known.get(section, {}).items() if name in names and "gguf" not in entry
        }
        for section in ("models", "embedders", "datasets")
    }
    if not any(found.values()):
        raise UserError(f"{lock}: holds nothing of {', '.join(map(str, catalogues))} yet; a first download locks it")
    return found


def refreshed(section: str, name: str, entry: dict, lock: Path) -> str:
    """Lock one entry again; return the line that says what changed."""
    repo = repository.repository("dataset" if section == "datasets" else "model", name, entry)
    selection = dataset_files(repo, entry) if repo.kind == "dataset" else ModelFiles(repo, section == "embedders")
    before = hub_lock.read_lock(lock)[f"{repo.kind}s"].get(name)
    with tempfile.TemporaryDirectory() as folder:
        pin = hub_lock.pin_from_hub(repo, selection, Path(folder))
    if pin == before:
        return f"{name}: unchanged, {pin['revision'][:12]}"
    hub_lock.write_pin(lock, repo, pin, replace=True)
    return f"{name}: {before['revision'][:12] if before else 'not locked'} → {pin['revision'][:12]}"


if __name__ == "__main__":
    console.run(main)
