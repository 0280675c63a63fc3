"""What the command lines of all scripts share: settings as JSON or as a file of it, and an example below the help.

Reads the JSON files that a command line names; writes nothing.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from kotune.core.errors import UserError
from kotune.core.storage import read_json

EXAMPLE = "Example, "  # begins the last part of a script's docstring
SHOWN = 60  # characters of a text that is not JSON, as an error quotes it


def json_or_file(given: str) -> Any:
    """Return settings given as JSON (an object, a list or null), or as the name of a JSON file."""
    text = given.strip()
    if text[:1] not in ("{", "[") and text != "null":
        return read_json(given)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        start = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        raise UserError(f"not JSON ({error.msg}, character {error.pos + 1}): {start}") from error


def parser(docstring: str) -> argparse.ArgumentParser:
    """Return the parser of a script, whose help is its docstring: the example at its end stands below the options.

    The example lies in the docstring so that no code hash changes with it.
    """
    description, _, example = docstring.partition(f"\n{EXAMPLE}")
    return argparse.ArgumentParser(
        description=description.strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"{EXAMPLE}{example}".rstrip() if example else None,
    )
