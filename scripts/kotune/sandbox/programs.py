"""Programs from texts: the head of a function and what a model, or a reference, wrote behind it.

A head is the beginning of a program up to a function's docstring, as HumanEval's prompts are. What is written behind it
is the function's body, or the whole function again, in a code fence or not. Reads and writes nothing.
"""

from __future__ import annotations

import ast
import re
import warnings

FENCE = "```"
INDENT = "    "
_FENCED = re.compile(r"^[ \t]*```[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL)


def joined(head: str, rest: str) -> str:
    """Return a head and what follows it as one text, the latter on a line of its own."""
    return head + rest if not head or head.endswith("\n") else f"{head}\n{rest}"


def _definition(entry: str) -> re.Pattern[str]:
    return re.compile(rf"^(?:async[ \t]+)?def[ \t]+{re.escape(entry)}\b", re.MULTILINE)


def defines(text: str, entry: str) -> bool:
    """Return whether a text holds the definition of a function, from the first column on."""
    return bool(_definition(entry).search(text))


def before(head: str, entry: str) -> str:
    """Return what of a head stands above its function: imports, and other functions."""
    found = list(_definition(entry).finditer(head))
    return head[: found[-1].start()] if found else ""


def empty(entry: str) -> str:
    """Return a program whose function does nothing: tests that it passes test nothing."""
    return f"def {entry}(*args, **named):\n{INDENT}pass\n"


def program_of(head: str, answer: str, entry: str, lead: str = "") -> str:
    """Return the program that an answer makes of a head.

    An answer that defines the function takes its place: what of the head stands above it stays, and what is no Python
    behind it goes. Any other answer is a body, up to the first line in the first column. ``lead``: the white space that
    stood before the answer, which its first line lacks where answers are stripped. A ``head`` that does not hold the
    function (an instruction in words) is no part of a program.
    """
    indented = answer[:1] in (" ", "\t") or bool(lead.rpartition("\n")[2])
    if FENCE in answer and not indented:  # behind a body a fence closes, and opens nothing
        found = [block for block in _FENCED.findall(answer) if block.strip()]
        answer = next((block for block in found if defines(block, entry)), found[0] if found else answer)
        lead = ""
    if defines(answer, entry):
        return joined(before(head, entry), _compiling(answer))
    if not defines(head, entry):
        return answer
    return joined(head, _body(answer, lead))


def _body(answer: str, lead: str) -> str:
    """Return a function's body: the lines up to the first that stands in the first column."""
    indent = lead.rpartition("\n")[2]
    if not answer[:1].isspace():
        answer = (indent if indent.isspace() else INDENT) + answer
    kept = []
    for line in answer.split("\n"):
        if line[:1] not in ("", " ", "\t", "\r") and kept:
            break
        kept.append(line)
    return "\n".join(kept) + "\n"


def _compiling(text: str) -> str:
    """Return a text without the last lines that make it no Python; all of it, where no beginning of it is."""
    lines = text.split("\n")
    for count in range(len(lines), 0, -1):
        begun = "\n".join(lines[:count])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(begun)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return begun if begun.strip() else text
    return text


def parses(source: str) -> bool:
    """Return whether a text could be Python; where the parser gives up, nobody knows, and it could be."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    except (RecursionError, MemoryError):
        return True
    return True


def head_of(row: dict[str, str | None], entry: str) -> str:
    """Return the head of a function that a row asks for: its input, or its instruction, whichever holds it."""
    asked = [row.get("input") or "", row.get("instruction") or ""]
    return next((text for text in asked if defines(text, entry)), "")


def reference_of(head: str, solution: str, entry: str) -> str:
    """Return the program of a row's own solution, of which nothing is cut."""
    return joined(before(head, entry), solution) if defines(solution, entry) else joined(head, solution)
