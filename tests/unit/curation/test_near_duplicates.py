"""Near-duplicates: equal texts and near ones apart, none lost at the threshold, the same on every run."""

import random

import pytest

from kotune.curation.near_duplicates import (
    Texts,
    Twin,
    earlier_twins,
    found_at,
    grams,
    plain,
    rows_a_band,
    similarity,
    twins,
)

WORDS = [first + second for first in "가나다라마바사아자차카타파하" for second in "국민경제금융수출물가"]


def sentences(count, seed):
    draw = random.Random(seed)
    return [" ".join(draw.choice(WORDS) for _ in range(draw.randint(6, 30))) for _ in range(count)]


def edited(text, share, draw):
    return " ".join(draw.choice(WORDS) if draw.random() < share else word for word in text.split())


def test_what_differs_in_letters_case_and_space_alone_is_equal():
    decomposed = "\u1112\u1161\u11ab\u1100\u1173\u11af"  # 한글
    found = twins(Texts([f"{decomposed}  GPT\n", "다른 글"], 4), Texts(["다른 일", "한글 gpt"], 4), 0.9)
    assert found == [Twin(1, 1.0, True), None]


def test_a_near_text_is_told_with_its_exact_similarity():
    one, other = "오늘 서울의 날씨는 어떻습니까", "오늘 부산의 날씨는 어떻습니까"
    (found,) = twins(Texts([other], 2), Texts(["전혀 다른 말", one], 2), 0.6)
    assert found == Twin(1, similarity(grams(one, 2), grams(other, 2)), False)
    assert twins(Texts([other], 2), Texts([one], 2), 0.99) == [None]


def test_of_equals_the_first_is_named_and_empty_texts_have_no_twin():
    assert twins(Texts(["가나다라", "", " "], 4), Texts(["", "가나다라", "가나다라"], 4), 0.5) == [
        Twin(1, 1.0, True),
        None,
        None,
    ]
    assert twins(Texts(["가나다라"], 4), Texts([""], 4), 0.5) == [None]


@pytest.mark.parametrize("near", [0.3, 0.5, 0.6, 0.8, 1.0])
def test_bands_find_what_is_at_the_threshold(near):
    rows = rows_a_band(near)
    assert found_at(near, rows) >= 0.99
    assert rows == 128 or found_at(near, rows + 1) < 0.99


def test_near_pairs_are_found_where_lsh_at_its_own_threshold_loses_some():
    from datasketch import MinHashLSH

    draw, near = random.Random(1), 0.8
    learned = Texts(sentences(400, seed=0), 4)
    asked = Texts([edited(text, draw.choice([0.02, 0.05, 0.1]), draw) for text in learned.texts], 4)
    close = [
        place
        for place, (one, other) in enumerate(zip(asked.plain, learned.plain, strict=True))
        if one != other and near <= similarity(asked.grams[one], learned.grams[other]) < 0.9
    ]
    found = twins(asked, learned, near)
    assert len(close) > 50
    assert sum(found[place] is not None for place in close) >= 0.98 * len(close)
    usual = MinHashLSH(threshold=near, num_perm=128)
    for text, signature in learned.signatures().items():
        usual.insert(text, signature)
    kept = sum(learned.plain[place] in usual.query(asked.signatures()[asked.plain[place]]) for place in close)
    assert kept < len(close)


def test_it_is_the_same_whatever_came_before():
    texts, others = sentences(50, seed=2), sentences(50, seed=3) + sentences(10, seed=2)
    first = twins(Texts(others, 4), Texts(texts, 4), 0.3)
    assert first == twins(Texts(others, 4), Texts(texts, 4), 0.3)
    assert [one.place for one in first[50:]] == list(range(10))


def test_a_text_shorter_than_an_n_gram_is_one():
    assert grams(plain(" 가 "), 4) == {"가"}


def test_a_text_repeats_an_earlier_one_that_stays():
    texts = sentences(3, seed=5)
    close = texts[0] + "!"
    found = earlier_twins(Texts([*texts, texts[1].replace(" ", "  "), close, "", close], 4), 0.8)
    assert [one and (one.place, one.exact) for one in found] == [
        None, None, None, (1, True), (0, False), None, (0, True),
    ]  # fmt: skip
    assert [one and one.exact for one in earlier_twins(Texts([*texts, close, texts[0]], 4), 1)] == [
        None, None, None, None, True,
    ]  # fmt: skip
