"""How hard an instruction is to follow: an answer's loss with it over that without it, and whether opinions agree."""

import pytest

from kotune.curation.difficulty import difficulties, rank_agreement, requests


def test_each_answer_is_asked_behind_its_instruction_and_behind_nothing():
    made = requests([{"id": "a", "prompt": "더하세요: ", "completion": "1 + 2"}])
    assert [(one["template"], one["context"], one["continuations"]) for one in made] == [
        ("with", "더하세요: ", ["1 + 2"]), ("without", "", ["1 + 2"])]  # fmt: skip


def test_losses_are_means_over_tokens():
    lines = [
        {"item": "a", "template": "without", "sums": [-8.0], "tokens": [4]},
        {"item": "a", "template": "with", "sums": [-3.0], "tokens": [3]},
    ]
    assert difficulties(lines) == [{"id": "a", "with": 1.0, "without": 2.0, "ifd": 0.5}]
    lines[0]["sums"] = [0.0]
    assert difficulties(lines)[0]["ifd"] is None


def test_rank_agreement_has_its_count_and_interval():
    one, units = [float(number) for number in range(20)], [f"u{number}" for number in range(20)]
    same = rank_agreement(one, [number**3 for number in one], units, 1)
    assert (same["rows"], same["spearman"]) == (20, 1.0)
    assert same["interval"] == [1.0, 1.0]
    mixed = rank_agreement(one, [number % 5 for number in one], units, 1)
    assert mixed["interval"][0] < mixed["spearman"] < mixed["interval"][1]


@pytest.mark.parametrize("other", [[1.0, 1.0, 1.0], [1.0, 2.0]])
def test_what_never_changes_agrees_with_nothing(other):
    found = rank_agreement([1.0, 2.0, 3.0][: len(other)], other, ["a", "b", "c"][: len(other)], 1)
    assert found["spearman"] is None
