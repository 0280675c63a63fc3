"""One prompt for a person to check: its text, its token ids with their text, and where the loss is.

Takes a rendered row, a tokenizer and a family; returns lines of text, coloured or marked with brackets. Writes nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.prompts.families import Family
from kotune.prompts.tokenizers import behind, control_pattern, control_tokens

if TYPE_CHECKING:
    import tokenizers

SHOWN = str.maketrans({" ": "␣", "▁": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥", "\u2060": "⁀"})
ANSI = {(True, False): "1;36", (False, True): "30;42", (True, True): "1;34;42"}  # (special, learned)


@dataclass(frozen=True)
class Token:
    """One token: its id, what it stands for, whether it is a control token, whether the loss counts it."""

    id: int
    piece: str
    special: bool
    learned: bool


@dataclass(frozen=True)
class Paint:
    """How parts are set off: colours on a terminal; elsewhere ‹control token› and [learned]."""

    coloured: bool

    def part(self, text: str, special: bool, learned: bool) -> str:
        """Return a part of a text or a token, set off as what it is."""
        if self.coloured:
            code = ANSI.get((special, learned))
            return f"\x1b[{code}m{text}\x1b[0m" if code else text
        text = f"‹{text}›" if special else text
        return f"[{text}]" if learned else text

    def legend(self) -> str:
        """Return what the marks mean."""
        return f"{self.part('control token', True, False)}  {self.part('learned: in the loss', False, True)}  read only"


def _byte_letters() -> dict[str, int]:
    """Return the letters in which byte-level tokenizers write bytes: printable ones as they are, the rest from 256."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + place): byte for place, byte in enumerate(others)}


def reader(tokenizer: tokenizers.Tokenizer) -> Callable[[int], str]:
    """Return what turns a token's id into text: ␣ for a space, ⏎ for a line break, \\x.. for a part of a character."""
    added = {number: token.content for number, token in tokenizer.get_added_tokens_decoder().items()}
    letters = _byte_letters() if "ByteLevel" in repr(tokenizer.decoder) else {}

    def piece(number: int) -> str:
        token = added.get(number) or tokenizer.id_to_token(number) or ""
        if number not in added:
            if letters and all(letter in letters for letter in token):
                token = bytes(letters[letter] for letter in token).decode("utf-8", "backslashreplace")
            elif token.startswith("<0x") and token.endswith(">"):
                token = bytes.fromhex(token[3:-1]).decode("utf-8", "backslashreplace")
        return token.translate(SHOWN)

    return piece


def tokens_of(
    tokenizer: tokenizers.Tokenizer, family: Family, prompt: str, completion: str, whole: bool = False
) -> list[Token]:
    """Return the tokens of a prompt, and those of a completion behind it, as training and answering see them.

    ``whole``: the loss is on the prompt, too, but for its first token, which follows nothing.
    """

    def ids(text: str) -> list[int]:
        return tokenizer.encode(text, add_special_tokens=False).ids

    control, piece = set(control_tokens(tokenizer, family).values()), reader(tokenizer)
    read = ids(prompt)
    written = behind(read, ids(prompt + completion), ids(completion)) if completion else []
    return [
        Token(number, piece(number), number in control, learned and (place > 0 or part is written))
        for part, learned in ((read, whole), (written, True))
        for place, number in enumerate(part)
    ]


def marked_text(
    tokenizer: tokenizers.Tokenizer, family: Family, prompt: str, completion: str, paint: Paint, whole: bool = False
) -> Iterator[str]:
    """Yield the lines of the text as it is, its control tokens and what is learned set off."""
    pattern = control_pattern(control_tokens(tokenizer, family))
    parts = []
    for text, learned in ((prompt, whole), (completion, True)):
        place = 0
        for found in pattern.finditer(text):
            first = text is prompt and found.start() == 0
            parts += [(text[place : found.start()], False, learned), (found[0], True, learned and not first)]
            place = found.end()
        parts.append((text[place:], False, learned))
    painted = "".join(
        "\n".join(paint.part(line, special, learned) if line else "" for line in part.split("\n"))
        for part, special, learned in parts
    )
    yield from painted.split("\n")


def _width(text: str) -> int:
    """Return the columns that a text takes on a terminal: Hangul takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def marked_tokens(tokens: Iterable[Token], paint: Paint, columns: int) -> Iterator[str]:
    """Yield lines of ``id piece``, as many on a line as fit; a line break within the text ends a line."""
    line, taken = [], 0
    for token in tokens:
        cell = f"{token.id} {token.piece}"
        width = _width(cell) + (0 if paint.coloured else 2 * (token.special + token.learned)) + 2
        if line and taken + width > columns:
            yield "  ".join(line)
            line, taken = [], 0
        line.append(paint.part(cell, token.special, token.learned))
        taken += width
        if token.piece.endswith("⏎"):
            yield "  ".join(line)
            line, taken = [], 0
    if line:
        yield "  ".join(line)


def counted(row: Json, tokens: Sequence[Token], room: int, trained: bool) -> Iterator[str]:
    """Yield what the pipeline counts: tokens, the room that a row has, why it is left out."""
    learned = sum(token.learned for token in tokens)
    read = len(tokens) - learned
    yield f"tokens      {read:,} read, {learned:,} learned; room for {room:,}" + (" in all" if trained else "")
    yield f"left out    {row['excluded'] or 'no'}"
