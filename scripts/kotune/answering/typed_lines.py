"""What a user types to a conversation: edited on a terminal, or read from a pipe.

Reads standard input; a pipe's lines are written out again, as a terminal would have shown them.
"""

from __future__ import annotations

import contextlib
import locale
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from kotune.answering.screens import safe


def typed() -> Iterator[str]:
    """Yield what is typed on the terminal, a line that ends with a backslash together with the next."""
    if locale.setlocale(locale.LC_CTYPE) in ("C", "POSIX"):  # there, backspace would take a byte of a syllable
        os.environ["LC_ALL"] = "C.UTF-8"  # readline asks the environment
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    import readline  # input then edits lines: backspace takes a whole syllable, arrows bring earlier lines

    readline.parse_and_bind("set enable-bracketed-paste on")  # what is pasted is one text, also of several lines

    whole: list[str] = []
    while True:
        try:
            line = input("… " if whole else "> ")
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            print("  (/quit or Ctrl-D ends)")
            whole = []
            continue
        whole.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield "\n".join(whole)
            whole = []


def piped(out: TextIO) -> Iterator[str]:
    """Yield the lines of standard input, each after it was written out, as a terminal would have shown it."""
    sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    whole: list[str] = []
    for line in sys.stdin:
        text = line.rstrip("\r\n")
        whole.append(text.removesuffix("\\"))
        if text.endswith("\\"):
            continue
        said = "\n".join(whole)
        whole = []
        if said.strip():
            out.write(f"> {safe(said)}\n")
        yield said
    if whole:
        yield "\n".join(whole)
