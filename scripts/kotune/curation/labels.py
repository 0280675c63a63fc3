"""Labels of rows: their educational values, 0 to 5, from a column of the rows or from a file with ids and values.

Reads the file that the study names; writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.curation.educational import checked_labels
from kotune.rows.readers import read_table


def labels_of(rows: Sequence[Json], said: Json, key: str = "labels") -> dict[str, float]:
    """Return id → label; of a column of the rows, or of a file with ids and values. UserError says what is missing.

    ``key``: of the study's `quality`, under which they are named.
    """
    ids = [row["id"] for row in rows]
    if "column" in said:
        where = f"quality.{key}, column '{said['column']}'"
        return checked_labels({row["id"]: row.get(said["column"]) for row in rows}, ids, where)
    frame = read_table(said["path"]).frame
    for key in ("id", "value"):
        if said[key] not in frame.columns:
            raise UserError(f"{said['path']}: there is no column '{said[key]}'{nearest(said[key], frame.columns)}")
    names = frame[said["id"]].to_list()
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise UserError(f"{said['path']}: the id '{twice}' has two labels; leave one of them")
    return checked_labels(dict(zip(names, frame[said["value"]].to_list(), strict=True)), ids, said["path"])
