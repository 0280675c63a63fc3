"""Conversations: a row of `messages`, or of ShareGPT's `conversations`, becomes the columns of the task `chat`.

Takes rows as JSON has them; reads and writes nothing. The last turn is the answer that is learned, the user's before it
is the instruction, and what was said earlier is the history: a JSON text while rows are prepared (`told`), a list of
turns in the prepared rows (`heard`). Alpaca columns stay as they are, but for a history of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json

if TYPE_CHECKING:
    import polars

SYSTEM, USER, ASSISTANT = "system", "user", "assistant"
HISTORY = "history"
COLUMNS = ("instruction", "input", "output", SYSTEM, HISTORY)
LAYOUTS = {"messages": ("role", "content"), "conversations": ("from", "value")}  # of a turn: who, and what
ROLES = {one: one for one in (SYSTEM, USER, ASSISTANT)} | {"human": USER, "gpt": ASSISTANT}  # ShareGPT's own
WAY_OUT = "mend the row or take it out of the file"


def is_conversation(value: object) -> bool:
    """Return whether a cell holds turns: a list of objects that say who speaks, in one of the layouts."""
    turns = isinstance(value, list) and all(isinstance(one, dict) for one in value)
    return turns and (not value or any(who in value[0] for who, _ in LAYOUTS.values()))


def flattened(row: Json, where: str) -> Json:
    """Return a row with its conversation, or its history, as columns of text; any other row as it is.

    UserError, beginning with ``where``, for a role that nobody has, an empty turn, and a turn out of its order.
    """
    names = [name for name in LAYOUTS if is_conversation(row.get(name))]
    if len(names) > 1:
        raise UserError(f"{where}: holds both '{names[0]}' and '{names[1]}'; leave one")
    if names:
        taken = [name for name in COLUMNS if name in row]
        if taken:
            raise UserError(f"{where}: holds both '{names[0]}' and '{taken[0]}'; leave one")
        rest = {name: value for name, value in row.items() if name != names[0]}
        return rest | _columns(_turns(row[names[0]], f"{where}: {names[0]}"), f"{where}: {names[0]}")
    if isinstance(row.get(HISTORY), list):
        turns = _turns(_paired(row[HISTORY], f"{where}: {HISTORY}"), f"{where}: {HISTORY}")
        check_order([*turns, {"role": USER}], f"{where}: {HISTORY}")
        return row | {HISTORY: told(turns)}
    return row


def _paired(history: list[Any], where: str) -> list[Json]:
    """Return a history as turns, whether it is one or a list of [what the user said, what was answered]."""
    found: list[Json] = []
    for place, one in enumerate(history):
        if isinstance(one, dict):
            found.append(one)
        elif isinstance(one, list) and len(one) == 2:
            found += [{"role": role, "content": said} for role, said in zip((USER, ASSISTANT), one, strict=True)]
        else:
            raise UserError(f"{where}[{place}]: neither a turn nor a pair of what was said and answered; {WAY_OUT}")
    return found


def _turns(given: Sequence[Json], where: str) -> list[Json]:
    """Return turns as {"role", "content"} with the roles' plain names; UserError for what is no turn, or empty."""
    found = []
    for place, turn in enumerate(given):
        here = f"{where}[{place}]"
        who, what = next((keys for keys in LAYOUTS.values() if keys[0] in turn), LAYOUTS["messages"])
        for key in (who, what):
            if not isinstance(turn.get(key), str):
                raise UserError(f"{here}: a turn needs '{key}', and a text there; {WAY_OUT}")
        if turn[who] not in ROLES:
            raise UserError(f"{here}: unknown role '{turn[who]}'{nearest(turn[who], ROLES)}; {WAY_OUT}")
        if not turn[what].strip():
            raise UserError(f"{here}: the {ROLES[turn[who]]}'s turn is empty; {WAY_OUT}")
        found.append({"role": ROLES[turn[who]], "content": turn[what]})
    return found


def check_order(turns: Sequence[Mapping[str, str]], where: str) -> None:
    """Raise UserError unless user and assistant take turns, the user first, behind one system turn at most."""
    spoken = [turn["role"] for turn in turns]
    start = 1 if spoken[:1] == [SYSTEM] else 0
    for place, role in enumerate(spoken[start:]):
        expected = (USER, ASSISTANT)[place % 2]
        if role != expected:
            raise UserError(
                f"{where}[{start + place}]: a turn of the {role} out of order, where the {expected} speaks; {WAY_OUT}"
            )


def _columns(turns: list[Json], where: str) -> Json:
    """Return a conversation's columns; one that ends with the user's turn has no answer yet."""
    check_order(turns, where)
    system = turns[0]["content"] if turns and turns[0]["role"] == SYSTEM else ""
    spoken = turns[1:] if system else turns
    if not spoken:
        raise UserError(f"{where}: nobody speaks; {WAY_OUT}")
    answered = spoken[-1]["role"] == ASSISTANT
    *earlier, asked = spoken[:-1] if answered else spoken
    return {
        "instruction": asked["content"],
        "input": "",
        "output": spoken[-1]["content"] if answered else None,
        SYSTEM: system,
        HISTORY: told(earlier),
    }


def told(turns: Sequence[Mapping[str, str]]) -> str:
    """Return earlier turns as one text; "" where there are none."""
    return json.dumps(list(turns), ensure_ascii=False) if turns else ""


def heard(text: str | None) -> list[Json]:
    """Return the turns of `told`'s text."""
    return json.loads(text) if text else []


def with_turns(frame: polars.DataFrame, column: str) -> polars.DataFrame:
    """Return a frame whose ``column`` of texts (`told`) is one of lists of {"role", "content"}."""
    import polars as pl

    turn = pl.Struct({"role": pl.String, "content": pl.String})
    return frame.with_columns(pl.Series(column, [heard(text) for text in frame[column]], dtype=pl.List(turn)))


def without_turns(frame: polars.DataFrame, column: str) -> polars.DataFrame:
    """Return a frame as `with_turns` takes it: its ``column`` of turns as texts."""
    import polars as pl

    return frame.with_columns(
        pl.Series(column, [told(turns or []) for turns in frame[column].to_list()], dtype=pl.String)
    )


def flattened_frame(frame: polars.DataFrame, path: str) -> polars.DataFrame:
    """Return a frame of a Parquet file with its conversations as columns, or as it is where it holds none."""
    import polars as pl

    nested = [name for name in (*LAYOUTS, HISTORY) if isinstance(frame.schema.get(name), pl.List)]
    if not nested:
        return frame
    taken = frame.select(column for column in (*LAYOUTS, *COLUMNS) if column in frame.columns)
    rows = [
        flattened({name: value for name, value in row.items() if value is not None}, f"{path}, row {number}")
        for number, row in enumerate(taken.to_dicts(), start=1)
    ]
    names = [name for name in COLUMNS if any(name in row for row in rows)]
    if HISTORY not in names or any(isinstance(row.get(HISTORY), list) for row in rows):
        return frame
    columns = [pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in names]
    return frame.drop(*(name for name in nested if name != HISTORY)).with_columns(columns)
