"""Write the bundled files that patterns give, or compare those that are there with them; .xz holds its text packed."""

from __future__ import annotations

import argparse
import lzma
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import replacing, write_text

PACKED = ".xz"


def differing(folder: Path, files: Mapping[str, str]) -> list[str]:
    """The names of files that are missing in ``folder`` or hold other bytes."""
    return [
        name
        for name, text in files.items()
        if not (folder / name).is_file() or _content(folder / name) != text.encode("utf-8")
    ]


def _content(path: Path) -> bytes:
    raw = path.read_bytes()
    return lzma.decompress(raw) if path.suffix == PACKED else raw


def _write(path: Path, text: str) -> None:
    """Write a text, packed where the name says so; the content is compared, as other versions of xz pack otherwise."""
    if path.suffix != PACKED:
        write_text(path, text)
        return
    with replacing(path) as beside:
        beside.write_bytes(lzma.compress(text.encode("utf-8"), preset=9 | lzma.PRESET_EXTREME))


def write_or_check(folder: Path, files: Mapping[str, str], check: bool) -> None:
    """Write the files, or with ``check`` write nothing and raise UserError naming those that differ."""
    if check:
        if changed := differing(folder, files):
            raise UserError(f"{folder}: {', '.join(changed)} differ from what the patterns give: make them again")
        console.say(f"{len(files)} files in {folder} are what the patterns give")
        return
    for name, text in files.items():
        _write(folder / name, text)
    console.say(f"wrote {', '.join(files)} to {folder}")


def run(
    doc: str | None, folder: Path, seed: int, make: Callable[[Path, int], Mapping[str, str]], argv: Sequence[str] | None
) -> None:
    """Parse a tool's command line, and write or compare what ``make`` gives for a folder and a seed.

    ``doc``: the tool's docstring; ``folder`` and ``seed``: the defaults, those of the bundled files.
    """
    parser = argparse.ArgumentParser(description=(doc or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, default=folder, help="folder of the files (default: the bundled one)")
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--check", action="store_true", help="compare with the folder's files instead of writing them")
    parser.add_argument("--log", type=Path, help="file for what the libraries print")
    args = parser.parse_args(argv)
    console.to_log(args.log)
    write_or_check(args.folder, make(args.folder, args.seed), args.check)
