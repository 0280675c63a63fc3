"""Bundles: what a competition hands out is found in an archive or a folder; a broken one is told with what to do."""

import gzip
import lzma
import zipfile

import pytest

from kotune.core.errors import UserError
from kotune.rows.bundles import Bundle, bundle_at, parted, raw_bytes
from kotune.rows.readers import holds_answers, read_table

FILES = {"train.csv": "id,context,question,answer\na,가,나,다\n", "test.csv": "id,context,question\nb,가,나\n"}
SAMPLE = {"sample_submission.csv": "id,answer\nb,\n"}


def archive(path, files, prefix=""):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in files.items():
            opened.writestr(prefix + name, text)
    return str(path)


def folder(path, files):
    path.mkdir()
    for name, text in files.items():
        (path / name).write_text(text, encoding="utf-8")
    return str(path)


def test_an_archive_a_folder_and_a_folder_with_the_archive_give_the_same_rows(tmp_path):
    zipped = archive(tmp_path / "open.zip", FILES | SAMPLE)
    loose = folder(tmp_path / "loose", FILES | SAMPLE)
    (tmp_path / "downloads").mkdir()
    archive(tmp_path / "downloads" / "open.zip", FILES | SAMPLE)
    found = [bundle_at(place) for place in (zipped, loose, str(tmp_path / "downloads"))]
    assert found[0] == Bundle(f"{zipped}/train.csv", f"{zipped}/test.csv", f"{zipped}/sample_submission.csv")
    assert found[2].train == f"{tmp_path}/downloads/open.zip/train.csv"
    tables = [read_table(bundle.train) for bundle in found]
    assert all(table.frame.equals(tables[0].frame) and table.sha256 == tables[0].sha256 for table in tables)
    assert [raw_bytes(bundle.sample) for bundle in found] == [SAMPLE["sample_submission.csv"].encode()] * 3


def test_a_single_file_is_no_bundle(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(FILES["train.csv"], encoding="utf-8")
    assert bundle_at(str(path)) is None
    assert bundle_at(str(tmp_path / "nowhere.zip")) is None


def test_a_folder_within_the_archive_and_what_a_mac_adds_do_not_matter(tmp_path):
    path = archive(tmp_path / "open.zip", FILES, "open/")
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr("__MACOSX/open/._train.csv", b"\x00\x05")
    bundle = bundle_at(path)
    assert bundle == Bundle(f"{path}/open/train.csv", f"{path}/open/test.csv", None)
    assert read_table(bundle.train).frame.rows() == [("a", "가", "나", "다")]
    assert parted(bundle.train) == (path, "open/train.csv")
    assert parted(path) == (path, None)


def test_what_a_bundle_lacks_or_holds_twice_is_named(tmp_path):
    with pytest.raises(UserError, match=r"a.zip: holds no train.csv, .* \(it holds test.csv\)"):
        bundle_at(archive(tmp_path / "a.zip", {"test.csv": ""}))
    twice = archive(tmp_path / "b.zip", {"train.csv": "", "old/train.csv": ""})
    with pytest.raises(UserError, match="b.zip: holds more than one train.csv: .*old/train.csv; leave one"):
        bundle_at(twice)
    with pytest.raises(UserError, match=r"empty: holds no train.csv, .* \(it holds nothing\)"):
        bundle_at(folder(tmp_path / "empty", {}))
    with pytest.raises(UserError, match="a.zip: holds no 'tset.csv'; did you mean 'test.csv'"):
        raw_bytes(str(tmp_path / "a.zip" / "tset.csv"))


def test_a_broken_archive_is_told(tmp_path):
    path = tmp_path / "open.zip"
    path.write_bytes(b"<html>please log in</html>")
    with pytest.raises(UserError, match="open.zip: not a whole archive .*download it again"):
        bundle_at(str(path))
    archive(path, {"train.csv": FILES["train.csv"] * 500})
    raw = bytearray(path.read_bytes())
    raw[60:70] = b"0123456789"
    path.write_bytes(raw)
    with pytest.raises(UserError, match="train.csv: damaged in the archive .*open.zip again"):
        read_table(f"{path}/train.csv")


def test_an_archive_with_a_password_is_told(tmp_path):
    path = archive(tmp_path / "open.zip", FILES)
    raw = bytearray((tmp_path / "open.zip").read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = raw.find(mark)
        while place >= 0:
            raw[place + flags] |= 1
            place = raw.find(mark, place + 4)
    (tmp_path / "open.zip").write_bytes(raw)
    with pytest.raises(UserError, match="cannot be unpacked .*unpack .*open.zip and name its folder"):
        read_table(f"{path}/train.csv")


def test_a_broken_row_within_an_archive_is_named(tmp_path):
    path = archive(tmp_path / "open.zip", {"train.csv": 'id,context\n1,가\n2,"나\n'})
    with pytest.raises(UserError, match=r"open.zip/train.csv, row 2 \(from line 3\): a quotation mark"):
        read_table(f"{path}/train.csv")
    with pytest.raises(UserError, match="only .csv is read from an archive; unpack"):
        read_table(f"{archive(tmp_path / 'b.zip', {'train.parquet': ''})}/train.parquet")


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("id,answer\na,\nb,다\n", True),
        ("id,answer\na,\nb, \n", False),
        ("id,question\na,다\n", False),
    ],
)
def test_whether_test_rows_have_answers(tmp_path, text, holds):
    assert holds_answers(f"{archive(tmp_path / 'open.zip', {'test.csv': text})}/test.csv", "answer") is holds


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_a_packed_file_gives_the_rows_of_the_plain_one(tmp_path, ending, pack):
    raw = FILES["train.csv"].encode()
    (tmp_path / "rows.csv").write_bytes(raw)
    (tmp_path / f"rows.csv{ending}").write_bytes(pack(raw))
    plain, packed = (read_table(str(tmp_path / name)) for name in ("rows.csv", f"rows.csv{ending}"))
    assert plain.frame.equals(packed.frame) and plain.sha256 == packed.sha256
    (tmp_path / f"rows.csv{ending}").write_bytes(pack(raw)[:-9])
    with pytest.raises(UserError, match=rf"rows.csv{ending}: cannot be unpacked .*download it again"):
        read_table(str(tmp_path / f"rows.csv{ending}"))


def test_packed_parquet_is_not_read(tmp_path):
    (tmp_path / "rows.parquet.gz").write_bytes(gzip.compress(b"PAR1"))
    with pytest.raises(UserError, match=r"Parquet is packed within itself; unpack the file"):
        read_table(str(tmp_path / "rows.parquet.gz"))
