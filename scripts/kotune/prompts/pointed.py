"""Pointed: prompts whose answer is a piece of a text that they show, and the tokens at which it begins and ends.

Reads prompts ({split}.parquet) with the column `place`; writes nothing. A variant's `points` names the column of a row
whose text holds the answer. Where an answer stands several times, its first place is learned: nobody marked
the right one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_parquet
from kotune.prompts.encoding import Rows

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

KEY, COLUMN = (
    "points",
    "place",
)  # of a variant; beside the prompts: where the text begins and ends in them, in characters
GOLD = "pointed"  # beside the prompts: the answer that is pointed at
MARK = "\ufdd2"  # a noncharacter of Unicode, which no text may hold


def place_of(row: Mapping[str, str], column: str, write: Callable[[Mapping[str, str]], str], where: str) -> list[int]:
    """Return where a row's text begins and ends in its prompt, which ``write`` makes; UserError unless it is once."""
    if column not in row:
        raise UserError(f"{where}, points: the rows have no column '{column}'")
    frame = write({**row, column: MARK})
    if frame.count(MARK) != 1:
        raise UserError(
            f"{where}, points: its texts must show {{{{ {column} }}}} once; they do {frame.count(MARK)} times"
        )
    start = frame.index(MARK)
    return [start, len(write(row)) - (len(frame) - start - 1)]


def fault_of(gold: str | None, text: str) -> str | None:
    """Return why a row cannot be learned, or None."""
    return None if gold and gold.strip() in text else "not in the text: there is nothing to point at"


def tokens_of(offsets: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    """Return the tokens that hold something of the characters from ``start`` up to ``end``."""
    return [place for place, (first, last) in enumerate(offsets) if first < end and last > start and last > first]


@dataclass
class Pointed(Rows):
    """Tokenised rows; ``mask`` is 1 at the text's tokens, ``spans`` the first and the last token of each answer."""

    spans: list[tuple[int, int]] = field(default_factory=list)

    def dataset(self) -> Dataset:
        """Return the rows as a data set in memory."""
        from datasets import Dataset

        first, last = zip(*self.spans, strict=True)
        return Dataset.from_dict({"input_ids": self.ids, "text": self.mask, "first": list(first), "last": list(last)})


def _checked(path: Path) -> Json:
    table = read_parquet(path).to_dict(as_series=False)
    if COLUMN not in table:
        raise UserError(f"{path}: its prompts do not say where the text is that is pointed at (`points` of a variant)")
    return table


def encode_pointed(path: Path, tokenizer: PreTrainedTokenizerBase) -> Pointed:
    """Return a split's rows, those excluded counted by reason and left out."""
    table = _checked(path)
    made = Pointed([], [], {}, None)
    for number, reason in enumerate(table["excluded"]):
        if reason is not None:
            continue
        text, (start, end) = table["prompt"][number], table[COLUMN][number]
        read = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        gold = table[GOLD][number]
        at = text.index(gold, start)
        inside = set(tokens_of(read["offset_mapping"], start, end))
        pointed = tokens_of(read["offset_mapping"], at, at + len(gold))
        made.ids.append(read["input_ids"])
        made.mask.append([int(place in inside) for place in range(len(read["input_ids"]))])
        made.spans.append((pointed[0], pointed[-1]))
        made.names.append(table["id"][number])
    if not made.ids:
        raise UserError(f"{path}: no row is left to train on; all {len(table['id'])} are excluded")
    made.excluded = dict(sorted(Counter(reason.partition(":")[0] for reason in table["excluded"] if reason).items()))
    return made


@dataclass(frozen=True)
class Text:
    """A prompt to point into: its text, its tokens' places in it, and the tokens that can be pointed at."""

    prompt: str
    offsets: Sequence[tuple[int, int]]
    tokens: Sequence[int]
    place: Sequence[int]

    def between(self, first: int, last: int) -> str:
        """Return what stands from one token to another, within the text."""
        start, end = max(self.offsets[first][0], self.place[0]), min(self.offsets[last][1], self.place[1])
        return self.prompt[start:end].strip()


def texts_of(files: Sequence[Path], tokenizer: PreTrainedTokenizerBase) -> dict[tuple[str, str], Text]:
    """Return the prompts that are asked, by split and id."""
    found = {}
    for path in files:
        table = _checked(path)
        for number, name in enumerate(table["id"]):
            if table["excluded"][number] is None:
                text, place = table["prompt"][number], table[COLUMN][number]
                offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
                found[path.stem, name] = Text(text, offsets, tokens_of(offsets, *place), place)
    return found
