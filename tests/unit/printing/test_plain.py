"""A table as plain text."""

from kotune.printing.plain import aligned


def test_columns_are_as_wide_as_their_widest_cell_and_empty_cells_hold_a_hyphen():
    assert (
        aligned(["a", "long", "c"], [["wide", "", "1"], ["x", "y", ""]])
        == "a     long  c\nwide  -     1\nx     y     -"
    )
