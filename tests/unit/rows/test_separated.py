"""Separated values: CSV by two readers that agree, TSV with quotation marks as text, and another sign than the comma."""

import random

import pytest

from kotune.core.errors import UserError
from kotune.rows import separated
from kotune.rows.readers import read_table


def written(folder, text, name="rows.csv"):
    (folder / name).write_bytes(text.encode())
    return str(folder / name)


@pytest.mark.parametrize(
    ("sign", "message"),
    [
        (";", "line 1: its cells are parted by semicolons, not by commas; save it with commas"),
        ("\t", "line 1: its cells are parted by tabs, not by commas; give it the ending .tsv"),
        ("|", "line 1: its cells are parted by upright strokes"),
    ],
)
@pytest.mark.parametrize("row", ["1{0}가, 나{0}다\n", "1{0}가{0}다\n"])
def test_another_sign_than_the_comma_is_named(tmp_path, sign, row, message):
    with pytest.raises(UserError, match=f"rows.csv, {message}"):
        read_table(written(tmp_path, f"id{sign}context{sign}answer\n" + row.format(sign)))


def test_a_header_of_one_column_is_no_fault(tmp_path):
    assert read_table(written(tmp_path, "context\n가;나\n")).frame.rows() == [("가;나",)]


def test_marks_in_a_tsv_are_text_and_counted(tmp_path):
    table = read_table(written(tmp_path, 'id\tcontext\n1\t"가", 나\n2\t"다"\n\n3\t라"\u2028\n', "rows.tsv"))
    assert table.frame.rows() == [("1", '"가", 나'), ("2", '"다"'), ("3", '라"\u2028')]
    assert table.notes == (f"{table.path}: cells between quotation marks, which are kept as text: 1",)


def test_a_tsv_that_excel_wrote_is_read_as_it_means_it(tmp_path):
    table = read_table(written(tmp_path, 'id\tcontext\r\n1\t"가 ""나""\n다\t라"\r\n', "rows.tsv"))
    assert table.frame.rows() == [("1", '가 "나"\n다\t라')]
    assert table.notes == (f"{table.path}: quotation marks around cells are read as Excel writes them",)
    doubled = read_table(written(tmp_path, 'id\tcontext\n1\t"가 ""나"" 다"\n', "doubled.tsv"))
    assert doubled.frame.rows() == [("1", '가 "나" 다')]


def test_a_broken_line_of_a_tsv_is_named(tmp_path):
    with pytest.raises(UserError, match="rows.tsv, line 3: 3 cells where the header has 2"):
        read_table(written(tmp_path, "id\tcontext\n1\t가\n2\t나\t다\n", "rows.tsv"))
    with pytest.raises(UserError, match="two columns are called 'id'"):
        read_table(written(tmp_path, "id\tid\n1\t가\n", "rows.tsv"))


def test_both_readers_of_csv_give_the_same_cells_or_refuse_the_same_files():
    """The quick reader takes a file exactly when the reader by rows does; the latter is there to name what is wrong."""
    dice, pieces = random.Random(7), ['"', '""', ",", "\n", "\r\n", "\r", " ", "가", "a", '"가,나"', '"\n"', "NA", "\t"]
    taken = 0
    for _ in range(4000):
        names = ",".join("abcd"[: dice.randint(1, 4)])
        text = names + dice.choice(["\n", "\r\n"]) + "".join(dice.choices(pieces, k=dice.randint(0, 12)))
        quick = separated._parsed(text.encode())
        try:
            slow = separated._read_slowly(text, "x.csv")
        except UserError:
            slow = None
        assert (quick is None) == (slow is None), repr(text)
        if quick is not None:
            taken += 1
            assert quick.rows() == slow.rows() and quick.columns == slow.columns, repr(text)
    assert taken > 500
