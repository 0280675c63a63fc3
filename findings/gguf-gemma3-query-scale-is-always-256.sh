#!/usr/bin/env bash
# Finding: transformers takes every Gemma 3 GGUF file's query scale for 256, which the largest model's is not.
#
# Guess:      the file has no key for it, so a reader finds it where llama.cpp does: the model of 62 layers (27B) divides
#             its queries by the root of width / heads (168), the others by the root of a head's size (256).
# Behaviour:  with transformers 5.23.0 and gguf 0.19.0 the loaded model of 62 layers has query_pre_attn_scalar 256, without
#             a warning, and writes other tokens; with 256 in the original the logits are equal.
# Here:       scripts/kotune/models/gguf/config.py finds it as llama.cpp does; tests/unit/models/gguf/test_config.py,
#             test_the_largest_gemmas_scale_their_queries_by_width.
# Runs:       two tiny random models of 62 layers, written as GGUF by tiny_gguf.py.
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
WIDTH, HEADS = 64, 4  # width / heads is 16; 27B's 5,376 / 32 is 168
rope = {
    "full_attention": {"rope_theta": 1e6, "rope_type": "default"},
    "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"},
}


def keys(writer):
    writer.add_sliding_window(512)
    writer.add_rope_freq_base(1e6)


print(f"transformers {transformers.__version__}, gguf 0.19.0; a Gemma 3 of 62 layers:")
for scalar in (256, WIDTH // HEADS):
    model = model_of(
        "gemma3_text", hidden_size=WIDTH, num_attention_heads=HEADS, head_dim=32, query_pre_attn_scalar=scalar,
        sliding_window=512, num_hidden_layers=62, rope_parameters=rope,
    )
    write(sys.argv[1], model, "gemma3", keys)
    loaded, said = load(sys.argv[1])
    one, other = logits(model, 500), logits(loaded, 500)
    share, found = other_argmaxes(one, other), loaded.config.query_pre_attn_scalar
    print(f"  {scalar} is read as {found}; {len(said)} warnings; other argmaxes at {share:.1%}")
    assert found == 256 and not said, f"the behaviour has changed: {scalar} is read as {found}; {said}"
    # norms are stored as 1 + weight, whose rounding is all that may differ
    assert (share < 0.01) if scalar == 256 else (share > 0.1), f"the behaviour has changed: {scalar}: {share:.1%}"
PYTHON
