"""Counting word by word gives the tokens of the whole text, for every tokenizer that is counted so."""

import pytest
from tokenizers import Tokenizer

from kotune.choice.separable import is_separable, words
from kotune.core.names import ROOT
from kotune.core.storage import read_json

MODELS = sorted((ROOT / "resources" / "mini" / "models").glob("*/tokenizer.json"))


TEXTS = [
    '한국은행이 11일 기준금리를 연 3.25% 로 내렸다.\n\n 시장은  "예상된" 결정이라고 봤다. ',
    "A I don't  know 금리,물가. 그리고 \t르노삼성 <end_of_turn> 가 🙂 나",
    " 첫 칸\u00a0과 (주)한화 x² y 1 000 원 ",
]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.parent.name)
def test_words_have_the_tokens_of_their_text(path):
    assert is_separable(read_json(path))
    tokenizer = Tokenizer.from_file(str(path))
    for text in TEXTS:
        assert "".join(words(text)) == text
        parts = [number for word in words(text) for number in tokenizer.encode(word, add_special_tokens=False).ids]
        assert parts == tokenizer.encode(text, add_special_tokens=False).ids


def test_a_tokenizer_that_reads_across_words_is_counted_whole():
    own = read_json(MODELS[0])
    assert not is_separable({**own, "normalizer": {"type": "Prepend", "prepend": "▁"}})
    assert not is_separable({**own, "pre_tokenizer": None})
    stripping = {**own["added_tokens"][0], "rstrip": True}
    assert not is_separable({**own, "added_tokens": [stripping]})
    marks = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    by_marks = {"normalizer": marks, "pre_tokenizer": None, "added_tokens": []}
    assert is_separable({**by_marks, "model": {"type": "BPE", "vocab": {"▁": 0, "가": 1, "▁▁가": 2}}})
    assert not is_separable({**by_marks, "model": {"type": "BPE", "vocab": {"▁": 0, "가": 1, "가▁": 2}}})


def test_a_tokenizer_of_another_kind_or_with_chance_in_it_is_counted_whole():
    own = read_json(MODELS[0])
    assert is_separable(own)
    assert not is_separable({**own, "model": {**own["model"], "type": "Unigram"}})
    assert not is_separable({**own, "model": {**own["model"], "dropout": 0.1}})
