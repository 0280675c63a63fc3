"""Files of rows that a table cannot hold as text, for the table of bad input: each function returns a file's bytes."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

ROWS = "id,context,question,answer\n" + "".join(
    f"{name},한국은행이 {name}월에 기준금리를 연 3.5%로 동결했다고 밝혔다.,무엇을 동결했나,기준금리\n"
    for name in ("1", "2", "3")
)


def utf16() -> bytes:
    """Return rows as some spreadsheets save them."""
    return "\ufeffid,context,question,answer\na,기사,물음,답\n".encode("utf-16")


def utf16_without_mark() -> bytes:
    """Return rows in two bytes a character, with nothing that says so."""
    return ROWS.encode("utf-16-le")


def utf32() -> bytes:
    """Return rows in four bytes a character; their mark begins as UTF-16's does."""
    return ROWS.encode("utf-32")


def utf32_without_mark() -> bytes:
    """Return rows in four bytes a character, with nothing that says so."""
    return ROWS.encode("utf-32-be")


def johab() -> bytes:
    """Return rows as older Korean programs save them."""
    return ROWS.encode("johab")


def iso2022() -> bytes:
    """Return rows as old mail has them."""
    return ROWS.encode("iso2022_kr")


def cp949() -> bytes:
    """Return rows as a Korean Windows saves them."""
    return ROWS.encode("cp949")


def euc_kr() -> bytes:
    """Return rows in what CP949 holds as a part."""
    return ROWS.encode("euc_kr")


def with_mark() -> bytes:
    """Return rows as a spreadsheet's 'CSV UTF-8' has them."""
    return ROWS.encode("utf-8-sig")


def old_mac() -> bytes:
    """Return rows with the line ends of old Macs."""
    return ROWS.replace("\n", "\r").encode()


def cut_in_a_syllable() -> bytes:
    """Return rows of which the last byte of a syllable is lost."""
    whole = ROWS.encode()
    place = whole.index("밝".encode()) + 2
    return whole[:place] + whole[place + 1 :]


def workbook() -> bytes:
    """Return what a spreadsheet saves, under the name of a CSV."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return made.getvalue()


def packed() -> bytes:
    """Return rows packed with gzip."""
    return gzip.compress(ROWS.encode(), mtime=0)


def half_a_character() -> bytes:
    """Return JSON lines of which one names half of an emoji."""
    return b'{"id": "1", "context": "a", "question": "b", "answer": "c"}\n{"id": "2", "context": "\\ud83d"}\n'


def endless_lists() -> bytes:
    """Return a JSON line with lists within lists, a hundred thousand deep."""
    return b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"


def _lines(**columns) -> bytes:
    rows = [{"id": str(number), "context": f"기사 {number}", "question": "물음", **columns} for number in range(3)]
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def several_golds() -> bytes:
    """Return JSON lines with several gold answers a row."""
    return _lines(answer=["답", "대답"])


def golds_as_squad_has_them() -> bytes:
    """Return JSON lines with answers as the hub has KorQuAD's."""
    return _lines(answers={"text": ["답", "대답"], "answer_start": [0, 1]})


def answers_without_text() -> bytes:
    """Return JSON lines whose answers are objects without any text."""
    return _lines(answer={"start": 1})


def a_list_of_contexts() -> bytes:
    """Return JSON lines of which one has a list where one text is wanted."""
    return _lines(answer="답").replace('"기사 1"'.encode(), '["기사 1", "기사"]'.encode())


def _squad(**asked) -> dict:
    made = {"question": "물음", "answers": [{"text": "답", "answer_start": 0}], **asked}
    return {"paragraphs": [{"context": f"기사 {made.get('id', '')}", "qas": [made]}]}


def korquad() -> bytes:
    """Return a document in KorQuAD's layout."""
    return json.dumps({"version": "x", "data": [_squad(id=str(number)) for number in range(3)]}).encode()


def korquad_with_impossible_questions() -> bytes:
    """Return a document in which one of four questions has no answer in its text."""
    data = [_squad(id=str(number), is_impossible=number == 3) for number in range(4)]
    return json.dumps({"data": data}).encode()


def korquad_without_a_context() -> bytes:
    """Return a document of which the second paragraph lost its context."""
    data = [_squad(id="0"), _squad(id="1")]
    del data[1]["paragraphs"][0]["context"]
    return json.dumps({"data": data}).encode()


def parquet_of_bytes() -> bytes:
    """Return a Parquet file whose answers are bytes."""
    import polars as pl

    made = io.BytesIO()
    pl.DataFrame({"id": ["1"], "context": ["a"], "question": ["b"], "answer": [b"c"]}).write_parquet(made)
    return made.getvalue()


def parquet_with_fields() -> bytes:
    """Return a Parquet file whose answers are objects with other fields than `text`."""
    import polars as pl

    made = io.BytesIO()
    rows = {"id": ["1"], "context": ["a"], "question": ["b"], "answers": [[{"value": "c", "start": 1}]]}
    pl.DataFrame(rows).write_parquet(made)
    return made.getvalue()


def a_long_word() -> bytes:
    """Return rows of which one context is a single word of 300,000 letters."""
    return ROWS.replace("한국은행이", "가" * 300_000, 1).encode()
