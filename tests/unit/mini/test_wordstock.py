"""The word stocks of the reading tasks fit together: every attribute has a kind that values are drawn of."""

import random

from kotune.mini import wordstock as stock
from kotune.mini.values import KINDS, sample


def test_every_attribute_is_of_a_kind_that_values_are_drawn_of() -> None:
    assert set(stock.KINDS) <= KINDS and set(stock.SUBJECT_KINDS) <= KINDS
    assert set(stock.KINDS) >= stock.NUMERIC and set(stock.ASKING) <= set(stock.KINDS)
    assert not stock.NUMERIC & set(stock.ASKING), "an amount is asked for by how much it is"
    rng = random.Random(1)
    assert all(sample(kind, rng) for kind in stock.KINDS)


def test_no_word_stands_twice_in_a_stock_or_is_empty() -> None:
    for words in (stock.VERBS, stock.REASON_NOUNS, stock.MODIFIERS, stock.PLACE_NOUNS, *stock.ATTRIBUTES.values()):
        assert len(set(words)) == len(words) and all(word == word.strip() != "" for word in words)


def test_invented_nouns_are_made_of_single_syllables() -> None:
    assert all("가" <= syllable <= "힣" for syllable in stock.SYLLABLES)
    assert len(set(stock.SYLLABLES)) == len(stock.SYLLABLES)
