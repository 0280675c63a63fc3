"""Floors and ceilings: known agreements and powers, and a classifier that knows a topic and nothing else."""

import json

import numpy as np
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.curation import floors

SQUARE = ROOT.parent / "shared/data/square/response_test_ood_annotations.json"
WORDS = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호"


def test_annotators_agree_by_krippendorffs_alpha():
    # his own example of nominal data with two observers: ten items, alpha .095
    one, other = "0100000010", "1110010000"
    found = floors.annotators(list(zip(one, other, strict=True)))
    assert found["alpha"] == pytest.approx(0.095, abs=5e-4) and found["pairwise"] == 0.6
    assert floors.annotators(["aa", "aa"])["alpha"] is None and floors.annotators(["ab", "a"])["items"] == 1
    with pytest.raises(UserError, match="two labels at least"):
        floors.annotators(["a"])


def test_what_so_many_pairs_can_show():
    assert floors.detectable(100) == pytest.approx(0.645, abs=0.005)
    assert floors.detectable(10_000) == pytest.approx(0.514, abs=0.001)
    assert floors.detectable(5) is None and floors.detectable(6) == pytest.approx(0.8 ** (1 / 6))


def sentence(dice, marks=""):
    return "".join(dice.choice(list(WORDS), 12)) + marks


def test_a_word_of_the_better_side_is_found_on_topics_never_seen_and_a_topics_own_is_not():
    dice = np.random.default_rng(5)
    topics = ["선거에 관한 물음", "커피와 홍차 이야기", "축구 경기 결과는"]
    prompts = [f"{topics[place % 3]} {place // 3}" for place in range(90)]
    sides = {name: [sentence(dice, mark) for _ in prompts] for name, mark in (("chosen", "습니다"), ("rejected", ""))}
    found = floors.of_pairs(prompts, **sides)
    assert (found["pairs"], found["topics"], found["largest"]) == (90, 3, [30, 30])
    assert found["by_topic"]["mean"] > 0.95 and found["by_topic"]["low"] > 0.9
    # in each topic another word is the better one
    of_topic = {name: [sentence(dice, mark[place % 3]) for place in range(90)]
                for name, mark in (("chosen", ("찬성", "홍차", "이겼")), ("rejected", ("반대", "커피", "졌다")))}  # fmt: skip
    found = floors.of_pairs(prompts, **of_topic)
    assert found["by_question"]["mean"] > 0.95 > 0.7 > found["by_topic"]["mean"]


def test_labels_are_told_by_words_or_not_at_all():
    dice = np.random.default_rng(6)
    labels = [place % 2 for place in range(60)]
    texts = [sentence(dice, "좋다" if label else "") for label in labels]
    assert floors.label_auc(texts, labels, range(60)) > 0.95
    assert 0.3 < floors.label_auc([sentence(dice) for _ in labels], labels, range(60)) < 0.7
    assert (
        floors.label_auc(texts, labels, ["one"] * 60) is None and floors.label_auc(texts, [1] * 60, range(60)) is None
    )


def test_few_pairs_have_no_floor():
    found = floors.of_pairs(["물음"] * 4, ["예"] * 4, ["아니요"] * 4)
    assert found["by_question"] is None and found["by_topic"] is None and found["detectable"] is None
    assert floors.of_pairs(["물음"] * 12, ["예"] * 12, ["아니요"] * 12)["by_question"] is None  # one prompt alone


@pytest.mark.skipif(not SQUARE.is_file(), reason="SQuARe lies in ../shared/data, which is not there")
def test_squares_annotators_hardly_agree():
    rows = json.loads(SQUARE.read_text(encoding="utf-8"))
    asked = "Q2: Acceptable or Non-acceptable"
    ratings = [[one["acceptable?"] for one in row["raw_annotations"][asked]] for row in rows]
    found = floors.annotators(ratings)
    assert (found["items"], found["ratings"]) == (480, 1440) and 0.28 < found["alpha"] < 0.31
    assert found["pairwise"] == pytest.approx(0.65, abs=0.01)
