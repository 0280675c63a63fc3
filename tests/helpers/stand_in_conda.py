"""A STAND-IN for conda, for tests: it answers what Snakemake asks of conda, and it is not conda.

An environment that it creates holds no package of its own. The Python of an environment is this one, and each exact pin
of the environment's pip section must be installed here; otherwise creating it fails, as conda would fail. It says
nothing about whether conda-forge has the packages, or how long they take to download.
"""

import importlib.metadata
import json
import shlex
import sys
import venv
from pathlib import Path

import yaml

VERSION = "24.7.1"  # the oldest that Snakemake accepts


def install(folder: Path, stand_in: Path) -> Path:
    """Write ``bin/conda``, which calls ``stand_in`` (this file or a copy), and ``bin/activate`` below a folder.

    Returns the folder of programs to put on PATH.
    """
    programs = folder / "bin"
    programs.mkdir(parents=True)
    conda, activate = programs / "conda", programs / "activate"
    called = shlex.join([sys.executable, str(stand_in), str(folder)])
    conda.write_text(f'#!/bin/sh\nexec {called} "$@"\n', encoding="utf-8")
    conda.chmod(0o755)
    noted = shlex.quote(f"{folder}/activated")
    activate.write_text(f'export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\necho "$1" >> {noted}\n', encoding="utf-8")
    return programs


def missing(dependencies: list) -> list[str]:
    """Return what an environment asks for that is not installed here, exactly as it asks for it."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    lacking = [name for name in dependencies if isinstance(name, str) and name not in ("pip", f"python={python}")]
    pins = [pin for part in dependencies if isinstance(part, dict) for pin in part["pip"]]
    for pin in pins:
        name, _, version = pin.partition("==")
        try:
            found = importlib.metadata.version(name).partition("+")[0]
        except importlib.metadata.PackageNotFoundError:
            found = None
        lacking += [pin] if found != version else []
    return lacking


def create(file: Path, prefix: Path) -> None:
    """Create an environment that sees the packages of this one."""
    lacking = missing(yaml.safe_load(file.read_text(encoding="utf-8"))["dependencies"])
    if lacking:
        sys.exit(f"stand-in for conda: not installed here: {', '.join(lacking)}")
    venv.create(prefix, symlinks=True)
    (site,) = prefix.glob("lib/python*/site-packages")
    here = Path(importlib.metadata.distribution("snakemake").locate_file(""))
    (site / "stand-in.pth").write_text(f"{here}\n", encoding="utf-8")


def main(folder: str, *words: str) -> None:
    """Answer one call."""
    if words[:1] == ("--version",):
        print(f"conda {VERSION}")
    elif words[:1] == ("info",):
        print(json.dumps({"conda_prefix": folder, "platform": "linux-64"}))
    elif words[:1] == ("config",):
        print(json.dumps({"get": {"channel_priority": "strict"}}))
    elif words[:2] == ("env", "create"):
        options = dict(zip(words, words[1:], strict=False))
        create(Path(options["--file"]), Path(options["--prefix"]))
    elif words[:1] != ("clean",):
        sys.exit(f"stand-in for conda: does not know `conda {' '.join(words)}`")


if __name__ == "__main__":
    main(*sys.argv[1:])
