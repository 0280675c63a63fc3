"""Three instruction sets: their columns, and the quirks that are planted in them."""

import json

import make_mini_mixture
import pytest
from bundled_rows import opened

from kotune.core.names import ROOT
from kotune.mini import bundled, mixture

FOLDER = ROOT / "resources/mini/mixture"


@pytest.fixture(scope="module")
def files():
    return make_mini_mixture.make(make_mini_mixture.SEED)


@pytest.fixture(scope="module")
def rows(files):
    return {
        name: [json.loads(line) for line in text.split("\n")[:-1]]
        for name, text in files.items()
        if ".jsonl.xz" in name
    }


def test_the_bundled_rows_are_what_the_generator_gives(files):
    assert bundled.differing(FOLDER, files) == [], "run tools/make_mini_mixture.py"


def test_each_set_has_the_columns_of_the_one_that_it_stands_for(rows):
    columns = {name: {tuple(row) for row in found} for name, found in rows.items()}
    assert columns == {
        "koalpaca.jsonl.xz": {("instruction", "output", "url")},
        "openorca-ko.jsonl.xz": {("id", "input", "instruction", "output")},
        "guanaco-ko.jsonl.xz": {("text", "id")},
    }
    assert {name: len(found) for name, found in rows.items()} == {
        f"{name}.jsonl.xz": count for name, count in make_mini_mixture.COUNTS.items()
    }
    sources = {row["id"].split(".")[0] for row in rows["openorca-ko.jsonl.xz"]}
    assert sources == {"flan", "t0", "cot", "KoCoT_2000", "niv"}


def test_rows_stand_twice_within_a_set_and_in_two_sets(rows):
    first, other = (
        [(row["instruction"], row.get("input", ""), row["output"]) for row in rows[name]]
        for name in ("koalpaca.jsonl.xz", "openorca-ko.jsonl.xz")
    )
    assert len(first) - len(set(first)) == mixture.REPEATED
    assert len(other) == len(set(other)) and not set(first) & set(other)
    bare = {tuple(" ".join(text.split()) for text in row) for row in first}
    assert sum(tuple(" ".join(text.split()) for text in row) in bare for row in other) == mixture.REPEATED


def test_two_rows_are_items_of_the_benchmarks_test(rows):
    asked = "\n".join(row["instruction"] for row in rows["openorca-ko.jsonl.xz"])
    for name, column in (("BoolQ", 1), ("SentiNeg", 4)):
        with opened(ROOT / f"resources/mini/benchmark/{name}/test.tsv.xz") as file:
            lines = file.read().splitlines()[1:]
        assert sum(line.split("\t")[column].strip() in asked for line in lines) >= 1


def test_conversations_are_of_one_to_four_turns_and_the_last_four_are_broken(rows):
    texts = [row["text"] for row in rows["guanaco-ko.jsonl.xz"]]
    human, assistant = (lambda text: text.count("### Human:")), (lambda text: text.count("### Assistant:"))
    assert {human(text) for text in texts[:-4]} == {1, 2, 3, 4}
    assert all(human(text) == assistant(text) > 0 for text in texts[:-4])
    assert [(human(text), assistant(text)) for text in texts[-4:]] == [(3, 2), (1, 0), (0, 0), (2, 2)]
    assert "### Human: ### Assistant:" in texts[-1]


def test_a_later_question_asks_for_what_was_said(rows):
    text = next(row["text"] for row in rows["guanaco-ko.jsonl.xz"] if row["text"].count("### Human:") == 2)
    said = text.rsplit("이렇습니다. ", 1)[1]
    assert said in text.rsplit("### Human:", 1)[0]
