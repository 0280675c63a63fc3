#!/usr/bin/env bash
# Finding: a Qwen tokenizer that transformers reads from a GGUF file gives other ids for decomposed Hangul.
#
# Guess:      it gives the ids of the tokenizer.json from which the file was made. The file names its pre-tokenizer
#             (`qwen2`), and Qwen's normalises a text to NFC first, so that decomposed Hangul (NFD, as macOS writes names of
#             files) costs the same tokens as composed Hangul.
# Behaviour:  transformers 5.23.0 with gguf 0.19.0 builds a Qwen2Tokenizer without a normalizer, and says nothing: composed
#             text has the same ids, decomposed text others, many times as many.
# Here:       scripts/kotune/models/gguf/tokenizer.py puts the step back; tests/unit/models/gguf/test_tokenizer.py,
#             test_qwen_s_ids_are_the_original_s_in_both_forms_of_hangul.
# Runs:       a byte-level tokenizer of Qwen's kind, learned from three sentences and written as GGUF.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  torch==2.13.0 transformers==5.23.0 gguf==0.19.0
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json
import sys
import unicodedata
from pathlib import Path

import gguf
import numpy as np
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

TEXTS = ["한국은행이 기준금리를 내렸다.", "물가가 오르고 소비가 늘었다.", "르노삼성은 9일 신차를 공개했다."]
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
tokenizer = Tokenizer(models.BPE())
tokenizer.normalizer = normalizers.NFC()
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
)
tokenizer.decoder = decoders.ByteLevel()
alphabet = pre_tokenizers.ByteLevel.alphabet()
ends = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
tokenizer.train_from_iterator(
    TEXTS * 3, trainers.BpeTrainer(vocab_size=400, special_tokens=ends, initial_alphabet=alphabet, show_progress=False)
)
vocabulary = tokenizer.get_vocab()
tokens = sorted(vocabulary, key=vocabulary.get)
writer = gguf.GGUFWriter(Path(sys.argv[1], "model.gguf"), "qwen2")
for name, value in {
    "context_length": 512, "embedding_length": 16, "block_count": 1, "feed_forward_length": 32, "head_count": 1,
    "head_count_kv": 1, "tokenizer_model": "gpt2", "tokenizer_pre": "qwen2", "eos_token_id": vocabulary["<|im_end|>"],
}.items():
    getattr(writer, f"add_{name}")(value)
writer.add_token_list(tokens)
writer.add_token_types([gguf.TokenType.CONTROL if one in ends else gguf.TokenType.NORMAL for one in tokens])
writer.add_token_merges([" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]])
writer.add_tensor("token_embd.weight", np.zeros((len(tokens), 16), dtype=np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

loaded = transformers.AutoTokenizer.from_pretrained(sys.argv[1], gguf_file="model.gguf")
print(f"transformers {transformers.__version__}, gguf 0.19.0")
print(f"{type(loaded).__name__}, normalizer: {loaded.backend_tokenizer.normalizer}")
for form in ("NFC", "NFD"):
    given = [unicodedata.normalize(form, text) for text in TEXTS]
    own = [one.ids for one in tokenizer.encode_batch(given)]
    found = loaded(given, add_special_tokens=False)["input_ids"]
    print(f"{form}: {sum(map(len, own))} tokens in the original, {sum(map(len, found))} from the file")
    same = own == found
    assert same == (form == "NFC"), f"the behaviour has changed: {form}: {'equal' if same else 'other'} ids"
assert sum(map(len, found)) > 3 * sum(map(len, own)), "the behaviour has changed: decomposed text is not much longer"
PYTHON
