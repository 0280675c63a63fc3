"""Wheels that hold files, as a package index serves them: enough for pip to take one, and nothing to run.

Writes ``.whl`` files into a folder that pip finds by PIP_FIND_LINKS.
"""

from __future__ import annotations

import zipfile
from pathlib import Path


def write_wheel(folder: Path, package: str, version: str, files: dict[str, bytes]) -> Path:
    """Write a wheel of a package; ``files``: path in the wheel → content."""
    name = package.replace("-", "_")
    info = f"{name}-{version}.dist-info"
    said = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, *said, f"{info}/RECORD"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in {**files, **said, f"{info}/RECORD": record}.items():
            archive.writestr(member, content)
    return path
