"""Pairs: rows that have a worse answer besides the one that is learned, in the column `rejected`.

Takes and returns frames; reads and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.names import TRAIN

if TYPE_CHECKING:
    import polars

    from kotune.rows.audit import Exclusions

REJECTED = "rejected"  # the column of the worse answer
REJECTED_TOKENS = "rejected_tokens"  # of prompts: how many tokens it has behind its prompt
SHOWN = 5  # rows that a message names


def same(one: str, other: str) -> bool:
    """Return whether two sides of a pair say the same, but for white space at their ends."""
    return one.strip() == other.strip()


def checked(
    gold: str, splits: dict[str, polars.DataFrame], exclusions: Exclusions
) -> tuple[dict[str, polars.DataFrame], list[str]]:
    """Return the splits without train rows that lack a worse answer, and no notes; ``gold``: the better one's column.

    UserError names the rows, by their numbers in the file, whose two sides are equal: nothing is preferred there.
    """
    import polars as pl

    made = {}
    for split, frame in splits.items():
        if REJECTED not in frame.columns:
            if split == TRAIN:
                raise UserError(
                    f"rows of {split}: no column '{REJECTED}', the worse answer of each row; rename it, or name it in "
                    "config/datasets.yaml under columns"
                )
            frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(REJECTED))
        sides = zip(frame["row"], frame["id"], frame[gold], frame[REJECTED], strict=True)
        equal = [(row, name) for row, name, one, other in sides if one is not None and same(one, other or "")]
        if equal:
            named = ", ".join(f"{row} ('{name}')" for row, name in equal[:SHOWN])
            more = f" and {len(equal) - SHOWN} more" if len(equal) > SHOWN else ""
            raise UserError(
                f"rows of {split}: '{gold}' and '{REJECTED}' are equal in row {named}{more}: neither is preferred; "
                "take these rows out"
            )
        if split == TRAIN:
            blank = pl.col(REJECTED).fill_null("").str.strip_chars() == ""
            frame = exclusions.drop(frame, split, f"empty {REJECTED}", blank)
        made[split] = frame
    return made, []
