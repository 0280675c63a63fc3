"""Rows in SQuAD's layout: articles of several paragraphs, answers where they are said to start, and the bundled file."""

import make_mini_squad
import pytest

from kotune.core.names import ROOT
from kotune.mini import bundled
from kotune.mini.patterns import load_topics
from kotune.mini.squad import build_data, golds

TOPICS = load_topics(ROOT / "resources/mini/econ-news/patterns")


@pytest.fixture(scope="module")
def data():
    return build_data(TOPICS, 20, 7, "held-out")


def test_an_article_has_a_title_of_its_own_and_several_paragraphs_with_several_questions(data):
    assert len({document["title"] for document in data}) == 20
    assert data[0]["title"].removesuffix(" 1") == data[len(TOPICS)]["title"].removesuffix(" 2")
    assert all(2 <= len(document["paragraphs"]) <= 4 for document in data)
    asked = [len(paragraph["qas"]) for document in data for paragraph in document["paragraphs"]]
    assert max(asked) == 4 and sum(asked) / len(asked) > 2


def test_every_gold_answer_stands_where_it_is_said_to(data):
    questions = [
        (paragraph["context"], question)
        for document in data for paragraph in document["paragraphs"] for question in paragraph["qas"]
    ]  # fmt: skip
    for context, question in questions:
        for answer in question["answers"]:
            assert context.startswith(answer["text"], answer["answer_start"])
    several = sum(len(question["answers"]) > 1 for _, question in questions)
    assert 0.05 * len(questions) < several < 0.5 * len(questions)
    assert len({question["id"] for _, question in questions}) == len(questions)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("류현연 교수", ["류현연 교수", "류현연"]),
        ("29.8%", ["29.8%", "29.8"]),
        ("460명", ["460명", "460"]),
        ("0.5%포인트", ["0.5%포인트"]),
        ("13조원", ["13조원"]),
    ],
)
def test_a_part_is_a_gold_answer_only_where_it_is_as_right(answer, found):
    assert golds(answer) == found


def test_the_same_seed_gives_the_same_documents_and_more_of_them_the_same_first(data):
    assert build_data(TOPICS, 3, 7, "held-out") == data[:3] != build_data(TOPICS, 3, 8, "held-out")


def test_the_bundled_rows_are_what_the_patterns_give():
    made = make_mini_squad.make(make_mini_squad.SEED)
    assert bundled.differing(ROOT / "resources/mini/korquad", made) == [], "run tools/make_mini_squad.py"
