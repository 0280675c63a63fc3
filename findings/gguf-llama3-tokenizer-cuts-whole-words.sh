#!/usr/bin/env bash
# Finding: a Llama 3 tokenizer that transformers reads from a GGUF file cuts words that it knows, and gains an id outside
#          the model's embedding.
#
# Guess:      it gives the ids of the tokenizer.json from which the file was made. The file names its pre-tokenizer
#             (`llama-bpe`), for which llama.cpp takes a word of the vocabulary whole before any merge (`ignore_merges`).
# Behaviour:  transformers 5.23.0 with gguf 0.19.0 builds one without ignore_merges, and says nothing: a known word that no
#             merges lead to becomes several tokens. Its class also adds GPT-2's <|endoftext|>, which Llama 3 has not: its
#             id is the number of the embedding's rows.
# Here:       scripts/kotune/models/gguf/tokenizer.py mends both; tests/unit/models/gguf/test_tokenizer.py,
#             test_llama_3_takes_a_word_that_it_knows_before_its_merges.
# Runs:       a byte-level tokenizer of Llama 3's kind, learned from one sentence and written as GGUF.
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
from pathlib import Path

import gguf
import numpy as np
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

TEXT, WORD = "한국은행이 기준금리를 내렸다.", "물가가"
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
tokenizer = Tokenizer(models.BPE(ignore_merges=True))
level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"), level])
tokenizer.decoder = decoders.ByteLevel()
alphabet = pre_tokenizers.ByteLevel.alphabet()
ends = ["<|begin_of_text|>", "<|eot_id|>"]
tokenizer.train_from_iterator(
    [TEXT] * 3, trainers.BpeTrainer(vocab_size=400, special_tokens=ends, initial_alphabet=alphabet, show_progress=False)
)
content = json.loads(tokenizer.to_str())
(whole, _), = level.pre_tokenize_str(WORD)  # its bytes, as such a vocabulary spells them
content["model"]["vocab"][whole] = len(content["model"]["vocab"])
tokenizer = Tokenizer.from_str(json.dumps(content))
vocabulary = tokenizer.get_vocab()
tokens = sorted(vocabulary, key=vocabulary.get)
writer = gguf.GGUFWriter(Path(sys.argv[1], "model.gguf"), "llama")
for name, value in {
    "context_length": 512, "embedding_length": 16, "block_count": 1, "feed_forward_length": 32, "head_count": 1,
    "head_count_kv": 1, "tokenizer_model": "gpt2", "tokenizer_pre": "llama-bpe",
    "bos_token_id": vocabulary["<|begin_of_text|>"], "eos_token_id": vocabulary["<|eot_id|>"],
}.items():
    getattr(writer, f"add_{name}")(value)
writer.add_token_list(tokens)
writer.add_token_types([gguf.TokenType.CONTROL if one in ends else gguf.TokenType.NORMAL for one in tokens])
writer.add_token_merges([" ".join(pair) for pair in content["model"]["merges"]])
writer.add_tensor("token_embd.weight", np.zeros((len(tokens), 16), dtype=np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

loaded = transformers.AutoTokenizer.from_pretrained(sys.argv[1], gguf_file="model.gguf")
outside = [token for token, number in loaded.get_vocab().items() if number >= len(tokens)]
own, found = tokenizer.encode(WORD).ids, loaded(WORD, add_special_tokens=False)["input_ids"]
print(f"transformers {transformers.__version__}, gguf 0.19.0")
print(f"a word of the vocabulary: ids {own} in the original, {found} from the file")
print(f"{len(tokens)} rows of the embedding; tokens with a higher id: {outside}")
assert loaded(TEXT, add_special_tokens=False)["input_ids"] == tokenizer.encode(TEXT).ids, "other ids everywhere"
assert len(own) == 1, "the original cuts the word: this finding cannot be shown"
assert len(found) > 1, "the behaviour has changed: the word is taken whole"
assert outside == ["<|endoftext|>"], f"the behaviour has changed: tokens outside the embedding: {outside}"
PYTHON
