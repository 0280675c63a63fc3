"""A tokenizer.json becomes a GGUF file's metadata; what llama.cpp has no name for is refused."""

import json
from pathlib import Path

import pytest
from taken_home import family, model

from kotune.core.errors import UserError
from kotune.export import gguf_tokenizer

PIECES = {
    "model": {"vocab": {"<unk>": 0, "<0x0A>": 1, "a": 2, "b": 3, "ab": 4, "abb": 5}, "byte_fallback": True,
              "merges": [["a", "b"], "ab b"], "unk_token": "<unk>"},
    "added_tokens": [{"id": 6, "content": "<bos>", "special": True}, {"id": 7, "content": "\u2581\u2581", "special": False}],
}  # fmt: skip


def test_each_token_has_its_kind_and_rows_without_one_are_filled():
    found = gguf_tokenizer.tokens_of(PIECES, 9)
    assert [token for token, _ in found] == ["<unk>", "<0x0A>", "a", "b", "ab", "abb", "<bos>", "  ", "[PAD8]"]
    assert [kind for _, kind in found] == [2, 6, 1, 1, 1, 1, 3, 4, 5]


def test_an_earlier_merge_has_the_higher_score():
    merges = gguf_tokenizer.merges_of(PIECES)
    assert merges == [("a", "b"), ("ab", "b")]
    scores = gguf_tokenizer.scores_of(gguf_tokenizer.tokens_of(PIECES, 8), merges)
    assert scores[4] > scores[5] > scores[2]


def rule_of(**changes):
    content = json.loads(Path(model()["path"], "tokenizer.json").read_text(encoding="utf-8"))
    return gguf_tokenizer._rule({**content, **changes}, "tokenizer.json")


def test_words_that_are_cut_by_a_rule_without_a_name():
    assert rule_of() == "qwen2"
    with pytest.raises(UserError, match="no name that is known here for how it cuts words"):
        rule_of(normalizer=None)
    with pytest.raises(UserError, match="no name that is known"):
        rule_of(pre_tokenizer={"type": "ByteLevel"})


def test_a_folder_without_the_file(tmp_path):
    with pytest.raises(UserError, match="it has no tokenizer.json"):
        gguf_tokenizer.write_tokenizer(None, tmp_path, family(), ["<|im_end|>"], 10, "")
