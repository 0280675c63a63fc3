"""What the benchmark is made of: sentences whose opposite is known, words that stand in brackets."""

from collections import Counter

from kotune.mini.benchmark_stock import load_benchmark_stock, reviews

STOCK = load_benchmark_stock()


def test_each_review_and_its_opposite_name_each_other():
    of = {
        "adverbs": ["", "정말 "],
        "reviews": [{"subjects": ["맛이"], "positive": "좋아요", "negative": {1: "안 좋아요"}}],
    }
    found = reviews(of)
    assert [(one.text, one.negated, one.positive) for one in found[:2]] == [
        ("맛이 좋아요", "맛이 안 좋아요", True),
        ("맛이 안 좋아요", "맛이 좋아요", False),
    ]
    assert found[2].text == "맛이 정말 좋아요" and {one.way for one in found} == {1}


def test_the_four_sentences_of_a_cause_differ():
    for of in STOCK.causes:
        assert len({of.cause, of.effect, of.no_effect, of.no_cause}) == 4, of


def test_a_word_has_two_senses_and_stands_in_brackets():
    assert set(Counter(sense.word for sense in STOCK.senses).values()) == {2}
    for sense in STOCK.senses:
        assert all(f"[{sense.word}]" in text for text in sense.sentences), sense
