"""What the command lines of all scripts share: settings as JSON or as a file of it, and an example below the help.

Reads the JSON files that a command line names; writes nothing.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from kotune.core.errors import UserError
from kotune.core.storage import read_json

SHOWN = 60  # characters of a text that is not JSON, as an error quotes it


def json_or_file(given: str) -> Any:
    """Return settings given as JSON, or as the name of a JSON file; what begins with neither { nor [ is a file's name.

    ``null``, ``true``, ``false`` and numbers are JSON, too.
    """
    text = given.strip()
    plain = text in ("null", "true", "false") or text.lstrip("-")[:1].isdigit()
    if text[:1] not in ("{", "[", '"') and not (plain and "/" not in text and not text.endswith(".json")):
        return read_json(given)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        start = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        raise UserError(f"not JSON ({error.msg}, character {error.pos + 1}): {start}") from error


def parser(description: str | None, example: str) -> argparse.ArgumentParser:
    """Return a script's parser; its help ends with an example that works after ``snakemake --cores 1``."""
    return argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"example, after `snakemake --cores 1`:\n  {example}",
    )
