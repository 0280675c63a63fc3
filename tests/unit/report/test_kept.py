"""A kept folder is read as it was written, and what is wrong with one is said once, with its file and key."""

import csv
import io
import lzma
import shutil

import kept_results
import pytest

from kotune.core.errors import UserError
from kotune.report import kept


@pytest.fixture
def folder(kept_plain, tmp_path):
    """A copy of the kept results, which a test may break."""
    return shutil.copytree(kept_plain, tmp_path / "econ-qa-of-five")


def change_scores(folder, change):
    """Change the rows of the scores' table, each a mapping, as someone would who also mends the hash."""
    path = folder / kept.SCORES
    rows = list(csv.DictReader(io.StringIO(lzma.decompress(path.read_bytes()).decode("utf-8"))))
    changed = change(rows)
    path.write_bytes(kept.table_text(changed[0], [row.values() for row in changed]))
    kept_results.rehash(folder, kept.SCORES)


def refused(folder) -> str:
    """Return the error that reading the folder gives, without the folder's own path."""
    with pytest.raises(UserError) as error:
        kept.read(folder)
    return str(error.value).replace(f"{folder}/", "")


def test_what_was_kept_is_read_back(folder):
    found = kept.read(folder)
    assert (found.name, len(found.scores), len(found.curves)) == ("econ-qa-of-five", 5 + 4 + 5, 4)
    scores = found.scores["tiny-gemma2", "qlora", 42]["test"]["char_f1"]
    mean = found.numbers.value("econ-qa.qlora.tiny-gemma2.test.char_f1")
    assert len(scores) == 60 and sum(scores.values()) / 60 == pytest.approx(mean, abs=6e-5)
    assert found.curves["tiny-gemma2", "qlora", 42][-1]["step"] == 60


def test_a_changed_file_is_no_longer_the_one_that_was_kept(folder):
    path = folder / kept.SCORES
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert refused(folder).startswith(
        "scores.csv.xz: is not the file that about.json names by its SHA-256 (key 'files.s"
    )


def test_a_changed_score_is_found_by_its_mean_though_its_hash_fits(folder):
    def other(rows):
        right = next(row for row in rows if row["arm"] == "qlora" and row["split"] == "test" and row["char_f1"] == "1")
        right["char_f1"] = "0"
        return rows

    change_scores(folder, other)
    assert "numbers.json.xz: key 'econ-qa.qlora.tiny-gemma2.test.char_f1' is 0.87" in refused(folder)


def test_a_mean_that_was_changed_is_found(folder):
    key = "econ-qa.base.tiny-eeve.valid.exact_match"
    kept_results.change(folder, kept.NUMBERS, lambda entries: entries[key].update(value=0.5))
    assert refused(folder).startswith(
        f"numbers.json.xz: key '{key}' is 0.500000 of 30 rows, and the mean of scores.csv.xz 0.1"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[1:], "key 'econ-qa.base.tiny-gemma2.valid.char_f1' is 0.281281 of 30 rows"),
        (lambda rows: rows + rows[:1], "a second score of the row 'VALID_0000' of 'valid'"),
        (
            lambda rows: [row for row in rows if row["arm"] != "stacking"],
            "no scores of ensemble/stacking/42 on 'valid'",
        ),
        (lambda rows: [{**rows[0], "arm": "qlorra"}], "line 2: about.json has no arm 'qlorra'; did you mean 'qlora'"),
        (lambda rows: [{**rows[0], "seed": "7"}], "line 2: about.json has no tiny-gemma2 with the seed 7 in 'base'"),
        (lambda rows: [{**rows[0], "split": "tset"}], "line 2: about.json has no split 'tset'"),
        (lambda rows: [{**rows[0], "char_f1": "nan"}], "line 2: char_f1 is 'nan', which is no number"),
        (lambda rows: [{key: row[key] for key in list(row)[:-1]} for row in rows], "has the columns model, arm, seed"),
    ],
)
def test_a_table_of_other_scores_is_refused(folder, change, message):
    change_scores(folder, change)
    assert message in refused(folder)


@pytest.mark.parametrize("name", [kept.ABOUT, *kept.HASHED])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert refused(folder).startswith(f"{name}: cannot read, it does not exist")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda about: about.update(titel="x"), "about.json: unknown key 'titel'; did you mean 'title'?"),
        (lambda about: about["made"].pop("devices"), "about.json: key 'made': missing 'devices'"),
        (lambda about: about["arm_order"].remove("qlora"), "about.json: key 'arm_order': names other arms than 'arms'"),
    ],
)
def test_a_key_that_is_unknown_or_missing_is_named(folder, change, message):
    kept_results.change(folder, kept.ABOUT, change)
    assert refused(folder).startswith(message)


@pytest.mark.parametrize(
    ("key", "entry", "message"),
    [
        ("econ-qa.worked.a", {"value": 1}, "key 'econ-qa.worked.a' is not kept"),
        ("korquad.size.rows", {"value": 1}, "key 'korquad.size.rows' is not kept"),
        ("econ-qa.size.x", {"value": 1, "records": ["a"]}, "key 'econ-qa.size.x': its 'records' is not kept"),
        ("econ-qa.size.x", {"value": 1, "text": "가" * 201}, "key 'econ-qa.size.x': its 'text' is not kept"),
    ],
)
def test_numbers_that_speak_of_rows_are_refused(folder, key, entry, message):
    kept_results.change(folder, kept.NUMBERS, lambda entries: entries.update({key: entry}))
    assert refused(folder).startswith(f"numbers.json.xz: {message}")


def test_a_table_that_is_not_packed_is_named(folder):
    (folder / kept.CURVES).write_text("step,loss\n", encoding="utf-8")
    kept_results.rehash(folder, kept.CURVES)
    assert refused(folder).startswith("curves.csv.xz: no CSV packed by xz")


def test_a_repository_without_kept_results_has_none(tmp_path, kept_plain):
    assert kept.kept_at(tmp_path) == []
    shutil.copytree(kept_plain, tmp_path / "config/kept/one")
    assert [one.name for one in kept.kept_at(tmp_path)] == ["one"]


def test_equal_rows_give_equal_bytes():
    one, other = (kept.table_text(["a"], [[1], ["b,c"]]) for _ in range(2))
    assert one == other and lzma.decompress(one) == b'a\n1\n"b,c"\n'
