#!/usr/bin/env bash
# Finding: transformers reads a Llama's GGUF file without its attention biases, and says nothing.
#
# Guess:      a weight that a file holds and a model has no place for is refused, or listed among the unexpected ones, as
#             it is for safetensors.
# Behaviour:  with transformers 5.23.0 and gguf 0.19.0 the biases of q, k, v and o are left out (attention_bias is False), no
#             report is shown, and the model writes other tokens nearly everywhere.
# Here:       scripts/kotune/models/gguf/config.py sets attention_bias from the tensors that are there, and each tensor of
#             a file must have a place; tests/unit/models/gguf/test_snapshot.py, "llama, own head size and biases".
# Runs:       a tiny random model, written as GGUF by tiny_gguf.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  torch==2.13.0 transformers==5.23.0 gguf==0.19.0 accelerate==1.15.0
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 PYTHONPATH="$(cd "$(dirname "$0")" && pwd)"
"$folder/venv/bin/python" - "$folder/model.gguf" <<'PYTHON'
import sys

import torch
import transformers
from tiny_gguf import load, logits, model_of, other_argmaxes, write

torch.set_num_threads(1)
model = model_of("llama", attention_bias=True)
write(sys.argv[1], model, "llama", lambda writer: writer.add_rope_freq_base(1e6))
loaded, said = load(sys.argv[1])
held = sum("bias" in name for name, _ in model.named_parameters())
found = sum("bias" in name for name, _ in loaded.named_parameters())
share = other_argmaxes(logits(model, 1000), logits(loaded, 1000))
print(f"transformers {transformers.__version__}, gguf 0.19.0")
print(f"the file holds {held} biases, the loaded model {found}; {len(said)} warnings; other argmaxes at {share:.1%}")
kept = held and not found and not said and share > 0.5
assert kept, f"the behaviour has changed: {found} of {held} biases, {share:.1%} other argmaxes, {said}"
PYTHON
