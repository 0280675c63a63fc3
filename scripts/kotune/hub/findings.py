"""What a preflight is asked and what it finds, and its one table. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kotune.core.storage import Json
from kotune.printing.plain import aligned

HEADS = ("what", "repository", "commit", "access", "licence", "weights", "code", "tokenizer", "columns", "to come")
Kind = Literal["model", "embedder", "dataset", "rows"]


@dataclass(frozen=True)
class Asked:
    """What a run would take: its kind, its name, its catalogue entry, and where it comes to lie.

    Of rows that a user brings, ``folder`` is their file, and there is no entry.
    """

    kind: Kind
    name: str
    entry: Json
    folder: Path


@dataclass
class Found:
    """What is known of one thing: the cells of its row, bytes that need room, and faults.

    ``bars``: faults with which the run cannot succeed; ``warnings``: what should be looked at. Each says what to do.
    """

    asked: Asked
    cells: dict[str, str] = field(default_factory=dict)
    room: int = 0
    bars: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def row(self) -> list[str]:
        """Return the cells in the order of the heads."""
        kind = {"dataset": "data set"}.get(self.asked.kind, self.asked.kind)
        first = {"what": f"{kind} {self.asked.name}", "repository": self.asked.entry.get("hub_id", "")}
        return [{**first, **self.cells}.get(head, "") for head in HEADS]


def report(found: Sequence[Found]) -> str:
    """Return the table of what was found, with every fault below it; the empty text of nothing."""
    if not found:
        return ""
    lines = [aligned(HEADS, [one.row() for one in found])]
    lines += [f"bars the run: {fault}" for one in found for fault in one.bars]
    lines += [f"look at: {fault}" for one in found for fault in one.warnings]
    return "\n".join(lines)


def verdict(found: Sequence[Found]) -> str | None:
    """Return the one line that ends a run that cannot succeed; None where nothing bars it."""
    count = sum(len(one.bars) for one in found)
    return f"preflight: {count} fault{'s' * (count > 1)} would bar the run; each is said above" if count else None
