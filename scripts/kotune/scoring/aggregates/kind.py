"""What an aggregate is: one number made of the score lines of many rows, by sums over the rows.

Every aggregate is a function of sums over rows: each row gives some numbers (its parts), and what is told of a set of
rows depends on the sums of the parts alone. So a resample that draws a row twice adds its parts twice, and two
contenders can be compared by swapping rows. Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.core.storage import Json

if TYPE_CHECKING:
    import numpy as np

Lines = Sequence[Sequence[Json]]  # of each row, its score lines in the order of their numbers; one as a rule


@dataclass(frozen=True)
class Aggregate:
    """One aggregate.

    ``parts_of(lines)`` gives an array (rows, parts). ``value(totals, rows)`` gives, for arrays (sets, parts) of summed
    parts and (sets,) of how many rows were summed, an array (sets,). ``mean``: its one part is a row's value and its
    value is the mean; then differences are taken row by row.
    """

    parts_of: Callable[[Lines], np.ndarray]
    value: Callable[[np.ndarray, np.ndarray], np.ndarray]
    mean: bool = False
