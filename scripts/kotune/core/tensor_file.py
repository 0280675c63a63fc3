"""Safetensors files, as far as their header tells: whether a file is whole, and how many values it holds.

Reads headers; writes nothing, and loads no tensor.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kotune.core.errors import UserError
from kotune.core.storage import explained

# What safetensors says of a file that is no longer, or not yet, what its header says; anything else is the header's.
CUT = "not fully covered"


@contextmanager
def _opened(file: str | os.PathLike, mend: str) -> Iterator[Any]:
    """Open a file without reading its tensors; UserError unless it is as long as its own header says."""
    from safetensors import SafetensorError, safe_open

    with explained(file, "read"), open(file, "rb"):  # the library's own errors for this name no reason
        pass
    try:
        with safe_open(file, framework="np") as tensors:
            yield tensors
    except SafetensorError as error:
        why = "its header is cut off or it is a git-lfs pointer"
        if CUT in str(error):
            why = f"{Path(file).stat().st_size:,} bytes are not what its header promises"
        raise UserError(f"{file}: not a whole safetensors file ({why}); {mend}") from error


def check_whole(file: str | os.PathLike, mend: str) -> None:
    """Raise UserError unless the file is as long as its own header says; ``mend``: what to do then."""
    with _opened(file, mend):
        pass


def count_values(file: str | os.PathLike, mend: str) -> int:
    """Return the number of values in all tensors of a file."""
    with _opened(file, mend) as tensors:
        return sum(math.prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118
