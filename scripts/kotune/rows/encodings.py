"""Encodings: a file's bytes become text, or one line says what they are instead.

Takes bytes; reads and writes nothing. UTF-8 (with or without BOM) and CP949 are read. What is no text at all (a
workbook, an archive, a web page under the name of a CSV) is known by its first bytes.
"""

from __future__ import annotations

import re

from kotune.core.errors import UserError

BOM = b"\xef\xbb\xbf"
AS_UTF8 = "save it as UTF-8 (Excel: 'CSV UTF-8')"
_WIDE = {  # the longer marks first: UTF-32's begins as UTF-16's does
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_NO_TEXT = {
    b"PK\x03\x04": ("an Excel workbook or another zip archive", f"open it and {AS_UTF8}"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", f"open it and {AS_UTF8}"),
    b"PAR1": ("a Parquet file", "give it the ending .parquet"),
    b"\x1f\x8b": ("packed with gzip", "unpack it"),
    b"BZh": ("packed with bzip2", "unpack it"),
    b"\xfd7zXZ": ("packed with xz", "unpack it"),
    b"7z\xbc\xaf": ("a 7-Zip archive", "unpack it"),
    b"%PDF": ("a PDF", "bring the rows as text"),
    b"SQLite format 3": ("an SQLite database", "export its rows as CSV"),
    b"version https://git-lfs": ("a pointer of Git LFS, not the file itself", "fetch it with git lfs pull"),
}
_PAGE = re.compile(rb"\s*<(!doctype html|html|\?xml)", re.IGNORECASE)
_LOOKED_AT = 4096  # bytes at a file's start in which wide characters show
_COMMON = 0.9  # of the Hangul of a Korean text are among KS X 1001's 2,350 syllables; wrongly decoded, far fewer


def check_bytes(raw: bytes, path: str) -> None:
    """Raise UserError for a file that is no text, or text in two or four bytes a character."""
    for mark, name in _WIDE.items():
        if raw.startswith(mark):
            raise UserError(f"{path}: written in {name}; {AS_UTF8}")
    for mark, (what, way_out) in _NO_TEXT.items():
        if raw.startswith(mark):
            raise UserError(f"{path}: {what} under the name of a text file; {way_out}")
    if _PAGE.match(raw):
        raise UserError(
            f"{path}: a web page under the name of a text file, as a download behind a login gives; get the file itself"
        )
    start = raw[:_LOOKED_AT]
    if start.count(0) * 20 >= len(start):  # Latin letters, signs and spaces have zero bytes there
        wide = not any(start[2::4] + start[3::4]) or not any(start[0::4] + start[1::4])
        raise UserError(f"{path}: written in {'UTF-32' if wide else 'UTF-16'} without a mark at its start; {AS_UTF8}")
    if b"\x1b$)C" in start:
        raise UserError(f"{path}: written in ISO-2022-KR; {AS_UTF8}")


def decoded(raw: bytes, path: str) -> tuple[str, str]:
    """Return a file's text and its encoding: utf-8-sig (with BOM), utf-8 or cp949. Anything else is a UserError."""
    check_bytes(raw, path)
    try:
        if raw.startswith(BOM):
            return raw.decode("utf-8-sig"), "utf-8-sig"
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        # CP949 read as UTF-8 is nearly all faults; UTF-8 with a broken byte is nearly all Hangul.
        rough = raw.decode("utf-8", errors="replace")
        if len(re.findall("[가-힣]", rough)) <= rough.count("\ufffd"):
            text = _decodes(raw, "cp949")
            _check_johab(raw, text, path, line)
            if text is not None:
                return text, "cp949"
            try:
                raw.decode("cp949")
            except UnicodeDecodeError as korean:
                line = raw.count(b"\n", 0, korean.start) + 1
        raise UserError(
            f"{path}, line {line}: neither UTF-8 nor CP949 (a byte there fits neither); save the file as UTF-8"
        ) from error


def _decodes(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _share_of_common(text: str) -> float:
    """Return which share of the characters beyond ASCII are Hangul syllables of KS X 1001."""
    beyond = [letter for letter in text if letter > "\x7f"]
    common = sum("가" <= letter <= "힣" and len(letter.encode("euc_kr", errors="ignore")) == 2 for letter in beyond)
    return common / max(1, len(beyond))


def _check_johab(raw: bytes, korean: str | None, path: str, line: int) -> None:
    """Raise UserError for Johab: CP949 takes most of its bytes too, for other characters."""
    if korean is not None and _share_of_common(korean) >= _COMMON:
        return
    johab = _decodes(raw, "johab")
    if johab is not None and _share_of_common(johab) >= _COMMON:
        raise UserError(
            f"{path}, line {line}: written in Johab (조합형), the encoding of older Korean programs; "
            f"convert it: iconv -f JOHAB -t UTF-8 < old > new"
        )
