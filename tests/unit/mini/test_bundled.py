"""The bundled files are what the patterns give, and a changed one is named."""

import lzma
from pathlib import Path

import make_mini_rows
import pytest

from kotune.core import console
from kotune.core.errors import UserError
from kotune.mini import bundled

FOLDER = make_mini_rows.FOLDER


def test_the_bundled_files_are_what_the_patterns_give() -> None:
    assert bundled.differing(FOLDER, make_mini_rows.make(FOLDER, make_mini_rows.SEED)) == []


def test_check_names_the_changed_file(tmp_path: Path) -> None:
    (tmp_path / "patterns").symlink_to(FOLDER / "patterns")
    make_mini_rows.main(["--folder", str(tmp_path)])
    make_mini_rows.main(["--folder", str(tmp_path), "--check"])
    with lzma.open(tmp_path / "test.csv.xz", "at", encoding="utf-8") as file:
        file.write("x")
    with pytest.raises(UserError, match="test.csv.xz differ"):
        make_mini_rows.main(["--folder", str(tmp_path), "--check"])


def test_a_check_writes_nothing_and_says_that_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(console, "say", said.append)
    files = {"a.csv": "id\n1\n", "b.csv": "금리\n"}
    with pytest.raises(UserError, match="a.csv, b.csv differ from what the patterns give"):
        bundled.write_or_check(tmp_path, files, check=True)
    assert list(tmp_path.iterdir()) == []
    bundled.write_or_check(tmp_path, files, check=False)
    bundled.write_or_check(tmp_path, files, check=True)
    assert said[-1] == f"2 files in {tmp_path} are what the patterns give"
    (tmp_path / "b.csv").write_bytes("금리\r\n".encode())
    assert bundled.differing(tmp_path, files) == ["b.csv"], "another line end is another file"


def test_a_packed_file_is_compared_by_its_content(tmp_path: Path) -> None:
    files = {"a.csv.xz": "id\n금리\n"}
    bundled.write_or_check(tmp_path, files, check=False)
    (tmp_path / "a.csv.xz").write_bytes(lzma.compress(files["a.csv.xz"].encode("utf-8"), preset=0))
    assert bundled.differing(tmp_path, files) == [], "packed otherwise, the rows are the same"
    (tmp_path / "a.csv.xz").write_bytes(lzma.compress(b"id\n"))
    assert bundled.differing(tmp_path, files) == ["a.csv.xz"]
