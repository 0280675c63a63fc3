#!/usr/bin/env bash
# Finding: merging an adapter into a four-bit base rounds the adapter away.
#
# Guess:      merge_and_unload() on the base that an adapter was tuned on gives the model that was tuned; and where the base
#             is wanted in 16 bits, the adapter can be merged into the original weights as well.
# Behaviour:  with peft 0.21.2 and bitsandbytes 0.50.2 the sum is quantised to NF4 again: an adapter whose values are
#             smaller than a step of NF4 is lost, and the merged model is as far from the tuned one as the base is. On the
#             original weights it answers to errors that these do not have, and is farther still. peft warns of the first.
# Here:       the base is unpacked to float32 and the sum is made there, then cast once
#             (scripts/kotune/export/merged_weights.py); a sum that equals its base is an error, and answers are compared
#             with the arm's; tests/unit/export/test_merged_weights.py.
# Runs:       a tiny model with random weights and an adapter; 2,000 positions.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  torch==2.13.0 transformers==5.23.0 accelerate==1.15.0 peft==0.21.2 bitsandbytes==0.50.2
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1
"$folder/venv/bin/python" - "$folder" <<'PYTHON' 2> "$folder/said" || { tail -n 5 "$folder/said" >&2; exit 1; }
import sys
from pathlib import Path

import bitsandbytes
import peft
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, Qwen2Config

torch.set_num_threads(1)
folder = Path(sys.argv[1])
config = Qwen2Config(
    vocab_size=2000, hidden_size=256, intermediate_size=512, num_hidden_layers=4, num_attention_heads=4,
    num_key_value_heads=2, tie_word_embeddings=True,
)
NF4 = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32)
torch.manual_seed(1)
AutoModelForCausalLM.from_config(config).save_pretrained(folder / "base")


def original():
    return AutoModelForCausalLM.from_pretrained(folder / "base", dtype=torch.float32)


def four_bits():
    return AutoModelForCausalLM.from_pretrained(folder / "base", quantization_config=NF4, device_map="cpu")


def unpacked(model):
    """Return the same values in float32: bitsandbytes' own arithmetic on a CPU would be a second difference."""
    return model.dequantize(torch.float32)


def tuned(model):
    return PeftModel.from_pretrained(model, folder / "adapter")


lora = LoraConfig(
    r=8, lora_alpha=16, task_type="CAUSAL_LM",
    target_modules=["q_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
)
adapted = get_peft_model(original(), lora)
torch.manual_seed(2)
for name, values in sorted(adapted.named_parameters()):
    if "lora_B" in name:
        values.data.copy_(torch.randn(values.shape) * 0.004)
adapted.save_pretrained(folder / "adapter")

torch.manual_seed(3)
ids = torch.randint(0, 2000, (40, 50))


def chosen(model):
    with torch.no_grad():
        return model.eval()(ids).logits.argmax(-1)


wanted = chosen(tuned(unpacked(four_bits())))
found = {
    "the base, without an adapter": unpacked(four_bits()),
    "merged into NF4, as it is": unpacked(tuned(four_bits()).merge_and_unload()),
    "merged into the original weights": tuned(original()).merge_and_unload(),
    "merged in float32 over NF4's values": tuned(unpacked(four_bits())).merge_and_unload(),
}
print(f"peft {peft.__version__}, bitsandbytes {bitsandbytes.__version__}: other tokens than the tuned model chooses")
shares = {name: (chosen(model) != wanted).float().mean().item() for name, model in found.items()}
for name, share in shares.items():
    print(f"  {share:6.1%}  {name}")
base, merged, wrong_base, right = shares.values()
assert merged > base / 2 and wrong_base > base and right < 0.001, "the behaviour has changed"
PYTHON
