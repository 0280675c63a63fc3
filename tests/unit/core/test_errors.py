"""A mistyped word is answered with the nearest one that is known."""

import unicodedata

import pytest

from kotune.core.errors import nearest


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("qlra", ["base", "qlora"], "; did you mean 'qlora'?"),
        ("zzz", ["qlora", "base"], "; known: base, qlora"),
        ("43", [42, 1], "; did you mean '42'?"),
        ("zzz", [], ""),
    ],
)
def test_the_nearest_name_is_offered(word, known, hint):
    assert nearest(word, known) == hint


def test_a_word_is_never_offered_itself():
    assert nearest("null", ["null", "offline"]) == "; known: offline"
    assert nearest("qlora", ["qlora", "qlora2"]) == "; did you mean 'qlora2'?"


@pytest.mark.parametrize(
    "word", [unicodedata.normalize("NFD", "질문"), "question\u200b", "question\u00a0", "\ufeffquestion"]
)
def test_what_looks_the_same_is_spelt_out(word):
    hint = nearest(word, ["질문", "question"])
    assert hint.startswith("; did you mean ") and hint.endswith(ascii(word))
    assert hint.isascii()
