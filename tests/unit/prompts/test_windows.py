"""A text that is too long is cut as tokenizers cut what overflows, and each piece stands in the prompt's own words."""

import pytest

from kotune.core.names import ROOT
from kotune.prompts.windows import Piece, Windows, cut, fault, pieces_of


@pytest.mark.parametrize(("length", "room", "stride"), [(5, 5, 2), (6, 5, 2), (11, 5, 2), (12, 4, 0), (40, 9, 4)])
def test_pieces_are_those_of_transformers_tokenizers(length, room, stride):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(ROOT / "resources/mini/models/tiny-qwen2/tokenizer.json"))
    whole = tokenizer.encode(" ".join("a" * length), add_special_tokens=False)
    ids = list(whole.ids)
    assert len(ids) == length
    whole.truncate(room, stride=stride)
    assert [ids[a:b] for a, b in cut(length, room, stride)] == [whole.ids, *(one.ids for one in whole.overflowing)]


def test_what_stands_around_the_text_is_in_each_window():
    ids, text = [90, 91, *range(10), 92], list(range(2, 12))
    pieces, why = Windows(8, 2).pieces(len(ids), text)
    assert why is None and pieces == [[2, 7], [5, 10], [8, 12]]
    made = pieces_of(ids, text, pieces)
    assert [piece.ids for piece in made] == [
        [90, 91, 0, 1, 2, 3, 4, 92], [90, 91, 3, 4, 5, 6, 7, 92], [90, 91, 6, 7, 8, 9, 92],
    ]  # fmt: skip
    assert all(ids[place + piece.shift] == piece.ids[place] for piece in made for place in piece.tokens)
    assert [piece.inside(5, 6) for piece in made] == [(5, 6), (2, 3), None]
    assert [piece.inside(4, 7) for piece in made] == [None, None, None], "longer than what two windows share"


def test_what_fits_goes_through_at_once():
    assert Windows(13, 2).pieces(13, list(range(2, 12))) == ([], None)
    assert pieces_of((7, 8, 9), [1], []) == [Piece([7, 8, 9], [1])]
    assert Windows(12, 9).pieces(13, list(range(2, 12)))[1] == (
        "too long: 3 tokens beside the text, in windows of 12 that share 9"
    )


def test_a_window_is_never_longer_than_there_is_room():
    assert Windows.of({"tokens": 512, "stride": 64}, 300) == Windows(300, 64)
    assert Windows.of({}, 4000) == Windows(4000, 128) and Windows.of({}, 200) == Windows(200, 50)
    assert fault({"tokens": 100, "stride": 51}).startswith("windows.stride: 51 is more than half")
    assert fault({"tokens": 100, "stride": 50}) is None and fault({}) is None
