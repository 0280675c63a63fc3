"""The table and the figure of an evaluation: a row for each arm, the difference to the base, numbers with records."""

import pytest
import tabulate_evaluation

from kotune.core.storage import read_json, write_json, write_jsonl
from kotune.report import evaluations
from kotune.scoring import answer_files
from kotune.study import metrics

SETTINGS = {
    "study": "econ-qa",
    "evaluation": "entailment",
    "title": "Does the premise hold the claim?",
    "dataset": "toy",
    "prompt": "toy.clean",
    "unit": "premise",
    "splits": ["test"],
    "metrics": ["exact_match", "answer_chars"],
    "metric_facts": metrics.printed(["exact_match", "answer_chars"]),
    "primary_metric": "exact_match",
    "arms": [["qlora", ["tiny-eeve"]], ["base", ["tiny-eeve", "tiny-qwen2"]]],
    "digits": 3,
}


LABELS = [
    {"model": model, "arm": arm, "seed": seed}
    for model, arm, seed in (
        ("tiny-eeve", "base", 42),
        ("tiny-qwen2", "base", 42),
        ("tiny-eeve", "qlora", 42),
        ("tiny-eeve", "qlora", 43),
    )
]
COUNTED = [(label, {"test": {"rows": 40, "asked": 38, "cut_off": 1, "empty": 2}}) for label in LABELS]


def mean(model, arm, metric, value):
    line = {"model": model, "arm": arm, "split": "test", "metric": metric, "n": 40, "articles": 20, "mean": value}
    return {**line, "low": value - 0.1, "high": value + 0.1, "seeds": [42, 43] if arm == "qlora" else [42]}


@pytest.fixture
def statistics():
    sides = {"a": {"model": "tiny-eeve", "arm": "base"}, "b": {"model": "tiny-eeve", "arm": "qlora"}}
    pair = {"name": "qlora-vs-base", **sides, "split": "test", "metric": "exact_match", "n": 40, "articles": 20}
    return {
        "means": [
            mean(model, arm, metric, value)
            for model, arm, value in (
                ("tiny-eeve", "base", 0.25),
                ("tiny-qwen2", "base", 0.5),
                ("tiny-eeve", "qlora", 0.75),
            )
            for metric in ("exact_match", "answer_chars")
        ],
        "overlong": {"policy": "zero", "splits": {"test": {"rows": 40, "compared": 40, "asked": []}}},
        "pairs": [{**pair, "difference": 0.5, "low": 0.3, "high": 0.7, "p": 0.0001, "test": "sign-flip"}],
    }


def test_the_base_stands_first_and_the_difference_beside_what_was_tuned(statistics):
    table = evaluations.table(SETTINGS, evaluations.numbers_of(SETTINGS, statistics, COUNTED))
    assert [column.title for column in table.columns] == [
        "model", "arm", "exact match", "characters", "answers", "asked", "cut off", "empty", "difference", "p", "p, Holm"
    ]  # fmt: skip
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["tiny-eeve", "base", "0.250", "0.250", "38 / 1 / 2", "38", "1", "2", "", "", ""],
        ["tiny-qwen2", "base", "0.500", "0.500", "38 / 1 / 2", "38", "1", "2", "", "", ""],
        ["tiny-eeve", "qlora", "0.750", "0.750", "76 / 2 / 4", "76", "2", "4", "+0.500", "<0.001", ""],
    ]
    assert table.rules == {2}
    assert "test: n = 40 (20 premises)" in table.notes[0]


def test_a_number_names_the_records_of_all_seeds(statistics):
    numbers = evaluations.numbers_of(SETTINGS, statistics, COUNTED)
    key = "econ-qa.evaluation.entailment.qlora.tiny-eeve.test.exact_match"
    folder = "econ-qa/scores/entailment/tiny-eeve/qlora"
    assert numbers[key]["records"] == [f"{folder}/seed42.record.json", f"{folder}/seed43.record.json"]


def test_without_a_base_there_is_nothing_to_differ_from(statistics):
    alone = {**statistics, "pairs": [], "means": [line for line in statistics["means"] if line["arm"] == "qlora"]}
    table = evaluations.table(SETTINGS, evaluations.numbers_of(SETTINGS, alone, COUNTED))
    assert [column.name for column in table.columns] == [
        "model", "arm", "test_exact_match", "test_answer_chars",
        "test_answers", "test_asked", "test_cut_off", "test_empty",
    ]  # fmt: skip
    assert len(table.rows) == 1


def test_the_script_writes_a_table_and_a_figure_that_repeat(tmp_path, statistics):
    write_json(tmp_path / "entailment.json", statistics)
    write_json(tmp_path / "settings.json", SETTINGS)
    write_json(tmp_path / "labels.json", LABELS)
    answer = {"id": "a", "split": "test", "answer": "", "finish_reason": "length"}
    for label in LABELS:
        write_jsonl(answer_files.file_of(str(tmp_path / "answers"), label), [answer])
        record = answer_files.file_of(str(tmp_path / "scores"), label).replace(".jsonl", ".record.json")
        facts = {"name": "e", "window_tokens": 8, "texts": 5, "texts_beyond_window": 1, "long_texts": "cut"}
        write_json(record, {"found": {"embedder": facts}})
    for folder in ("one", "two"):
        asked = ["--statistics", tmp_path / "entailment.json", "--settings", tmp_path / "settings.json"]
        asked += ["--labels", tmp_path / "labels.json", "--answers", tmp_path / "answers"]
        asked += ["--scores", tmp_path / "scores"]
        tabulate_evaluation.main([*map(str, asked), "--study-dir", str(tmp_path / folder)])
    for path in ("tables/evaluation-entailment.csv", "figures/evaluation-entailment.svg"):
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()
    document = read_json(tmp_path / "one/tables/evaluation-entailment.json")
    assert "e reads 8 tokens: 4 of 20 texts were longer and were cut" in document["notes"][0]
    assert [row[4]["text"] for row in document["rows"]] == ["1 / 1 / 1", "1 / 1 / 1", "2 / 2 / 2"]
    assert document["title"] == "Does the premise hold the claim?"


def test_a_metric_that_is_no_share_is_drawn_where_there_is_no_other(statistics):
    numbers = evaluations.numbers_of(SETTINGS, statistics, COUNTED)
    drawn = evaluations.figure({**SETTINGS, "metrics": ["answer_chars"]}, numbers)
    assert [axis.get_title(loc="center") or axis.get_title(loc="left") for axis in drawn.axes] == ["characters"]
    assert len(evaluations.figure(SETTINGS, numbers).axes) == 1, "shares alone, where there are any"
