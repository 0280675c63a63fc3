#!/usr/bin/env bash
# Finding: a base model that TRL trains on ChatML never stops where it has learned to.
#
# Guess:      SFTTrainer, given conversations and a tokenizer with a ChatML template, saves a model that ends its answer
#             after <|im_end|>: that token was trained, and nothing else ends a turn.
# Behaviour:  with trl 1.16.0 and transformers 5.23.0 the loss includes <|im_end|>, and the model learns to write it, but
#             what is saved keeps the base's end (<|endoftext|>), which no conversation holds: generate() writes the whole
#             budget, turn after turn. `eos_token` of SFTConfig changes that.
# Here:       an adapter is saved with a generation config that holds the family's stop tokens
#             (scripts/kotune/training/companions.py), and every engine stops at those; tests/unit/training/test_companions.py.
# Runs:       a tiny model trained for sixty steps on one conversation.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  torch==2.13.0 transformers==5.23.0 accelerate==1.15.0 datasets==5.2.0 trl==1.16.0
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1
"$folder/venv/bin/python" - "$folder" <<'PYTHON' 2> "$folder/said" || { tail -n 5 "$folder/said" >&2; exit 1; }
import contextlib
import sys
from pathlib import Path

import torch
import transformers
import trl
from datasets import Dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast, Qwen2Config

torch.set_num_threads(1)
torch.manual_seed(1)
base = Path(sys.argv[1], "base")
TURNS = [{"role": "user", "content": "한국의 수도는?"}, {"role": "assistant", "content": "서울"}]
CHATML = (
    "{% for one in messages %}<|im_start|>{{ one.role }}\n{{ one.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
byte_level = Tokenizer(models.BPE())
byte_level.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
byte_level.decoder = decoders.ByteLevel()
byte_level.train_from_iterator(
    [turn["content"] for turn in TURNS],
    trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    ),
)
tokenizer = PreTrainedTokenizerFast(tokenizer_object=byte_level, eos_token="<|endoftext|>", pad_token="<|endoftext|>")
tokenizer.chat_template = CHATML
config = Qwen2Config(
    vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=256, eos_token_id=tokenizer.eos_token_id, tie_word_embeddings=True,
)
AutoModelForCausalLM.from_config(config).save_pretrained(base)
tokenizer.save_pretrained(base)


def trained(name, **more):
    """Train the base; return what it learned to write, the ends that were saved, and its answer."""
    arguments = trl.SFTConfig(
        output_dir=Path(sys.argv[1], name), max_steps=60, per_device_train_batch_size=4, learning_rate=5e-3, seed=1,
        report_to=[], use_cpu=True, bf16=False, save_strategy="no", logging_strategy="no", **more,
    )
    trainer = trl.SFTTrainer(str(base), arguments, train_dataset=Dataset.from_list([{"messages": TURNS}] * 16))
    labels = next(iter(trainer.get_train_dataloader()))["labels"][0]
    with contextlib.redirect_stdout(sys.stderr):  # its times differ from run to run
        trainer.train()
    trainer.save_model(arguments.output_dir)
    model, own = (kind.from_pretrained(arguments.output_dir) for kind in (AutoModelForCausalLM, AutoTokenizer))
    asked = own.apply_chat_template(TURNS[:1], add_generation_prompt=True, return_tensors="pt", return_dict=True)
    answer = model.generate(**asked, max_new_tokens=40, do_sample=False)[0, asked["input_ids"].shape[1] :]
    ends = model.generation_config.eos_token_id
    ends = own.convert_ids_to_tokens(ends if isinstance(ends, list) else [ends])
    return own.decode(labels[labels >= 0]), ends, own.decode(answer), len(answer)


print(f"trl {trl.__version__}, transformers {transformers.__version__}")
learned, ends, answer, length = trained("as-it-is")
print(f"<|im_end|> stands in what is learned {learned.count('<|im_end|>')} times; saved ends: {ends}")
print(f"an answer of {length} tokens: {answer[:60]!r} …")
assert "<|im_end|>" in learned and answer.startswith("서울<|im_end|>"), "it has not learned to end a turn"
assert ends == ["<|endoftext|>"] and length == 40, f"the behaviour has changed: {ends}, {length} tokens"
_, ends, answer, length = trained("told", eos_token="<|im_end|>")
print(f"with eos_token='<|im_end|>': saved ends: {ends}; an answer of {length} tokens: {answer!r}")
assert "<|im_end|>" in ends and length < 40, f"the behaviour has changed: {ends}, {length} tokens"
PYTHON
