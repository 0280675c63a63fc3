"""A cache is a convenience: shared, and when it fails it says so once and nobody stops."""

import sqlite3

import pytest

from kotune.core.sqlite_cache import SqliteCache

CREATE = "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, number INTEGER)"


def cache(path):
    return SqliteCache(path, "the cache", CREATE)


def content(one):
    found = []
    one.connected("be read", lambda connection: found.extend(connection.execute("SELECT * FROM kept ORDER BY name")))
    return found


def test_what_one_process_keeps_another_finds_and_the_later_value_stays(tmp_path):
    path = tmp_path / "deep/kept.sqlite"
    first, second = cache(path), cache(path)
    first.insert([("a", 1), ("b", 2)], 2)
    second.insert([("b", 3), ("c", 4)], 2)
    assert content(first) == [("a", 1), ("b", 3), ("c", 4)]
    path.unlink()  # it may be deleted at any time
    assert content(first) == []


def test_without_a_path_nothing_is_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    one = cache(None)
    one.insert([("a", 1)], 2)
    assert content(one) == [] and list(tmp_path.iterdir()) == [] and capsys.readouterr().err == ""


def test_a_file_that_is_no_database_is_told_once_and_the_next_run_begins_a_sound_one(tmp_path, capsys):
    path = tmp_path / "kept.sqlite"
    path.write_bytes(b"this is no database " * 100)
    one = cache(path)
    one.insert([("a", 1)], 2)
    one.insert([("b", 2)], 2)
    assert capsys.readouterr().err.count("going on without it") == 1
    again = cache(path)
    again.insert([("c", 3)], 2)
    assert content(again) == [("c", 3)]


def test_a_database_that_is_whole_but_of_another_make_is_not_deleted(tmp_path, capsys):
    path = tmp_path / "kept.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE kept (only TEXT)")
    cache(path).insert([("a", 1)], 2)
    assert "the cache" in capsys.readouterr().err and path.is_file()


def test_a_fault_of_the_work_itself_is_not_hidden(tmp_path):
    def work(_):
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        cache(tmp_path / "kept.sqlite").connected("be read", work)
