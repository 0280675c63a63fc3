"""Long texts are shortened for readers: both ends, a note with the true length, no letter cut in two."""

from __future__ import annotations

import unicodedata

import pytest

from kotune.printing.shortening import CELL, NAME, PASSAGE, Room, shortened

NEWS = "한국은행은 지난달 소비자물가가 3.5% 올랐다고 밝혔다. "


@pytest.mark.parametrize("text", ["", "3.5%", NEWS * 40, "한\n" * 38])
def test_a_text_that_fits_stays_as_it_is(text):
    assert shortened(text, PASSAGE) == text


@pytest.mark.parametrize("room", [PASSAGE, CELL, NAME])
@pytest.mark.parametrize("text", [NEWS * 5000, "가" * 10_000, "[{(" * 5000])
def test_a_long_text_keeps_its_ends_and_says_its_length(text, room):
    found = shortened(text, room)
    assert f" … (shortened, {len(text):,} characters) … " in found
    assert len(found) <= room.head + room.tail + 60
    assert found.startswith(text[:30])
    assert found.endswith(text[-10:])


def test_a_text_of_many_lines_is_short_in_lines_too():
    found = shortened("a\n" * 700, PASSAGE)
    assert found.count("\n") < PASSAGE.lines
    assert "(shortened, 1,400 characters)" in found
    assert shortened("\n" * 300 + "끝", PASSAGE) == " … (shortened, 301 characters) … 끝"


def test_no_letter_is_cut_in_two():
    """A decomposed syllable is up to three characters; a cut between them would leave half a letter on each side."""
    text = unicodedata.normalize("NFD", "닭" * 50)
    for head in range(1, 12):
        found = shortened(text, Room(whole=20, head=head, tail=head))
        start, end = found.split(" … (shortened, 150 characters) … ")
        assert set(unicodedata.normalize("NFC", start)) <= {"닭"}
        assert set(unicodedata.normalize("NFC", end)) <= {"닭"}
