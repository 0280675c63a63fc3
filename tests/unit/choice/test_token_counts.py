"""Each distinct text is counted once by a tokenizer; counts are kept between runs, and belong to one tokenizer."""

import unicodedata

import pytest
from real_files import GEMMA, korquad_texts, needs_gemma, needs_korquad
from tokenizers import Tokenizer

from kotune.choice import token_counts
from kotune.core.names import ROOT

MODELS = sorted((ROOT / "resources" / "mini" / "models").glob("*/tokenizer.json"))


TEXTS = [
    '한국은행이 11일 기준금리를 연 3.25% 로 내렸다.\n\n 시장은  "예상된" 결정이라고 봤다. ',
    "A I don't  know 금리,물가. 그리고 \t르노삼성 <end_of_turn> 가 🙂 나",
    " 첫 칸\u00a0과 (주)한화 x² y 1 000 원 ",
]


def test_words_and_whole_texts_give_one_count(monkeypatch):
    rare = [" ".join(chr(0xAC00 + 97 * place + step) for step in range(90)) for place in range(9)]
    texts = [(token_counts.text_key(text), text) for text in [*TEXTS, *rare]]
    store = token_counts.CountStore(None)
    expected = [len(Tokenizer.from_file(str(MODELS[0])).encode(text, add_special_tokens=False)) for _, text in texts]
    assert token_counts.Counter(MODELS[0].parent, store).counts(texts) == expected
    for name, value in (("ENOUGH", 10), ("CHARACTERS", 100), ("WORDS", 5)):  # changes its way, and forgets
        monkeypatch.setattr(token_counts, name, value)
        assert token_counts.Counter(MODELS[0].parent, store).counts(texts) == expected


def keyed(*texts):
    return [(token_counts.text_key(text), text) for text in texts]


def test_a_second_run_reads_what_the_first_has_counted(tmp_path):
    first = token_counts.Counter(MODELS[0].parent, token_counts.CountStore(tmp_path))
    counts = first.counts(keyed(*TEXTS, TEXTS[0]))
    assert counts[0] == counts[-1] and first.counted == sum(counts[:-1])  # the same text is counted once
    second = token_counts.Counter(MODELS[0].parent, token_counts.CountStore(tmp_path))
    assert second.counts(keyed(*TEXTS)) == counts[:-1] and second.counted == 0


def test_counts_of_one_tokenizer_are_not_taken_for_anothers(tmp_path):
    store = token_counts.CountStore(tmp_path)
    store.write("one", {b"text": 7})
    assert store.read("one", [b"text", b"other"]) == {b"text": 7}
    assert store.read("two", [b"text"]) == {}


def test_half_characters_are_counted_and_stop_nobody():
    counter = token_counts.Counter(MODELS[0].parent, token_counts.CountStore(None))
    half, empty = counter.counts(keyed("금리 \ud800", ""))
    assert half > 0 and empty == 0


@needs_gemma
@needs_korquad
def test_gemma_3_takes_three_tokens_for_five_characters_and_thrice_as_many_of_decomposed_hangul():
    texts = [unicodedata.normalize("NFC", text) for text in korquad_texts()]
    apart = [unicodedata.normalize("NFD", text) for text in texts]
    counter = token_counts.Counter(GEMMA, token_counts.CountStore(None))
    tokens, of_nfd = sum(counter.counts(keyed(*texts))), sum(counter.counts(keyed(*apart)))
    print(f"{sum(map(len, texts)):,} characters, {tokens:,} tokens; as NFD {of_nfd:,}")
    assert tokens / sum(map(len, texts)) == pytest.approx(0.6165, abs=0.0005)
    assert of_nfd / tokens == pytest.approx(3.24, abs=0.01)
