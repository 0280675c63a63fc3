"""The tokenizer of a GGUF file as a tokenizer.json: transformers' builder, mended where it gives other ids.

Reads the file's metadata; writes nothing. Measured with transformers 5.23 on Korean text: Llama 3 loses `ignore_merges`
(other ids for one paragraph in eighty) and gains a token outside the embedding; Qwen loses its NFC step (all text in
NFD); Gemma's unused tokens turn special, so that decoding would drop them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.models.gguf.file import GgufFile

KIND = "tokenizer.ggml."
# kinds of tokenizers and the architectures that have them; the mini stand-ins are byte-level, whatever they imitate
BUILT = {"llama": ("llama", "gemma2", "gemma3"), "gpt2": ("llama", "qwen2", "qwen3", "gemma2", "gemma3")}
WHOLE_WORDS = {"llama3", "llama-v3", "llama-bpe"}  # pre-tokenizers whose model takes a word it knows before its merges
NFC = {"qwen2"}  # pre-tokenizers whose text is normalised first
UNUSED = re.compile(r"<unused\d+>")
CONTROL = 3
ROLES = ("bos", "eos", "unknown", "padding")
ENDS = ("eos", "eot", "eom")
# Tokens that end a turn or a text in the families at hand; a file names one, and some of these beside it.
END_TEXTS = ("<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<end_of_turn>")


def _token(file: GgufFile, role: str) -> str | None:
    number = file.metadata.get(f"{KIND}{role}_token_id")
    tokens = file.metadata[f"{KIND}tokens"]
    if number is None:
        return None
    if not 0 <= int(number) < len(tokens):
        raise UserError(f"{file.path}: {KIND}{role}_token_id is {number}, but there are {len(tokens)} tokens")
    return tokens[int(number)]


def check_tokenizer(file: GgufFile) -> None:
    """Raise UserError where the file has no tokenizer, or one that is not built here."""
    if not file.metadata.get(f"{KIND}tokens"):
        raise UserError(f"{file.path}: the file holds no tokenizer ({KIND}tokens); take one that was made with it")
    kind = file.metadata.get(f"{KIND}model")
    if file.architecture not in BUILT.get(str(kind), ()):
        raise UserError(
            f"{file.path}: {KIND}model is '{kind}', which is not built for the architecture '{file.architecture}'; "
            "take the model's safetensors"
        )


def _built(file: GgufFile) -> Json:
    """Return what transformers' builder makes of the file, as the content of a tokenizer.json."""
    try:
        from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_TOKENIZER_MAPPING, convert_gguf_tokenizer
    except ImportError as error:  # 5.17 builds a Unigram tokenizer without control tokens of Gemma 3's BPE
        raise UserError(
            f"{file.path}: the installed transformers builds no right tokenizer from it; install the version of "
            "requirements.txt, or convert the file where it is installed and copy the folder"
        ) from error

    said = {
        name: file.metadata[f"tokenizer.{key}"]
        for key, name in GGUF_TOKENIZER_MAPPING["tokenizer"].items()
        if f"tokenizer.{key}" in file.metadata
    }
    backend, _ = convert_gguf_tokenizer(file.architecture, said)
    return json.loads(backend.to_str())


def tokenizer_of(file: GgufFile) -> Json:
    """Return the content of tokenizer.json; UserError where the file has no tokenizer that can be built."""
    check_tokenizer(file)
    content, count = _built(file), len(file.metadata[f"{KIND}tokens"])
    pre = file.metadata.get(f"{KIND}pre")
    if file.metadata[f"{KIND}model"] == "gpt2":
        content["model"]["ignore_merges"] = pre in WHOLE_WORDS
        if pre in NFC:
            content["normalizer"] = {"type": "NFC"}
    content["added_tokens"] = [
        {**token, "special": token["special"] and not UNUSED.fullmatch(token["content"])}
        for token in content["added_tokens"]
        if token["id"] < count
    ]
    content["post_processor"] = _bos_first(file)
    return content


def _bos_first(file: GgufFile) -> Json | None:
    """Return the step that writes BOS before a text, where the file asks for one."""
    asked = file.metadata.get(f"{KIND}add_bos_token", file.metadata[f"{KIND}model"] == "llama")
    bos, number = _token(file, "bos"), file.metadata.get(f"{KIND}bos_token_id")
    if not asked or bos is None:
        return None
    one, two = {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}
    first, second = {"SpecialToken": {"id": bos, "type_id": 0}}, {"SpecialToken": {"id": bos, "type_id": 1}}
    return {
        "type": "TemplateProcessing",
        "single": [first, one],
        "pair": [first, one, second, two],
        "special_tokens": {bos: {"id": bos, "ids": [int(number)], "tokens": [bos]}},
    }


def end_ids(file: GgufFile) -> list[int]:
    """Return the ids of all tokens that end an answer, the file's own end first.

    A file names up to three; a turn's end that it holds as a control token beside them ends an answer, too.
    """
    tokens: list[str] = file.metadata[f"{KIND}tokens"]
    kinds: list[int] = file.metadata.get(f"{KIND}token_type") or []
    named = [int(number) for role in ENDS if (number := file.metadata.get(f"{KIND}{role}_token_id")) is not None]
    places: Mapping[str, int] = {token: number for number, token in enumerate(tokens) if token in END_TEXTS}
    held = [places[text] for text in END_TEXTS if text in places and (not kinds or kinds[places[text]] == CONTROL)]
    return list(dict.fromkeys(named + held))


def tokenizer_config_of(file: GgufFile) -> Json:
    """Return the content of tokenizer_config.json; the chat template has a file of its own."""
    said: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    for role, name in zip(ROLES, ("bos_token", "eos_token", "unk_token", "pad_token"), strict=True):
        if (token := _token(file, role)) is not None:
            said[name] = token
    return said


def chat_template_of(file: GgufFile) -> str | None:
    """Return the file's chat template, if it holds one."""
    return file.metadata.get("tokenizer.chat_template")
