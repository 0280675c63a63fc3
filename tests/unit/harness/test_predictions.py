"""What is said of an item is the option with the highest sum, the first of equals; files that do not fit are refused."""

import harness_lines
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import jsonl_line, write_text
from kotune.harness.predictions import Asked, majority, read_items, read_said

PLACE = Asked("clean", 5, "none"), "kobest_hellaswag"


@pytest.fixture
def asked(tmp_path):
    return harness_lines.write(tmp_path, items=6)


def written(path, lines):
    write_text(path, "".join(map(jsonl_line, lines)))
    return path


def test_the_option_with_the_highest_sum_is_said_and_of_equal_ones_the_first(tmp_path, asked):
    items = read_items(tmp_path / "m/requests.jsonl")
    lines = harness_lines.sums(asked, 1.0, 1)
    lines = [{**line, "sums": [-3.0, -2.0, -2.0, -9.0][: len(line["sums"])]} for line in lines]
    said = read_said(written(tmp_path / "sums.jsonl", lines), items)[PLACE]
    assert set(said.by_sum) == {1} and said.tied.all()
    assert set(said.by_norm) == {2}, "-2 of four characters is more a character than of three"
    assert set(said.fewest) == {0}


def test_other_items_than_were_asked_are_refused(tmp_path, asked):
    items = read_items(tmp_path / "m/requests.jsonl")
    lines = harness_lines.sums(asked, 1.0, 1)
    with pytest.raises(UserError, match=r"has 5 items of 'kobest_boolq' \(published-5shot-none\) in the place of 6"):
        read_said(written(tmp_path / "sums.jsonl", lines[1:]), items)


@pytest.mark.parametrize("wrong", [{"sums": [-1.0]}, {"tokens": [1]}])
def test_sums_that_are_none_are_refused_by_item(tmp_path, asked, wrong):
    items = read_items(tmp_path / "m/requests.jsonl")
    lines = harness_lines.sums(asked, 1.0, 1)
    with pytest.raises(UserError, match="item 'test-0' of 'kobest_boolq' needs 2 finite sums"):
        read_said(written(tmp_path / "sums.jsonl", [{**lines[0], **wrong}, *lines[1:]]), items)


def test_a_gold_that_is_no_option_is_refused(tmp_path, asked):
    path = written(tmp_path / "requests.jsonl", [{**asked[0], "gold": 2}, *asked[1:]])
    with pytest.raises(UserError, match="the gold of item 'test-0' of 'kobest_boolq' is 2, and it has 2 options"):
        read_items(path)


def test_no_request_at_all_is_told(tmp_path):
    with pytest.raises(UserError, match="holds no request"):
        read_items(written(tmp_path / "requests.jsonl", []))


def test_the_majority_is_the_first_of_equals(tmp_path, asked):
    items = read_items(tmp_path / "m/requests.jsonl")[PLACE]
    assert majority(items.golds * 0 + 2) == 2
    assert majority(items.golds[:0].tolist() + [1, 0]) == 0
