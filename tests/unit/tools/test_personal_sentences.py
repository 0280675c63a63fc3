"""Generated sentences with personal data: where the number stands is known, and a seed draws the same ones."""

import personal_sentences
import pytest


@pytest.mark.parametrize("form", personal_sentences.FORMS)
def test_a_sentence_says_where_its_number_stands_and_a_seed_draws_the_same(form):
    sentences = list(personal_sentences.generated(form, 1, 20))
    assert sentences == list(personal_sentences.generated(form, 1, 20))
    assert len(set(sentences)) > 10
    around = {one.replace("{}", "") for one in personal_sentences.FORMS[form][2]}
    assert {text[:start] + text[end:] for text, start, end in sentences} <= around
