"""A tokenizer read from a GGUF file gives the ids of the tokenizer that was written into it, on Korean text too."""

from __future__ import annotations

import json
import sys
import unicodedata

import gguf
import numpy as np
import pytest
from gguf_files import write_tokenizer
from tokenizers import Tokenizer

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.models.gguf.file import read_gguf
from kotune.models.gguf.tokenizer import chat_template_of, end_ids, tokenizer_config_of, tokenizer_of

QWEN2 = ROOT / "resources/mini/models/tiny-qwen2/tokenizer.json"
TEXTS = (
    "한국은행은 기준금리를 연 3.50%로 동결했다.",
    "  두 칸을 띄우고\n\n줄을 바꾼 글 1,234,567원 (약 3조 5천억)",
    "<|im_start|>user\n질문입니다<|im_end|>\n",
    "English and 한글 mixed, don't split 'em wrongly — 日本語도 있다 🙂",
)


def _file(path, architecture, tokenizer, more=lambda _: None):
    writer = gguf.GGUFWriter(path, architecture)
    tokenizer(writer)
    more(writer)
    writer.add_tensor("token_embd.weight", np.zeros((4, 4), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return read_gguf(path)


@pytest.fixture
def qwen2(tmp_path):
    return _file(
        tmp_path / "qwen2.gguf", "qwen2",
        lambda writer: write_tokenizer(writer, QWEN2, "qwen2", {"eos": "<|im_end|>", "pad": "<|endoftext|>"}),
    )  # fmt: skip


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_qwen_s_ids_are_the_original_s_in_both_forms_of_hangul(qwen2, form):
    original, found = Tokenizer.from_file(str(QWEN2)), Tokenizer.from_str(json.dumps(tokenizer_of(qwen2)))
    for text in TEXTS:
        given = unicodedata.normalize(form, text)
        assert found.encode(given).ids == original.encode(given).ids
        assert found.decode(found.encode(given).ids) == original.decode(original.encode(given).ids)


@pytest.fixture
def llama3(tmp_path):
    """A tokenizer of Llama 3's kind whose merges never reach a whole word that its vocabulary holds."""
    content = json.loads(QWEN2.read_text(encoding="utf-8"))
    content["normalizer"] = None
    content["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    content["model"]["ignore_merges"] = True
    word = "".join(gguf_bytes()[byte] for byte in "한국은행은".encode())
    content["model"]["vocab"][word] = len(content["model"]["vocab"])
    for one in content["added_tokens"]:  # they stand behind the vocabulary
        one["id"] += 1
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    ends = {"bos": "<|endoftext|>", "eos": "<|im_end|>"}
    return path, _file(
        tmp_path / "llama.gguf", "llama", lambda writer: write_tokenizer(writer, path, "llama-bpe", ends)
    )


def gguf_bytes() -> dict[int, str]:
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    return bytes_to_unicode()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_llama_3_takes_a_word_that_it_knows_before_its_merges(llama3, form):
    path, file = llama3
    original, content = Tokenizer.from_file(str(path)), tokenizer_of(file)
    found = Tokenizer.from_str(json.dumps(content))
    assert len(original.encode("한국은행은").ids) == 1
    for text in TEXTS:
        given = unicodedata.normalize(form, text)
        assert found.encode(given, add_special_tokens=False).ids == original.encode(given).ids
    assert found.get_vocab_size() == len(file.metadata["tokenizer.ggml.tokens"]), "no id outside the embedding"


def test_all_ends_of_an_answer_are_kept_the_file_s_own_first(qwen2):
    vocabulary = Tokenizer.from_file(str(QWEN2)).get_vocab(with_added_tokens=True)
    assert end_ids(qwen2) == [vocabulary["<|im_end|>"], vocabulary["<|endoftext|>"]]
    assert tokenizer_config_of(qwen2)["eos_token"] == "<|im_end|>"


def test_bos_stands_before_a_text_where_the_file_asks_for_it(tmp_path):
    def tokenizer(writer):
        write_tokenizer(writer, QWEN2, "qwen2", {"bos": "<|endoftext|>", "eos": "<|im_end|>"})

    plain = Tokenizer.from_str(json.dumps(tokenizer_of(_file(tmp_path / "a.gguf", "qwen2", tokenizer))))
    asked = _file(tmp_path / "b.gguf", "qwen2", tokenizer, lambda writer: writer.add_add_bos_token(True))
    with_bos = Tokenizer.from_str(json.dumps(tokenizer_of(asked)))
    assert with_bos.encode("가").ids == [with_bos.token_to_id("<|endoftext|>"), *plain.encode("가").ids]


def test_the_chat_template_is_the_file_s_own(tmp_path, qwen2):
    def tokenizer(writer):
        write_tokenizer(writer, QWEN2, "qwen2", {"eos": "<|im_end|>"})

    asked = _file(tmp_path / "a.gguf", "qwen2", tokenizer, lambda writer: writer.add_chat_template("{{ messages }}"))
    assert chat_template_of(asked) == "{{ messages }}" and chat_template_of(qwen2) is None


def test_a_file_without_a_tokenizer_or_with_an_unknown_kind(tmp_path):
    with pytest.raises(UserError, match=r"none.gguf: the file holds no tokenizer \(tokenizer.ggml.tokens\)"):
        tokenizer_of(_file(tmp_path / "none.gguf", "qwen2", lambda _: None))

    def rwkv(writer):
        writer.add_tokenizer_model("rwkv")
        writer.add_token_list(["a"])

    with pytest.raises(UserError, match="tokenizer.ggml.model is 'rwkv', which is not built for .*'qwen2'"):
        tokenizer_of(_file(tmp_path / "rwkv.gguf", "qwen2", rwkv))


def test_a_transformers_that_builds_another_tokenizer_is_refused(qwen2, monkeypatch):
    """5.17 has its builder elsewhere, and makes a Unigram tokenizer without control tokens of Gemma 3's BPE."""
    monkeypatch.setitem(sys.modules, "transformers.integrations.gguf.gguf_tokenizer_mapping", None)
    with pytest.raises(
        UserError, match="qwen2.gguf: the installed transformers builds no right tokenizer from it; install"
    ):
        tokenizer_of(qwen2)
