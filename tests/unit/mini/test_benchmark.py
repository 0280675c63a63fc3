"""Items in five formats: their right answers, and what of one split stands in another."""

import re
from collections import Counter

import pytest

from kotune.mini.benchmark import build_benchmark
from kotune.mini.benchmark_stock import load_benchmark_stock

COUNTS = {"train": 64, "dev": 16, "test": 40}
STOCK = load_benchmark_stock()


@pytest.fixture(scope="module")
def made():
    return build_benchmark(STOCK, COUNTS, 5)


def test_every_split_has_as_many_rows_as_asked(made):
    assert {task: {split: len(rows) for split, rows in of.items()} for task, of in made.items()} == dict.fromkeys(
        ("BoolQ", "COPA", "HellaSwag", "SentiNeg", "WiC"), COUNTS
    )
    assert build_benchmark(STOCK, COUNTS, 5) == made != build_benchmark(STOCK, COUNTS, 6)


def test_a_true_boolq_question_is_a_sentence_of_its_paragraph(made):
    for row in [row for rows in made["BoolQ"].values() for row in rows]:
        who, where, what = re.fullmatch(r"(..)[은는] (.+)에서 (.+)[을를] 했나요\?", row["Question"]).groups()
        said = next(line for line in row["Text"].split(".") if line.strip().startswith(who))
        assert (f" {where}에서 {what}" in said) == bool(row["Answer"]), row


def test_copas_answer_is_the_cause_or_the_effect(made):
    effects = {(of.cause, of.effect) for of in STOCK.causes}
    asked = {split: set() for split in COUNTS}
    for split, rows in made["COPA"].items():
        for row in rows:
            gold, pair = row[str(row["Answer"])], row["sentence"]
            pair = (gold, pair) if row["question"] == "원인" else (pair, gold)
            assert pair in effects, row
            asked[split].add(pair)
    assert not asked["train"] & asked["test"] and not asked["dev"] & asked["test"]


def test_hellaswags_answer_is_the_deeds_third_step(made):
    thirds = {deed.steps[:2]: deed.steps[2] for deed in STOCK.deeds}
    for row in [row for rows in made["HellaSwag"].values() for row in rows]:
        steps = next(steps for steps in thirds if row["context"].endswith(f"먼저 {steps[0]}. 그다음 {steps[1]}."))
        assert row[f"choice{row['label'] + 1}"] == f"마지막으로 {thirds[steps]}."
        assert len({row[f"choice{number}"] for number in range(1, 5)}) == 4


def test_some_rows_of_hellaswag_stand_twice(made):
    train = Counter(row["context"] for row in made["HellaSwag"]["train"])
    assert sum(count - 1 for count in train.values()) == 3
    assert sum(row["context"] in train for row in made["HellaSwag"]["dev"]) == 1
    assert not [row for row in made["HellaSwag"]["test"] if row["context"] in train]


def test_sentinegs_test_is_its_train_negated_but_one_row(made):
    train = {row["ID"]: row for row in made["SentiNeg"]["train"]}
    found = [row for row in made["SentiNeg"]["test"] if train.get(row["ID"], {}).get("Text") == row["Text_origin"]]
    assert len(found) == 39
    assert all(
        row["Label"] == 1 - row["Label_origin"] and row["Label_origin"] == train[row["ID"]]["Label"] for row in found
    )
    assert not {row["Text"] for row in made["SentiNeg"]["test"]} & {row["Text"] for row in train.values()}


def test_nearly_all_words_of_wics_test_stand_in_train_and_no_pair_does(made):
    train = {row["Target"] for row in made["WiC"]["train"]}
    assert len({row["Target"] for row in made["WiC"]["test"]} - train) == 1
    pairs = [frozenset((row["SENTENCE1"], row["SENTENCE2"])) for rows in made["WiC"].values() for row in rows]
    assert len(set(pairs)) == len(pairs)
    for row in made["WiC"]["test"]:
        assert (row["Dictionary 1"] == row["Dictionary 2"]) == bool(row["ANSWER"])
