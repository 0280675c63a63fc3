import json
import lzma
from collections import Counter

import make_mini_code
import pytest

from kotune.core.names import ROOT
from kotune.mini import bundled as bundled_files
from kotune.mini import code_rows
from kotune.mini.functions import PATTERNS
from kotune.rows.audit import Exclusions
from kotune.rows.tried import tried

FOLDER = ROOT / "resources" / "mini" / "code"
COUNTS = {"train": 300, "textbook": 12, "practice": 12, "valid": 6, "test": 6, "test-unseen": 6}


@pytest.fixture(scope="module")
def rows():
    return code_rows.build(COUNTS, 5)


def bundled(name: str) -> list[dict]:
    return [json.loads(line) for line in lzma.decompress((FOLDER / f"{name}.jsonl.xz").read_bytes()).splitlines()]


def test_each_kind_of_noise_is_in_the_raw_rows_and_is_what_it_says(rows):
    by_kind = {kind: [row for row in rows["train"] if row["noise"] == kind] for kind in code_rows.SHARES}
    assert all(by_kind.values())
    assert not any('"""' in row["instruction"] for row in by_kind["undocumented"])
    assert all("    import " in row["output"] for row in by_kind["external_module"])
    assert {row["category"] for row in by_kind["boilerplate"]} == {"settings"}
    asked = Counter(row["instruction"].replace("_2(", "(") for row in rows["train"])
    assert all(asked[row["instruction"].replace("_2(", "(")] > 1 for row in by_kind["duplicate"])


def test_rows_that_are_asked_are_clean_balanced_and_in_no_other_file(rows):
    for name in ("textbook", "practice", "valid", "test", "test-unseen"):
        assert not any(row["noise"] for row in rows[name])
        assert len(set(Counter(row["category"] for row in rows[name]).values())) == 1
    asked = [{row["instruction"] for row in found} for found in rows.values()]
    assert sum(map(len, asked)) == len(set().union(*asked))
    assert {row["value"] for row in rows["train"]} == set("012345")


def expressions(held_out: bool) -> set[str]:
    """All that the patterns of a side can write."""
    return {
        one.written(argument, number)[1]
        for one in PATTERNS
        if one.held_out is held_out
        for argument in ("n", "value", "m", "s", "text", "word", "xs", "numbers", "items")
        for number in range(2, 10)
    }


def test_the_held_out_patterns_are_in_test_unseen_alone():
    # a multiple of 2 is even: few expressions are of both sides
    held = expressions(True) - expressions(False)
    written = {
        name: [row["output"].rpartition("return ")[2] for row in bundled(name)]
        for name in ("train", "textbook", "practice", "valid", "test", "test-unseen")
    }
    assert {name for name, found in written.items() if held & set(found)} == {"test-unseen"}
    assert set(written["test-unseen"]) <= held


@pytest.mark.parametrize("name", ["practice", "valid", "test", "test-unseen"])
def test_every_bundled_row_that_is_asked_has_tests_that_its_own_function_passes(name):
    rows = bundled(name)
    for row in rows:
        room: dict = {}
        exec(row["output"] + "\n" + row["tests"], room)  # this repository's own text
    assert len({row["instruction"] for row in rows}) == len(rows) >= 30


@pytest.mark.parametrize("name", ["valid"])
def test_bundled_references_pass_their_tests_and_empty_functions_do_not(name):
    import polars as pl

    frame = pl.DataFrame(bundled(name))
    exclusions = Exclusions()
    made, _ = tried({"test": frame}, exclusions)
    assert made["test"].height == frame.height == 30


def test_the_bundled_files_are_what_the_patterns_give_and_small():
    made = make_mini_code.make(make_mini_code.SEED)
    assert len(made) == 7
    assert bundled_files.differing(FOLDER, made) == []
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 100_000
