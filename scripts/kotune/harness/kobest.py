"""KoBEST as its makers publish it and as the hub holds it: both become rows in the hub's columns.

Reads the makers' TSV files, or rows that were read already; writes nothing. The makers' files spell labels in several
ways (TRUE, True; a task mixes them within a split), have other columns in each split (SentiNeg), quotation marks that
are text, texts that end in a space, and lines that end in CRLF in four tasks of five. Nothing of a text is changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, read_text
from kotune.harness.task_files import TaskFile
from kotune.rows.bundles import raw_bytes
from kotune.rows.encodings import decoded

TRUTH = {"true": 1, "false": 0, "1": 1, "0": 0}
NUMBERS = {str(number): number for number in range(4)}
SPLITS = {"train": "train", "validation": "dev", "test": "test"}  # lm-eval's names → the makers'
ORIGINAL = "original"  # of a row of SentiNeg's test: the id of the train row that it negates; null where none does


@dataclass(frozen=True)
class Form:
    """One of KoBEST's five tasks: its folder, the hub's columns → the makers', the label and how it is spelt.

    ``beside``: further columns of the makers that the audit or the clean protocol needs.
    """

    folder: str
    columns: Mapping[str, str]
    label: str
    makers: Mapping[str, int]
    hub: Mapping[str, int] = field(default_factory=lambda: TRUTH)
    beside: Mapping[str, str] = field(default_factory=dict)


FORMS = {
    "kobest_boolq": Form("BoolQ", {"paragraph": "Text", "question": "Question"}, "Answer", TRUTH),
    "kobest_copa": Form(
        "COPA", {"premise": "sentence", "question": "question", "alternative_1": "1", "alternative_2": "2"},
        "Answer", {"1": 0, "2": 1},
    ),
    "kobest_hellaswag": Form(
        "HellaSwag", {"context": "context"} | {f"ending_{number}": f"choice{number}" for number in range(1, 5)},
        "label", NUMBERS, NUMBERS,
    ),
    "kobest_sentineg": Form(
        "SentiNeg", {"sentence": "Text"}, "Label", TRUTH,
        beside={"origin": "Text_origin", "origin_label": "Label_origin"},
    ),
    "kobest_wic": Form(
        "WiC", {"word": "Target", "context_1": "SENTENCE1", "context_2": "SENTENCE2"}, "ANSWER", TRUTH,
        beside={"sense_1": "Dictionary 1", "sense_2": "Dictionary 2"},
    ),
}  # fmt: skip
HUB_LABEL = "label"
BESIDE = tuple(name for form in FORMS.values() for name in form.beside)  # of rows in memory, and in no file


def form_of(task: TaskFile) -> Form | None:
    """Return which of the five a task is, also under another name, as long as it includes lm-eval's file of it."""
    return next((form for stem, form in FORMS.items() if stem in task.stems()), None)


def _label(spelt: object, spellings: Mapping[str, int], where: str) -> int:
    """Return a label as the hub has it, an integer from 0."""
    said = str(spelt).strip().casefold()
    if said not in spellings:
        raise UserError(f"{where}: '{spelt}' is no label{nearest(said, spellings)}")
    return spellings[said]


def _cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return a TSV's header and rows: one a line, quotation marks as text, spaces kept; UserError for a torn row."""
    text = (decoded(raw_bytes(str(path)), str(path))[0] if path.suffix == ".xz" else read_text(path)).removeprefix(
        "\ufeff"
    )
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    rows = [line.split("\t") for line in lines if line]
    if not rows:
        raise UserError(f"{path}: empty")
    if len(rows) == 1:
        raise UserError(f"{path}: a header and no rows")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise UserError(f"{path}, line {number}: {len(row)} cells where the header has {len(rows[0])}")
    return rows[0], rows[1:]


def _place(header: list[str], column: str, path: Path) -> int:
    """Return where a column stands; a header's case and spaces do not matter."""
    said = [name.strip().casefold() for name in header]
    if column.casefold() not in said:
        raise UserError(f"{path}: there is no column '{column}'{nearest(column, header)}")
    return said.index(column.casefold())


def makers_rows(form: Form, path: Path, split: str) -> tuple[list[Json], Counter[str]]:
    """Return a makers' file as rows in the hub's columns, and how its labels are spelt; test rows as ``beside`` says.

    UserError names file, line or column.
    """
    header, cells = _cells(path)
    wanted = {ours: _place(header, theirs, path) for ours, theirs in form.columns.items()}
    label = _place(header, form.label, path)
    known = [name.strip().casefold() for name in header]
    held = form.beside.items() if split == "test" else ((a, b) for a, b in form.beside.items() if b.casefold() in known)
    beside = {ours: _place(header, theirs, path) for ours, theirs in held}
    rows = [
        {ours: row[place] for ours, place in wanted.items()}
        | {HUB_LABEL: _label(row[label], form.makers, f"{path}, row {number}, {form.label}")}
        | {ours: row[place] for ours, place in beside.items()}
        for number, row in enumerate(cells, 1)
    ]
    return rows, Counter(row[label].strip() for row in cells)


def hub_rows(form: Form, given: list[Json], where: str) -> tuple[list[Json], Counter[str]]:
    """Return the hub's rows with labels as integers and no further columns, and how labels are spelt."""
    for column in (*form.columns, HUB_LABEL):
        if given and column not in given[0]:
            raise UserError(f"{where}: there is no column '{column}'{nearest(column, given[0])}")
    rows = [
        {column: row[column] for column in form.columns}
        | {HUB_LABEL: _label(row[HUB_LABEL], form.hub, f"{where}, row {number}, {HUB_LABEL}")}
        for number, row in enumerate(given, 1)
    ]
    return rows, Counter(str(row[HUB_LABEL]).strip() for row in given)


def with_originals(rows: Mapping[str, list[Json]], originated: list[Json] | None, where: str) -> None:
    """Give each row of SentiNeg's test the id of the train row that it negates (``original``), or null.

    ``originated``: the hub's split of the originals, in the test's order; the makers' rows hold them themselves.
    UserError where the two do not stand in one order: then hardly each label would be the opposite.
    """
    test = rows["test"]
    if originated is not None:
        opposite = sum(str(one[HUB_LABEL]) != str(row[HUB_LABEL]) for one, row in zip(originated, test, strict=False))
        if len(originated) != len(test) or opposite < 0.9 * len(test):
            raise UserError(f"{where}: the originals are not those of the test split, row by row ({opposite} of "
                            f"{len(test)} have the opposite label, of {len(originated)} rows)")  # fmt: skip
        for row, one in zip(test, originated, strict=True):
            row["origin"], row["origin_label"] = one["sentence"], str(one[HUB_LABEL])
    by_text = {row["sentence"].strip(): row["id"] for row in reversed(rows["train"])}
    for row in test:
        if "origin" in row:
            row[ORIGINAL] = by_text.get(row["origin"].strip())
