"""Pointed: prompts whose answer is a piece of a text that they show, and the tokens at which it begins and ends.

Reads prompts ({split}.parquet) with the column `place`; writes nothing. A variant's `points` names the column of a row
whose text holds the answer. Where an answer stands several times, its first place is learned: nobody marked
the right one. A prompt that is too long is read in windows (`prompts.windows`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_parquet
from kotune.prompts import windows
from kotune.prompts.encoding import Rows, check_counted
from kotune.prompts.windows import Windows, pieces_of

if TYPE_CHECKING:
    import tokenizers
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


def settle(made: Json, learned: bool, asked: Windows, tokenizer: tokenizers.Tokenizer) -> None:
    """Give a rendered row its windows, and say why it cannot be used, where it cannot.

    ``learned``: it is of train, so that its answer must stand in the text, and whole in one window at least.
    """
    (start, end), gold = made[COLUMN], made[GOLD]
    why, pieces = fault_of(gold, made["prompt"][start:end]) if learned else None, []
    if made["prompt_tokens"] > asked.tokens:
        offsets = tokenizer.encode(made["prompt"], add_special_tokens=False).offsets
        pieces, long = asked.pieces(len(offsets), tokens_of(offsets, start, end))
        why = why or long
        if learned and not why:
            at = made["prompt"].index(gold, start)
            answer = tokens_of(offsets, at, at + len(gold))
            if not any(first <= answer[0] and answer[-1] < stop for first, stop in pieces):
                why = f"{windows.FAULT}: an answer of {len(answer)} tokens, whole in no window"
    made[windows.KEY], made["excluded"] = pieces, made["excluded"] or why


@dataclass
class Pointed(Rows):
    """Tokenised rows; ``mask`` is 1 at the text's tokens, ``spans`` the first and the last token of each answer.

    ``windows``: the pieces of each row's text; none of a row that goes through the model at once.
    """

    spans: list[tuple[int, int]] = field(default_factory=list)
    windows: list[list[list[int]]] = field(default_factory=list)

    def dataset(self) -> Dataset:
        """Return the rows as a data set in memory, each as the list of its windows; -1: the answer is not in it."""
        from datasets import Dataset

        columns: dict[str, list[list]] = {"input_ids": [], "text": [], "first": [], "last": []}
        for ids, mask, span, cuts in zip(self.ids, self.mask, self.spans, self.windows, strict=True):
            pieces = pieces_of(ids, [place for place, inside in enumerate(mask) if inside], cuts)
            places = [piece.inside(*span) or (-1, -1) for piece in pieces]
            columns["input_ids"].append([piece.ids for piece in pieces])
            columns["text"].append([_marked(len(piece.ids), piece.tokens) for piece in pieces])
            columns["first"].append([first for first, _ in places])
            columns["last"].append([last for _, last in places])
        return Dataset.from_dict(columns)


def _marked(length: int, places: Sequence[int]) -> list[int]:
    made = [0] * length
    for place in places:
        made[place] = 1
    return made


def _checked(path: Path) -> Json:
    table = read_parquet(path).to_dict(as_series=False)
    if COLUMN not in table:
        raise UserError(f"{path}: its prompts do not say where the text is that is pointed at (`points` of a variant)")
    return table


def _windows(table: Json, number: int) -> list[list[int]]:
    """Return the pieces of a row's text; files of prompts from before there were windows have none."""
    return table[windows.KEY][number] if windows.KEY in table else []


def encode_pointed(path: Path, tokenizer: PreTrainedTokenizerBase) -> Pointed:
    """Return a split's rows, those excluded counted by reason and left out."""
    table = _checked(path)
    made = Pointed([], [], {}, None)
    for number, reason in enumerate(table["excluded"]):
        if reason is not None:
            continue
        text, (start, end) = table["prompt"][number], table[COLUMN][number]
        read = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        check_counted(path, table, number, "prompt", read["input_ids"])
        gold = table[GOLD][number]
        at = text.index(gold, start)
        pointed = tokens_of(read["offset_mapping"], at, at + len(gold))
        made.ids.append(read["input_ids"])
        made.mask.append(_marked(len(read["input_ids"]), tokens_of(read["offset_mapping"], start, end)))
        made.spans.append((pointed[0], pointed[-1]))
        made.windows.append(_windows(table, number))
        made.names.append(table["id"][number])
    if not made.ids:
        raise UserError(f"{path}: no row is left to train on; all {len(table['id'])} are excluded")
    made.excluded = dict(sorted(Counter(reason.partition(":")[0] for reason in table["excluded"] if reason).items()))
    return made


@dataclass(frozen=True)
class Text:
    """A prompt to point into: its text, its tokens' places in it, the tokens that can be pointed at, its windows."""

    prompt: str
    offsets: Sequence[tuple[int, int]]
    tokens: Sequence[int]
    place: Sequence[int]
    windows: Sequence[Sequence[int]] = ()

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
                pieces = _windows(table, number)
                found[path.stem, name] = Text(text, offsets, tokens_of(offsets, *place), place, pieces)
    return found
