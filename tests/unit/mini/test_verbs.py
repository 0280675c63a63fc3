"""Verb endings: the form that fits the stem."""

import pytest

from kotune.mini.verbs import ENDINGS, conjugate, inflected


@pytest.mark.parametrize(
    ("stem", "forms"),
    [
        ("훔쳐보", ["훔쳐보는", "훔쳐보고", "훔쳐보려면", "훔쳐볼", "훔쳐본"]),
        ("만들", ["만드는", "만들고", "만들려면", "만들", "만든"]),
        ("꺾", ["꺾는", "꺾고", "꺾으려면", "꺾을", "꺾은"]),
    ],
)
def test_verbs_take_the_ending_that_fits(stem, forms):
    assert [conjugate(stem, ending) for ending in ENDINGS] == forms


def test_an_unknown_ending_is_refused():
    with pytest.raises(ValueError, match="unknown ending '아서': 는"):
        conjugate("보", "아서")


def test_a_wording_is_filled_with_the_forms_and_what_else_it_names():
    assert (
        inflected("{려면} {how} 어떻게 {ㄹ}까요?", "꽃을 심", how="대체") == "꽃을 심으려면 대체 어떻게 꽃을 심을까요?"
    )
