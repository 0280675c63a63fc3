"""Files are whole or not there, and a broken one is named."""

import errno

import pytest

from kotune.core import storage
from kotune.core.errors import UserError


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "numbers.json"
    storage.write_json(path, {"a": 1})
    with pytest.raises(RuntimeError), storage.replacing(path) as beside:
        beside.write_text("half")
        raise RuntimeError
    assert storage.read_json(path) == {"a": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["numbers.json"]


def test_json_is_sorted_korean_and_without_nan(tmp_path):
    storage.write_json(tmp_path / "x.json", {"나": 1, "가": 2})
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == '{\n  "가": 2,\n  "나": 1\n}\n'
    with pytest.raises(ValueError, match="JSON compliant"):
        storage.write_json(tmp_path / "y.json", {"score": float("nan")})
    assert not (tmp_path / "y.json").exists()


def test_a_broken_line_is_named_with_its_number(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": 1}\n{"id": \n', encoding="utf-8")
    with pytest.raises(UserError, match=r"answers\.jsonl, line 2: not JSON"):
        storage.read_jsonl(path)


def test_line_separators_within_a_text_do_not_break_a_line(tmp_path):
    rows = [{"answer": "한\u2028글\u0085\n끝"}]
    storage.write_jsonl(tmp_path / "a.jsonl", rows)
    assert storage.read_jsonl(tmp_path / "a.jsonl") == rows


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(UserError, match="none.json: cannot read, it does not exist"):
        storage.read_json(tmp_path / "none.json")
    with pytest.raises(UserError, match="it is a folder"):
        storage.read_json(tmp_path)


def test_a_truncated_parquet_file_is_named(tmp_path):
    import polars

    path = tmp_path / "rows.parquet"
    storage.write_parquet(path, polars.DataFrame({"id": ["a"]}))
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(UserError, match="not a whole Parquet file"):
        storage.read_parquet(path)


def test_what_the_operating_system_refuses_is_said_with_what_to_do(tmp_path):
    for number, hint in [(errno.ENOSPC, "the disk is full: free some space"), (errno.EROFS, "choose another folder")]:
        with pytest.raises(UserError, match=f"adapter: cannot write, .*{hint}"), storage.explained("adapter", "write"):
            raise OSError(number, "refused")
    with pytest.raises(UserError, match="the disk is full"), storage.explained("adapter", "write"):
        raise RuntimeError("I/O error: No space left on device (os error 28)")  # as safetensors says it
    with pytest.raises(RuntimeError, match="a bug"), storage.explained("adapter", "write"):
        raise RuntimeError("a bug")


def test_a_missing_key_is_named_with_its_file_and_the_nearest():
    assert storage.needed({"mean": 0.5}, "mean", "scores.json") == 0.5
    with pytest.raises(UserError, match="scores.json: there is no key 'maen'; did you mean 'mean'"):
        storage.needed({"mean": 0.5}, "maen", "scores.json")
    with pytest.raises(UserError, match="scores.json: there is no key 'mean'; remove the file"):
        storage.needed(["a list"], "mean", "scores.json")


def test_a_hash_is_of_the_bytes(tmp_path):
    (tmp_path / "a.txt").write_text("금리", encoding="utf-8")
    assert storage.sha256_of(tmp_path / "a.txt") == storage.sha256_of_text("금리")
    assert storage.sha256_of_text("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_byte_that_is_no_utf8_is_named_with_its_line_and_a_mark_at_the_start_is_none(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\n' + '{"a": "가"}'.encode("cp949"))
    for read in (storage.read_text, storage.read_json, storage.read_jsonl):
        with pytest.raises(UserError, match=r"x.jsonl, line 2: not UTF-8 .*; save the file as UTF-8"):
            read(path)
    path.write_bytes('\ufeff{"a": "가"}'.encode())
    assert storage.read_json(path) == {"a": "가"} and storage.read_jsonl(path) == [{"a": "가"}]


def test_a_line_that_is_no_object_or_holds_half_a_character_is_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": "\\ud83d\\ude00 \\\\ud83d"}\n[1]\n')
    with pytest.raises(UserError, match="x.jsonl, line 2: not an object"):
        storage.read_jsonl(path)
    path.write_text('{"a": "\\ud83d\\ude00 \\\\ud83d"}\n{"a": {"b": "\\uD83D"}}\n')
    with pytest.raises(UserError, match=r"x.jsonl, line 2: holds half a character \(\\ud83d"):
        storage.read_jsonl(path)
