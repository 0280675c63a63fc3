"""Write the bundled files that patterns give, or compare those that are there with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import write_text


def differing(folder: Path, files: Mapping[str, str]) -> list[str]:
    """The names of files that are missing in ``folder`` or hold other bytes."""
    return [
        name
        for name, text in files.items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != text.encode("utf-8")
    ]


def write_or_check(folder: Path, files: Mapping[str, str], check: bool) -> None:
    """Write the files, or with ``check`` write nothing and raise UserError naming those that differ."""
    if check:
        if changed := differing(folder, files):
            raise UserError(f"{folder}: {', '.join(changed)} differ from what the patterns give: make them again")
        console.say(f"{len(files)} files in {folder} are what the patterns give")
        return
    for name, text in files.items():
        write_text(folder / name, text)
    console.say(f"wrote {', '.join(files)} to {folder}")
