"""A table: what a reader makes of one file of rows.

Takes and returns frames; reads and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kotune.core.storage import Json

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True)
class Table:
    """One file as read.

    ``frame``: columns of text, and of lists of texts or nested ones as the file has them. ``encoding``: what it was
    written in; ``sha256``: of its bytes. ``names``: what the file's layout itself calls a task's columns. ``strange``:
    columns that hold what is neither a text nor texts, each with a message that begins with its place. ``lists``: where
    in the file a column's first list stands. ``impossible``: the column that marks, with "true", a question that its
    text does not answer. ``notes``: what the audit should say.
    """

    path: str
    frame: polars.DataFrame
    encoding: str
    sha256: str
    names: dict[str, str] = field(default_factory=dict)
    strange: dict[str, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    impossible: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def described(self) -> Json:
        """What the audit says about the file."""
        return {"path": self.path, "sha256": self.sha256, "encoding": self.encoding, "rows": self.frame.height}
