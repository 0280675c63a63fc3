"""A mistyped word is answered with the nearest one that is known."""

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
