"""The passages of a prompt are of other articles of train, the nearest first, and never the row's own text."""

import pytest

from kotune.core.errors import UserError
from kotune.prompts.passages import Passages

ASKED = {"by": "bigrams", "passages": 2}
POOL = [
    {"id": f"t{place}", "article": f"a{place // 2}", "context": text, "question": "물음", "answer": "답"}
    for place, text in enumerate(
        ["물가가 오르다", "물가가 오르다", "환율이 오르다", "금리를 내리다", "물가가 내리다", "산"]
    )
]


def drawn(row, pool=POOL, **changed):
    passages = Passages.of({**ASKED, **changed}, pool, None, "econ-qa.retrieved")
    return [one["id"] for one in passages.drawn({"id": "x", "article": "z", "context": "딴 글", **row})]


def test_the_nearest_come_first_and_each_text_once():
    assert drawn({"question": "물가가 내리다?"}) == ["t4", "t0"]


def test_a_rows_own_article_is_never_shown():
    assert drawn({"question": "물가가 내리다?", "article": "a2"}) == ["t0", "t3"]


def test_a_rows_own_text_is_not_shown_under_another_articles_name():
    assert drawn({"question": "물가가 내리다?", "context": "물가가 내리다"}) == ["t0", "t3"]


def test_too_few_texts_of_other_articles_are_one_error():
    with pytest.raises(
        UserError, match=r"row 'x': train holds 5 texts of other articles, and its prompt shows 6; lower"
    ):
        drawn({"question": "물"}, passages=6)


@pytest.mark.parametrize(
    ("pool", "changed", "why"),
    [
        (POOL, {"by": "bigram"}, "unknown 'bigram'; did you mean 'bigrams'"),
        (POOL, {"by": "embeddings"}, "need an embedder"),
        ([{"id": "t", "question": "물음"}], {}, "no column 'context'"),
    ],
)
def test_what_cannot_be_retrieved_is_one_error(pool, changed, why):
    with pytest.raises(UserError, match=why):
        drawn({"question": "물"}, pool, **changed)
