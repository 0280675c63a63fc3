"""Long reports: one sentence holds each answer, lengths spread, splits apart, and the bundled files are what is made."""

import random

import make_mini_reports
import pytest

from kotune.core.names import ROOT
from kotune.mini.patterns import load_topics
from kotune.mini.reports import build_report, build_rows, characters_at, reasoning, sentences

TOPICS = load_topics(ROOT / "resources/mini/econ-news/patterns")


@pytest.fixture(scope="module")
def rows():
    return build_rows(TOPICS, "valid", 40, 7, "held-out", (150, 5200))


def test_an_answer_stands_in_one_sentence_which_the_reason_quotes(rows):
    for row in rows:
        holding = [sentence for sentence in sentences(row["context"]) if row["answer"] in sentence]
        assert len(holding) == 1, row["id"]
        assert holding[0].rstrip(".") in row["cot_answer"] and row["answer"] in row["cot_answer"]
        assert row["answer"] not in row["question"]


def test_lengths_go_over_the_whole_range_and_answers_stand_deep(rows):
    lengths = sorted({len(row["context"]) for row in rows})
    assert lengths[0] < 400 and lengths[-1] > 4000 and len(lengths) == 20
    places = [row["context"].index(row["answer"]) / len(row["context"]) for row in rows]
    assert max(places) > 0.8 and 0.3 < sum(places) / len(places) < 0.7


def test_no_pattern_comes_twice_in_a_report():
    report = build_report(TOPICS, 5000, random.Random(1), "train")
    questions = [one.question for one in report.asked]
    assert len(set(questions)) == len(questions) > 20


def test_the_same_seed_gives_the_same_rows(rows):
    assert build_rows(TOPICS, "valid", 40, 7, "held-out", (150, 5200)) == rows
    assert build_rows(TOPICS, "valid", 40, 8, "held-out", (150, 5200)) != rows


def test_lengths_are_even_on_a_log_scale():
    assert [characters_at(place, 100, 10_000) for place in (0, 0.5, 1)] == [100, 1000, 10_000]


def test_a_reason_ends_with_the_answer_and_the_particle_that_fits():
    asked = build_report(TOPICS, 200, random.Random(2), "train").asked[0]
    told = reasoning(asked, random.Random(3))
    assert told.endswith("다.") and asked.answer in told[-len(asked.answer) - 8 :]


def test_the_bundled_files_are_what_the_patterns_give():
    make_mini_reports.main(["--check"])


def test_splits_share_no_report():
    files = make_mini_reports.make(make_mini_reports.SEED)
    contexts = {name: set(text.split("\n\n")) for name, text in files.items() if name.endswith(".csv.xz")}
    assert not contexts["train.csv.xz"] & contexts["test.csv.xz"] - {""}
