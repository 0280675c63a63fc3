"""What the answers explorer holds of one evaluation: rows, answers and scores, each text once, as one JSON document.

Reads rows, answers and scores; writes nothing. Texts stand in one list, ``strings``, and are named by their place in
it. A run (the answers of one model, arm and seed) has a value for each row in the rows' order: numbers in a list, or,
where few values are possible, a letter each in one text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from kotune.core.names import LEAVE_OUT
from kotune.core.storage import Json, read_jsonl
from kotune.report.hiding import HIDDEN, KEY
from kotune.scoring.answer_files import gold_answers, read_rows, was_asked
from kotune.scoring.flips import is_right
from kotune.scoring.kinds import kind_of
from kotune.scoring.metrics.repetition import repeats

MOST = (
    1_000_000  # answers of one evaluation; of more runs than that, those at the end are left out, and the page says so
)
DIGITS = 4  # of a score
ENDED = {"stop": "ended", "combined": "ended", "length": "cut off"}  # finish reasons, as the page calls them
EMPTY, NOT_ASKED = "empty", "not asked"
ENDS = ("ended", "cut off", EMPTY, NOT_ASKED, "other")  # an answer's letter is the place in here
YES, NO, NOTHING = "1", "0", "-"
Row = tuple[str, str]  # split, id


class Strings:
    """Texts, each once; ``place`` gives a text's number. Of rows that are not shown, all texts are one."""

    def __init__(self, hidden: bool = False) -> None:
        self.places: dict[str, int] = {}
        self.hidden = hidden

    def place(self, text: str | None) -> int:
        """Return the place of a text; -1 where there is none."""
        if self.hidden and text:
            text = HIDDEN
        return -1 if text is None else self.places.setdefault(text, len(self.places))

    @property
    def texts(self) -> list[str]:
        return list(self.places)


def turns_said(turns: Iterable[Mapping[str, str]] | None) -> str | None:
    """Return earlier turns as one text: who spoke, and what was said."""
    said = [f"{turn['role']}: {turn['content']}" for turn in turns or ()]
    return "\n".join(said) or None


def golds_of(row: Json, split: str, gold: str) -> list[str]:
    """Return a row's gold answers; none of a row that is only asked."""
    return gold_answers(row, split, gold) if row.get("golds") or row.get(gold) else []


def _kinds(rows: Sequence[tuple[str, Json]], asked: Json) -> list[tuple[str, list[str]]]:
    """Return by what rows are told apart besides their split: labels, turns before it, kind of gold answer."""
    found = []
    for label in asked["labels"]:
        values = [row.get(label) or "" for _, row in rows]
        if any(values):
            found.append((label, values))
    turns = [column["name"] for column in asked["columns"] if column.get("turns")]
    if turns:
        said = ["several turns" if any(row.get(name) for name in turns) else "one turn" for _, row in rows]
        if len(set(said)) > 1:
            found.append(("turns", said))
    else:
        golds = [golds_of(row, split, asked["gold"]) for split, row in rows]
        found.append(("kind of gold answer", [kind_of(of[0]) if of else "" for of in golds]))
    return found


