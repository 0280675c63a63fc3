#!/usr/bin/env bash
# Finding: merging LoRA on tied embeddings adds the adapter twice.
#
# Guess:      `ensure_weight_tying=True` keeps an adapter on tied embeddings one adapter, so that merge_and_unload() gives a
#             model that answers like the unmerged one.
# Behaviour:  with peft 0.21.2 embeddings and head have one adapter, and one weight; merging adds the adapter to that weight
#             once for each of the two, so twice, and the logits are others. Nothing warns.
# Here:       such an adapter is refused before it is merged (scripts/kotune/export/merged_weights.py), and so is one on a
#             module that the base shares; tests/unit/export/test_merged_weights.py.
# Runs:       a tiny model with random weights.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  torch==2.13.0 transformers==5.23.0 accelerate==1.15.0 peft==0.21.2
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1
"$folder/venv/bin/python" - <<'PYTHON' 2> "$folder/said" || { tail -n 5 "$folder/said" >&2; exit 1; }
import peft
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, Qwen2Config

torch.set_num_threads(1)
torch.manual_seed(1)
config = Qwen2Config(
    vocab_size=2000, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, tie_word_embeddings=True,
)
base = AutoModelForCausalLM.from_config(config)
before = base.get_input_embeddings().weight.detach().clone()
lora = LoraConfig(r=4, target_modules=["embed_tokens"], ensure_weight_tying=True, task_type="CAUSAL_LM")
tuned = get_peft_model(base, lora).eval()
for name, values in sorted(tuned.named_parameters()):
    if "lora" in name:
        values.data.copy_(torch.randn(values.shape) * 0.1)
delta = tuned.base_model.model.model.embed_tokens.get_delta_weight("default").detach()
ids = torch.arange(50)[None]
with torch.no_grad():
    apart = tuned(ids).logits
    merged = tuned.merge_and_unload()
    together = merged(ids).logits
change = merged.get_input_embeddings().weight.detach() - before
times = ((change * delta).sum() / (delta * delta).sum()).item()
print(f"peft {peft.__version__}: the adapter is in the embeddings {times:.3f} times")
print(f"  largest difference of a logit, merged and unmerged: {(apart - together).abs().max().item():.2f}")
assert abs(times - 2) < 0.001, "the behaviour has changed"
PYTHON
