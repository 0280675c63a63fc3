#!/usr/bin/env bash
# Finding: the first model type of the class LlamaForCausalLM is InternLM3's.
#
# Guess:      `architectures` of a config.json names a class, and the type that transformers lists with it is the model's:
#             a Llama by its class name gets model_type "llama".
# Behaviour:  transformers 5.23.0 lists several types with LlamaForCausalLM, "internlm3" before "llama". A config made for
#             the first gives a LlamaForCausalLM with InternLM3's values where none are given (another rms_norm_eps, other
#             logits), is saved as model_type "internlm3" with architectures ["LlamaForCausalLM"], and is read back as
#             InternLM3's. Programs that choose by model_type take it for another model or for none.
# Here:       scripts/kotune/models/random_weights.py takes the type that bears the class's name;
#             tests/unit/models/test_random_weights.py.
# Runs:       tiny random models of both types.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile torch==2.13.0 transformers==5.23.0
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1
"$folder/venv/bin/python" - "$folder" <<'PYTHON' 2> "$folder/said" || { tail -n 5 "$folder/said" >&2; exit 1; }
import json
import sys
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

torch.set_num_threads(1)
NAME = "LlamaForCausalLM"
kinds = [kind for kind, name in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.items() if name == NAME]
print(f"transformers {transformers.__version__}, model types of {NAME}, as listed: {', '.join(kinds)}")
assert kinds[0] == "internlm3" and "llama" in kinds, f"the behaviour has changed: {kinds}"
SHAPE = dict(vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
             num_key_value_heads=2, head_dim=16)
logits = []
for kind in (kinds[0], "llama"):
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **SHAPE)).eval()
    folder = Path(sys.argv[1], kind)
    model.save_pretrained(folder)
    saved = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    read = AutoConfig.from_pretrained(folder)
    with torch.no_grad():
        logits.append(model(torch.arange(20)[None]).logits)
    print(f"  {kind}: a {type(model).__name__}, saved as model_type {saved['model_type']!r} with architectures "
          f"{saved['architectures']}, read as {type(read).__name__} with rms_norm_eps {read.rms_norm_eps:g}")
    assert type(model).__name__ == NAME and saved["architectures"] == [NAME], "the behaviour has changed"
    assert saved["model_type"] == kind and type(read).model_type == kind, f"the behaviour has changed: {saved}"
print(f"  with the same weights their logits are equal: {torch.equal(*logits)}")
assert not torch.equal(*logits), "the behaviour has changed: the logits are equal"
PYTHON
