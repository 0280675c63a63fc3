"""Perplexity of held-out answers: over tokens, not rows; seeds are averaged; intervals draw whole units."""

import math

from kotune.scoring.perplexity import of_lines, perplexity, recited, requests

ROWS = [{"id": "a", "prompt": "물음\n", "completion": "답<eos>"}, {"id": "b", "prompt": "또\n", "completion": None}]


def line(name, nats, tokens):
    return {"id": name, "nats": nats, "tokens": tokens}


def test_each_gold_is_asked_behind_its_prompt_and_a_row_without_one_is_not():
    (asked,) = requests({"test": ROWS})
    assert (asked["template"], asked["item"], asked["context"], asked["continuations"]) == (
        "test",
        "a",
        "물음\n",
        ["답<eos>"],
    )
    (found,) = of_lines([{"template": "test", "item": "a", "sums": [-6.0], "tokens": [3], "greedy": [False]}])
    assert found == {"split": "test", "id": "a", "nats": 6.0, "tokens": 3}


def test_tokens_weigh_alike_and_seeds_are_averaged_first():
    runs = [[line("a", 2.0, 1), line("b", 3.0, 3)], [line("a", 4.0, 1), line("b", 3.0, 3)]]
    found = perplexity(runs, {"a": "u", "b": "v"}, 1)
    assert found["value"] == round(math.exp(6 / 4), 4)
    assert (found["rows"], found["units"], found["seeds"]) == (2, 2, 2)


def test_intervals_draw_whole_units():
    rows = [line(str(number), 1.0 + number % 5, 1) for number in range(100)]
    one_each = perplexity([rows], {str(number): str(number) for number in range(100)}, 1)
    by_five = perplexity([rows], {str(number): str(number % 5) for number in range(100)}, 1)
    assert one_each["value"] == by_five["value"]
    assert by_five["low"] < one_each["low"] < one_each["value"] < one_each["high"] < by_five["high"]
    assert perplexity([rows], dict.fromkeys(map(str, range(100)), "u"), 1)["low"] is None


def test_what_is_recited_stands_in_train_and_an_empty_answer_is_none():
    found = recited([["네.", "네.", "", "몰라요."], ["네.", "글쎄요.", "좋아요.", "몰라요."]], ["네.", "좋아요."])
    assert found == {"different": (2 / 4 + 1) / 2, "recited": (2 / 4 + 2 / 4) / 2}
