"""Judged boards: a judge's scores of many models' answers to the same questions, as they are published.

Reads a folder in LogicKor's layout (``{model}/{setting}.jsonl``, where a model's name may itself be a path: of each
line id, outputs, and query_single and query_multi with judge_score), or one table of numbers (columns: `COLUMNS`).
Files may begin with a byte order mark. Of an answer nothing is kept but counts. Writes nothing.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, read_text
from kotune.scoring.metrics.repetition import repeats

TURNS = ("query_single", "query_multi")
COLUMNS = ("model", "setting", "question", "turn", "score", "judge_failed", "characters", "piece_repeats")
MARK = "\ufeff"  # also within a file, where several were joined

Run = tuple[str, str]  # model, setting
Place = tuple[str, int]  # question, turn


@dataclass(frozen=True)
class Judged:
    """One judged turn; ``failed``: the judge gave no score, the file holds 0; ``repeats``: see `metrics.repetition`."""

    score: float
    failed: bool
    characters: int
    repeats: int


@dataclass(frozen=True)
class Board:
    """What was judged: ``turns`` holds of each model under each setting an array of `Judged` (questions, turns)."""

    questions: tuple[str, ...]
    count: int  # turns a question
    turns: Mapping[Run, list[list[Judged]]]

    @property
    def settings(self) -> list[str]:
        return sorted({setting for _, setting in self.turns})

    def models(self, setting: str) -> list[str]:
        """Return the models that were asked under a setting."""
        return sorted(model for model, of in self.turns if of == setting)

    def scores(self, setting: str) -> np.ndarray:
        """Return the scores (models, questions, turns) of those models, in that order."""
        of = [self.turns[model, setting] for model in self.models(setting)]
        return np.array([[[turn.score for turn in turns] for turns in one] for one in of])


def _number(value: object, where: str) -> float:
    """Return a score; UserError for a text, for nothing, and for what is not finite."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    what = f"the text {value!r}" if isinstance(value, str) else "nothing" if value is None else repr(value)
    raise UserError(f"{where} is {what}, and a score is a number; judge the turn again, or mend the file")


def _lines(path: Path) -> Iterator[tuple[str, Json]]:
    """Yield each object of a JSON-lines file with where it stands."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        line = line.strip().lstrip(MARK)
        where = f"{path}, line {number}"
        try:
            row = json.loads(line) if line else None
        except json.JSONDecodeError as error:
            raise UserError(f"{where}: not JSON ({error.msg}); fetch or judge the file again") from error
        if isinstance(row, dict):
            yield where, row
        elif line:
            raise UserError(f"{where}: not an object; a line holds one question with its answers and scores")


def _of_line(where: str, row: Json) -> tuple[str, list[object], list[str]]:
    """Return a question's id, the scores of its turns as they stand, and the answers."""
    for key in ("id", "outputs", *TURNS):
        if key not in row:
            what = f"turn {TURNS.index(key) + 1} was not judged" if key in TURNS else "that is not the layout"
            raise UserError(f"{where}: there is no key '{key}'{nearest(key, row)}; {what}")
    outputs = row["outputs"]
    if not isinstance(outputs, list) or len(outputs) != len(TURNS):
        told = len(outputs) if isinstance(outputs, list) else "no list of"
        raise UserError(f"{where}: key 'outputs': {told} answers, and the question has {len(TURNS)} turns")
    scores = [row[key].get("judge_score") if isinstance(row[key], dict) else None for key in TURNS]
    for key, score in zip(TURNS, scores, strict=True):
        _number(score, f"{where}: key '{key}.judge_score'")
    return str(row["id"]), scores, [one if isinstance(one, str) else "" for one in outputs]


def _of_file(path: Path) -> dict[Place, Judged]:
    """Return the judged turns of one file of results."""
    lines = [_of_line(where, row) for where, row in _lines(path)]
    # a judge that fails leaves an integer 0 where its scores are written with a point; some files have integers alone
    floats = any(isinstance(score, float) for _, scores, _ in lines for score in scores)
    found: dict[Place, Judged] = {}
    for name, scores, outputs in lines:
        if (name, 1) in found:
            raise UserError(f"{path}: the question {name} stands twice; leave one of them")
        for turn, (score, text) in enumerate(zip(scores, outputs, strict=True), start=1):
            failed = floats and isinstance(score, int) and score == 0
            found[name, turn] = Judged(float(score), failed, len(text.strip()), repeats(text))
    return found


def _of_numbers(path: Path) -> dict[Run, dict[Place, Judged]]:
    """Return the judged turns of a table of numbers."""
    rows = csv.DictReader(io.StringIO(read_text(path)), delimiter="\t" if path.suffix == ".tsv" else ",")
    for column in COLUMNS:
        if column not in (rows.fieldnames or ()):
            raise UserError(f"{path}: there is no column '{column}'{nearest(column, rows.fieldnames or ())}")
    found: dict[Run, dict[Place, Judged]] = {}
    for line, row in enumerate(rows, start=2):
        values = []
        for column in COLUMNS[3:]:
            try:
                value: object = float(row[column])
            except (TypeError, ValueError):
                value = row[column]
            values.append(_number(value, f"{path}, line {line}: column '{column}'"))
        turn, score, failed, characters, times = values
        of_run, place = found.setdefault((row["model"], row["setting"]), {}), (row["question"], int(turn))
        if place in of_run:
            raise UserError(f"{path}, line {line}: turn {place[1]} of question {place[0]} stands twice")
        of_run[place] = Judged(score, bool(failed), int(characters), int(times))
    return found


def _whole(found: Mapping[Run, Mapping[Place, Judged]], path: Path) -> Board:
    """Return the board; UserError where a model lacks a turn that another has."""
    places = sorted({place for of_run in found.values() for place in of_run})
    for (model, setting), of_run in found.items():
        missing = [place for place in places if place not in of_run]
        if missing:
            told = ", ".join(f"turn {turn} of question {name}" for name, turn in missing[:3])
            raise UserError(
                f"{path}: {model}, {setting}: {len(missing)} turns are missing that others have ({told}"
                f"{', …' if len(missing) > 3 else ''}); judge them, or leave this setting of the model out"
            )
    questions, turns = _ordered(name for name, _ in places), sorted({turn for _, turn in places})
    if len(questions) < 2 or len(places) != len(questions) * len(turns):
        raise UserError(f"{path}: needs two questions at least, each with the same turns; here {len(questions)}")
    return Board(
        tuple(questions),
        len(turns),
        {run: [[of_run[name, turn] for turn in turns] for name in questions] for run, of_run in found.items()},
    )


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(set(names), key=lambda name: (len(name), name))  # 9 before 10


def read_board(path: Path) -> Board:
    """Return a judged board, whole; UserError names the file and line, or the model, at fault."""
    if not path.is_dir():
        return _whole(_of_numbers(path), path)
    files = sorted(one for one in path.rglob("*.jsonl") if not one.name.startswith("."))
    if not files:
        raise UserError(f"{path}: no *.jsonl below it; a board has a file {{model}}/{{setting}}.jsonl for each")
    runs = {}
    for file in files:
        model = file.parent.relative_to(path).as_posix()
        runs[path.resolve().name if model == "." else model, file.stem] = _of_file(file)
    return _whole(runs, path)
