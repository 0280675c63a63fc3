"""Encodings: the two that are read, and one line for every other."""

import pytest

from kotune.core.errors import UserError
from kotune.rows.encodings import decoded

KOREAN = "id,context\n1,한국은행이 기준금리를 연 3.5%로 동결했다고 밝혔다.\n2,가나다\n"


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-16", "written in UTF-16; save it as UTF-8"),
        ("utf-16-le", "written in UTF-16 without a mark"),
        ("utf-16-be", "written in UTF-16 without a mark"),
        ("utf-32", "written in UTF-32; save it as UTF-8"),
        ("utf-32-le", "written in UTF-32 without a mark"),
        ("utf-32-be", "written in UTF-32 without a mark"),
        ("johab", r"line 2: written in Johab \(조합형\).*iconv -f JOHAB -t UTF-8"),
        ("iso2022_kr", "written in ISO-2022-KR"),
    ],
)
def test_another_encoding_is_named(encoding, message):
    with pytest.raises(UserError, match=f"^x.csv[:,] {message}"):
        decoded(KOREAN.encode(encoding), "x.csv")


@pytest.mark.parametrize(
    "text", [KOREAN, "1,韓國銀行이 基準金利를 凍結했다\n", "1,똠방각하 펲시콜라 뷁 햏\n", "1,℃ ㎡ ①\n", "1,가\n"]
)
def test_what_cp949_holds_is_read_and_not_taken_for_johab(text):
    assert decoded(text.encode("cp949"), "x.csv") == (text, "cp949")


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"PK\x03\x04...", "an Excel workbook or another zip archive under the name of a text file"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
        (b"PAR1...", "a Parquet file under the name of a text file; give it the ending .parquet"),
        (b"\x1f\x8b\x08", "packed with gzip"),
        (b"BZh9", "packed with bzip2"),
        (b"\xfd7zXZ\x00", "packed with xz"),
        (b"%PDF-1.7", "a PDF"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"<HTML>", "a web page"),
    ],
)
def test_what_is_no_text_is_named(start, message):
    with pytest.raises(UserError, match=f"^x.csv: {message}"):
        decoded(start, "x.csv")


def test_a_single_zero_byte_in_a_text_is_kept():
    assert decoded((KOREAN + "\0").encode(), "x.csv")[0] == KOREAN + "\0"
