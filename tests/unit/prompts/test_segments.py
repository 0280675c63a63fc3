"""A segmented text is the text with more spaces, and an answer in segments is found in it as it was written."""

import unicodedata

import pytest

from kotune.prompts.segments import restored, segmented

TEXT = "물가가 2.3% 올랐다고 한국은행이 26일 밝혔다.\n금리는 그대로다."


def test_borders_of_morphemes_get_a_space_and_nothing_else_changes():
    made = segmented(TEXT)
    assert made.startswith("물가 가 2.3 % 올 랐 다고 한국은행 이 26 일 ")
    assert "".join(made.split()) == "".join(TEXT.split()) and made.count("\n") == 1


def test_two_morphemes_of_one_syllable_stay_together():
    assert "밝혔 다" in segmented("한국은행이 밝혔다"), "밝히 and 었 share a syllable"


def test_decomposed_hangul_is_composed_first():
    assert segmented(unicodedata.normalize("NFD", TEXT)) == segmented(TEXT)


@pytest.mark.parametrize("answer", ["2.3%", "한국은행", "한국은행이 26일", "26일 밝혔다"])
def test_an_answer_in_segments_is_given_back_as_it_is_written(answer):
    assert restored(segmented(answer), TEXT) == answer
    assert restored(" ".join(answer), unicodedata.normalize("NFD", TEXT)) == answer


def test_what_does_not_stand_in_the_text_is_not_given_back():
    assert restored("한국 은행 은", TEXT) is None and restored(" ", TEXT) is None and restored("가", "") is None
