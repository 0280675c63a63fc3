"""Sources: what stands in a user's file arrives as it is written, and a broken file is named with its row."""

import json
import os

import polars as pl
import pytest

from kotune.core.errors import UserError
from kotune.rows.readers import read_table

HEADER = "id,context,question,answer\n"


def written(folder, text: str | bytes, name: str = "rows.csv", encoding: str = "utf-8") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return str(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_the_three_encodings_of_korean_files_are_told_apart(tmp_path, encoding):
    text = HEADER + "T_0,금리가 똠방각하만큼 올랐다.,누가,한국은행\n"
    table = read_table(written(tmp_path, text, encoding=encoding))
    assert table.encoding == encoding
    assert table.frame.rows() == [("T_0", "금리가 똠방각하만큼 올랐다.", "누가", "한국은행")]
    assert table.frame.columns == ["id", "context", "question", "answer"]


def test_cells_are_kept_as_they_are_written(tmp_path):
    context = ' \r\n\n "인용", 쉼표와\n줄바꿈\u3000 '
    cells = ["NA", "None", "null", "nan", "12.50", "007", "1e3", "TRUE", "", 'a"b', "\uac00", "\u1100\u1161"]
    lines = "".join(f'{number},"{context.replace(chr(34), chr(34) * 2)}",물음,"{cell.replace(chr(34), chr(34) * 2)}"\n'
                    for number, cell in enumerate(cells))  # fmt: skip
    frame = read_table(written(tmp_path, HEADER + lines)).frame
    assert frame["answer"].to_list() == cells
    assert set(frame["context"]) == {context}
    assert frame["id"].to_list() == [str(number) for number in range(len(cells))]


def test_windows_line_ends_and_a_missing_last_one_are_read(tmp_path):
    frame = read_table(written(tmp_path, "id,context\r\n1,가\r\n\r\n2,나")).frame
    assert frame.rows() == [("1", "가"), ("2", "나")]


def test_a_quote_within_an_unquoted_cell_is_text(tmp_path):
    assert read_table(written(tmp_path, 'id,context\n1,12" 화면\n')).frame["context"].to_list() == ['12" 화면']


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('1,"한 줄\n두 줄",q,a\n2,"끝이 없다,q,a\n3,가,q,a\n', r"row 2 \(from line 4\): a quotation mark"),
        ('1,가,q,a\n2,"가"나,q,a\n', r"row 2 \(from line 3\): a quotation mark"),
        ('1,"열림,q,a\n2,"닫힘",q,a\n', r"row 1 \(from line 2\): a quotation mark"),
        ("1,가,q,a\n2,가,나,q,a\n", r"row 2 \(line 3\): 5 cells where the header has 4"),
        ("1,가,q\n", r"row 1 \(line 2\): 3 cells where the header has 4"),
    ],
)
def test_a_broken_row_is_named(tmp_path, rows, message):
    with pytest.raises(UserError, match=f"rows.csv, {message}"):
        read_table(written(tmp_path, HEADER + rows))


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path):
    with pytest.raises(UserError, match="UTF-16; save it as UTF-8"):
        read_table(written(tmp_path, HEADER + "1,가,나,다\n", encoding="utf-16"))
    with pytest.raises(UserError, match="line 3: neither UTF-8 nor CP949"):
        read_table(written(tmp_path, HEADER.encode() + b"1,a,b,c\n2,\xff\xff,b,c\n"))


def test_utf8_with_one_broken_byte_is_not_read_as_cp949(tmp_path):
    # cutting the last byte of one syllable leaves bytes that CP949 would take for other Hangul
    good = "1,기준금리,물음,답\n2,각각,물음,답\n".encode()
    broken = good.replace("각".encode(), "각".encode()[:2], 1)
    with pytest.raises(UserError, match="line 3: neither UTF-8 nor CP949"):
        read_table(written(tmp_path, HEADER.encode() + broken))


def test_missing_empty_and_strange_files_are_named(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for path, message in [
        (str(tmp_path / "none.csv"), "none.csv: cannot read, it does not exist"),
        (str(tmp_path / "folder.csv"), "folder.csv: a folder; name a file"),
        (written(tmp_path, "", "empty.csv"), r"empty.csv: empty \(0 bytes\)"),
        (written(tmp_path, "\ufeff", "bom.csv"), "bom.csv: empty; it needs a header line"),
        (written(tmp_path, HEADER, "header.csv"), "header.csv: no rows left to read"),
        (written(tmp_path, HEADER, "rows.xlsx"), r"rows.xlsx: rows are read from files that end in \.csv"),
        (written(tmp_path, "id,id\n1,2\n", "twice.csv"), "two columns are called 'id'"),
        (written(tmp_path, b"PAR1", "cut.parquet"), "cut.parquet: not a whole Parquet file"),
    ]:
        with pytest.raises(UserError, match=message):
            read_table(path)


def test_json_lines_keep_numbers_as_written_and_know_nothing_from_text(tmp_path):
    rows = '{"id": 7, "answer": 12.50, "context": "가\\n나"}\n\n{"id": "x", "answer": null, "context": "null"}\n'
    frame = read_table(written(tmp_path, rows, "rows.jsonl")).frame
    assert frame.rows() == [("7", "12.50", "가\n나"), ("x", None, "null")]


@pytest.mark.parametrize(
    ("line", "message"),
    [("{", "line 2: not JSON"), ("[1]", "line 2: not an object")],
)
def test_a_broken_json_line_is_named(tmp_path, line, message):
    with pytest.raises(UserError, match=message):
        read_table(written(tmp_path, json.dumps({"id": "1"}) + "\n" + line, "rows.jsonl"))


def test_a_number_that_is_missing_from_parquet_is_no_text(tmp_path):
    nan, inf = float("nan"), float("inf")
    frame = pl.DataFrame({"answer": [nan, inf, 3.5], "answers": [[nan, 1.5], [nan], None], "words": ["NaN", "", None]})
    frame.write_parquet(tmp_path / "r.parquet")
    read = read_table(str(tmp_path / "r.parquet")).frame
    assert read["answer"].to_list() == [None, None, "3.5"]
    assert [cell if cell is None else cell.to_list() for cell in read["answers"]] == [[None, 1.5], [None], None]
    assert read["words"].to_list() == ["NaN", "", None]


def test_parquet_numbers_become_text(tmp_path):
    pl.DataFrame({"id": [1, 2], "context": ["가", None], "vector": [[1.0], [2.0]]}).write_parquet(
        tmp_path / "r.parquet"
    )
    table = read_table(str(tmp_path / "r.parquet"))
    assert table.frame.select("id", "context").rows() == [("1", "가"), ("2", None)]
    assert table.encoding == "parquet"


def test_a_link_that_leads_nowhere_or_round_is_named(tmp_path):
    os.symlink(tmp_path / "gone.csv", tmp_path / "link.csv")
    with pytest.raises(UserError, match=r"link.csv: a link to .*gone.csv, which is not there; mend the link"):
        read_table(str(tmp_path / "link.csv"))
    os.symlink(tmp_path / "round.csv", tmp_path / "round.csv")
    with pytest.raises(UserError, match="round.csv: cannot read, a link in its path leads back to itself"):
        read_table(str(tmp_path / "round.csv"))
    with pytest.raises(UserError, match="cannot read, its name is too long"):
        read_table(str(tmp_path / f"{'가' * 200}.csv"))