def _letters(values: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the different values, in the order of their first row, and each row's place among them."""
    names = list(dict.fromkeys(values))
    places = {name: place for place, name in enumerate(names)}
    return names, [places[value] for value in values]


def _first_lines(path: str | Path) -> dict[Row, Json]:
    """Return the answer line of each row; of several samples the first."""
    return {(line["split"], line["id"]): line for line in reversed(read_jsonl(path)) if not line.get("number")}


def _scores(path: str | Path) -> dict[Row, dict[str, float]]:
    """Return each row's values by metric; of several samples the first."""
    found: dict[Row, dict[str, float]] = {}
    for line in read_jsonl(path):
        if not line.get("number"):
            found.setdefault((line["split"], line["id"]), {})[line["metric"]] = line["value"]
    return found


def _end(line: Json | None) -> str:
    """Return the letter that says how an answer ended."""
    if line is None:
        return NOTHING
    if not was_asked(line):
        return str(ENDS.index(NOT_ASKED))
    if not line["answer"].strip():
        return str(ENDS.index(EMPTY))
    return str(ENDS.index(ENDED.get(line.get("finish_reason"), "other")))


def _rounded(value: float | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if float(value).is_integer() else round(value, DIGITS)


def _run(given: Json, keys: Sequence[Row], asked: Json, strings: Strings) -> Json:
    """Return one run: for each row the answer, what else was said, how it ended, its scores and whether it is right."""
    lines, scores = _first_lines(given["answers"]), _scores(given["scores"])
    found = [lines.get(key) for key in keys]
    values = [scores.get(key, {}) for key in keys]
    rule = asked.get("right")
    verdicts = [is_right(rule, of) if rule else None for of in values]
    said = {
        name: [strings.place(line[name] if line and line.get(name) != line["answer"] else None) for line in found]
        for name in ("raw", "reasoning", "thoughts")
        if any(line and line.get(name) and line[name] != line["answer"] for line in found)
    }
    return {
        **{key: given[key] for key in ("model", "arm", "seed", "base", "tuned")},
        "answer": [strings.place(line["answer"] if line else None) for line in found],
        "said": said,
        "ends": "".join(map(_end, found)),
        "right": "".join(NOTHING if one is None else YES if one else NO for one in verdicts),
        "repeats": [repeats(line["answer"]) if line else 0 for line in found],
        "values": [[_rounded(of.get(name)) for of in values] for name in asked["metrics"]],
    }


def document_of(asked: Json) -> Json:
    """Return the document of one evaluation.

    ``asked``: ``{"rows": [files], "columns": [{"name", "title", "turns"}], "gold", "labels",
    "listed": the place of the column that a list shows, "metrics": {name: facts},
    "primary_metric", "right": rule or absent, "overlong", "runs": [{"model", "arm", "seed", "base", "tuned",
    "answers", "scores"}]}``; ``base``: whether the arm is the base, ``tuned``: whether it answers with an adapter.
    """
    rows = [(split, row) for split, of in read_rows(asked["rows"]).items() for row in of]
    keys = [(split, row["id"]) for split, row in rows]
    strings = Strings(asked.get(KEY, False))
    most = max(1, MOST // max(1, len(rows)))
    runs = [_run(given, keys, asked, strings) for given in asked["runs"][:most]]
    not_asked = str(ENDS.index(NOT_ASKED))
    left_out = asked["overlong"] == LEAVE_OUT
    splits, of_split = _letters([split for split, _ in rows])
    kinds = [(name, *_letters(values)) for name, values in _kinds(rows, asked)]
    return {
        "splits": splits,
        "columns": [column["title"] for column in asked["columns"]],
        "listed": asked["listed"],
        "kinds": [{"name": name, "values": names} for name, names, _ in kinds],
        "metrics": [{"name": name, **facts} for name, facts in asked["metrics"].items()],
        "primary": list(asked["metrics"]).index(asked["primary_metric"]),
        "right": asked.get("right"),
        "ends": list(ENDS),
        "left_out_runs": len(asked["runs"]) - len(runs),
        "rows": {
            "id": [row["id"] for _, row in rows],
            "split": of_split,
            "kinds": [places for _, _, places in kinds],
            "texts": [[strings.place(_text(row, column)) for _, row in rows] for column in asked["columns"]],
            "golds": [[strings.place(one) for one in golds_of(row, split, asked["gold"])] for split, row in rows],
            "left_out": "".join(
                YES if left_out and any(run["ends"][place] == not_asked for run in runs) else NO
                for place in range(len(rows))
            ),
        },
        "runs": runs,
        "strings": strings.texts,
    }


def _text(row: Json, column: Json) -> str | None:
    """Return what a row asks in a column; None where it is empty."""
    value = row.get(column["name"])
    return turns_said(value) if column.get("turns") else value or None
