"""What was said of KoBBQ's items, order by order; files that do not belong together are told."""

import bias_lines
import numpy as np
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import read_jsonl, write_jsonl
from kotune.harness import bias_answers


@pytest.fixture
def folder(tmp_path):
    bias_lines.write(tmp_path)
    return tmp_path / "m"


def test_an_item_has_its_orders_beside_each_other(folder):
    asked = bias_answers.read_asked(folder / "requests.jsonl")
    assert asked["letters"].gold.shape == (48, 6) and asked["unlisted"].gold.shape == (48, 1)
    assert set(asked["letters"].ways) == {"letters-sum"} and set(asked["texts"].ways) == {"texts-sum", "texts-token"}
    assert asked["texts"].biased_context.sum() == 12 and asked["texts"].ambiguous.sum() == 24
    said = bias_answers.read_said(folder / "tuned/seed1/loglikelihoods.jsonl", asked)
    assert np.array_equal(said["letters"].by["sum"], asked["letters"].gold)


def test_of_a_token_a_choice_of_many_tokens_may_be_likelier(folder):
    asked = bias_answers.read_asked(folder / "requests.jsonl")
    path = folder / "base/seed1/loglikelihoods.jsonl"
    write_jsonl(path, [{**line, "sums": [-4.0, -9.0, -3.0], "tokens": [4, 4, 1]} for line in read_jsonl(path)])
    said = bias_answers.read_said(path, asked)["texts"]
    assert (said.by["sum"] == 2).all() and (said.by["token"] == 0).all() and (said.fewest == 2).all()


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (lambda lines: lines[:-1], "are not those of the 48 items"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "are not those of the 48 items"),
        (lambda lines: [{**lines[0], "sums": [float("nan"), 0, 0]}, *lines[1:]], "lacks a finite sum"),
        (lambda lines: [{**lines[0], "tokens": [0, 1, 1]}, *lines[1:]], "lacks a finite sum, or a count of tokens"),
    ],
)
def test_sums_of_other_requests_are_told(folder, fault, line):
    asked = bias_answers.read_asked(folder / "requests.jsonl")
    lines = bias_lines.sums(read_jsonl(folder / "requests.jsonl"), lambda _: 0)
    lines = sorted(lines, key=lambda line: line["task"] != "unlisted")
    path = folder / "other.jsonl"
    path.write_text("".join(f"{one}\n" for one in map(_json, fault(lines))), "utf-8")
    with pytest.raises(UserError, match=line):
        bias_answers.read_said(path, asked)


def _json(line):
    import json

    return json.dumps(line, ensure_ascii=False)


def test_an_item_that_lacks_an_order_is_told(folder):
    lines = read_jsonl(folder / "requests.jsonl")
    write_jsonl(folder / "requests.jsonl", lines[:7] + lines[8:])
    with pytest.raises(UserError, match="is asked in other orders than the first item"):
        bias_answers.read_asked(folder / "requests.jsonl")
