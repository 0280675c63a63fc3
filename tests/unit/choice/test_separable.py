"""Counting word by word gives the tokens of the whole text, for every tokenizer that is counted so."""

import unicodedata

import pytest
from real_files import GEMMA, korquad_texts, needs_gemma, needs_korquad
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
    for across in ("가▁", "A▁나", "<가▁다>"):
        assert not is_separable({**by_marks, "model": {"type": "BPE", "vocab": {"▁": 0, "가": 1, across: 2}}})
    # no text is cut there: behind a bracket, or before one
    for inside in (">▁</", "가▁<"):
        assert is_separable({**by_marks, "model": {"type": "BPE", "vocab": {"▁": 0, "가": 1, inside: 2}}})


def test_a_tokenizer_of_another_kind_or_with_chance_in_it_is_counted_whole():
    own = read_json(MODELS[0])
    assert is_separable(own)
    assert not is_separable({**own, "model": {**own["model"], "type": "Unigram"}})
    assert not is_separable({**own, "model": {**own["model"], "dropout": 0.1}})


@needs_gemma
@needs_korquad
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_gemma_3_reads_all_of_korquad_word_by_word(form):
    assert is_separable(read_json(GEMMA / "tokenizer.json"))
    tokenizer = Tokenizer.from_file(str(GEMMA / "tokenizer.json"))
    texts = [unicodedata.normalize(form, text) for text in korquad_texts()]
    cut = [words(text) for text in texts]
    distinct = sorted({word for parts in cut for word in parts})
    encoded = tokenizer.encode_batch_fast(distinct, add_special_tokens=False)
    ids = dict(zip(distinct, (one.ids for one in encoded), strict=True))
    whole = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    for parts, text in zip(cut, whole, strict=True):
        assert [number for word in parts for number in ids[word]] == text.ids
