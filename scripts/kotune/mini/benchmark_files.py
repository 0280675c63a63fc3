"""The generated benchmark as text, in the layout of KoBEST 1.0's own TSV files. Reads and writes no files.

Like theirs: no quoting, CRLF and no line end behind the last row (HellaSwag: LF, and one), labels spelt otherwise from
split to split (BoolQ: TRUE, True, both; WiC: mixed), SentiNeg's columns in another order in each split, blanks behind
some texts (not in HellaSwag), behind COPA's question, too.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from kotune.mini.benchmark import Row, Splits

COLUMNS: dict[str, tuple[str, ...]] = {
    "BoolQ": ("ID", "Text", "Question", "Answer"),
    "COPA": ("ID", "sentence", "question", "1", "2", "Answer"),
    "HellaSwag": ("context", "choice1", "choice2", "choice3", "choice4", "label"),
    "WiC": (
        "ID", "Target", "SENTENCE1", "Dictionary 1", "Link 1", "SENTENCE2", "Dictionary 2", "Link2", "ANSWER",
    ),
}  # fmt: skip
SENTINEG = {
    "train": ("ID", "Text", "Label"),
    "dev": ("ID", "Label", "Text"),
    "test": ("ID", "Label_origin", "Text_origin", "Label", "Text", "Category_neg"),
}
# Columns that may end in a blank, and in which share of train's and test's rows; dev's are clean.
_BLANKS = {
    "BoolQ": {"Text": 0.15, "Question": 0.04},
    "COPA": {"sentence": 0.04, "question": 0.05, "1": 0.04},
    "SentiNeg": {"Text": 0.05},
    "WiC": {"SENTENCE1": 0.04, "SENTENCE2": 0.04},
}
_CAPITALS = {"train": 1.0, "dev": 0.0, "test": 0.5}  # share of BoolQ's labels in capitals
_WIC_CAPITALS = {"train": 0.05, "dev": 0.02, "test": 0.45}
_LINK = "https://example.org/dictionary?word_no={}"


def _spelt(value: int, capitals: bool) -> str:
    said = "True" if value else "False"
    return said.upper() if capitals else said


def _finished(task: str, split: str, number: int, row: Row, rng: random.Random) -> dict[str, str]:
    """A row's cells, with the quirks of its file."""
    cells = {"ID": str(number)} | {column: str(value) for column, value in row.items()}
    if task == "BoolQ":
        cells["Answer"] = _spelt(int(row["Answer"]), rng.random() < _CAPITALS[split])
    if task == "WiC":
        cells["ANSWER"] = _spelt(int(row["ANSWER"]), rng.random() < _WIC_CAPITALS[split])
        for place, column in (("1", "Link 1"), ("2", "Link2")):
            cells[column] = _LINK.format(f"{ord(cells['Target'][0])}{cells[f'Dictionary {place}']}")
    for column, share in _BLANKS.get(task, {}).items():
        if split != "dev" and rng.random() < share:
            cells[column] += " "
    return cells


def text_of(task: str, split: str, rows: Sequence[Row], seed: int) -> str:
    """One file's text, line ends included."""
    rng = random.Random(f"{seed}/{task}/{split}/quirks")
    columns = SENTINEG[split] if task == "SentiNeg" else COLUMNS[task]
    finished = (_finished(task, split, number, row, rng) for number, row in enumerate(rows, start=1))
    lines = ["\t".join(columns), *("\t".join(cells[column] for column in columns) for cells in finished)]
    return "\n".join(lines) + "\n" if task == "HellaSwag" else "\r\n".join(lines)


def files_of(benchmark: Mapping[str, Splits], seed: int) -> dict[str, str]:
    """Every file's name, such as ``BoolQ/train.tsv``, and its text."""
    return {
        f"{task}/{split}.tsv": text_of(task, split, rows, seed)
        for task, splits in benchmark.items()
        for split, rows in splits.items()
    }
