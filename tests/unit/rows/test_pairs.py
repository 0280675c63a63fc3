"""Two sides of a pair say something different: white space at their ends is no difference."""

import polars as pl

from kotune.rows.audit import Exclusions
from kotune.rows.pairs import checked, same


def test_white_space_at_the_ends_is_no_difference():
    assert same(" return a\n", "return a") and not same("return  a", "return a")


def test_what_is_evaluated_may_lack_a_worse_answer():
    frame = pl.DataFrame({"row": [1, 2], "id": ["a", "b"], "chosen": ["하나", None]})
    splits, notes = checked("chosen", {"test": frame}, Exclusions())
    assert splits["test"]["rejected"].to_list() == [None, None] and notes == []
