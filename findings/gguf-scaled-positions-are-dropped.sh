#!/usr/bin/env bash
# Finding: transformers reads a GGUF file without its scaled positions, and says nothing.
#
# Guess:      what a file says of its positions (Llama 3.1's factors, linear scaling, YaRN) reaches the model, as it does
#             in llama.cpp; a loader that does not know a key refuses it or warns.
# Behaviour:  with transformers 5.23.0 and gguf 0.19.0 the loaded model has rope_type "default" in each of the four cases
#             below. Without scaling it gives the original's logits exactly, so nothing else differs; with it it writes
#             other tokens, with Llama 3.2's factors the more the longer the text.
# Here:       scripts/kotune/models/gguf/rope.py reads the scaling, or refuses it by its key;
#             tests/unit/models/gguf/test_snapshot.py compares logits at 4,000 positions with and without it.
# Runs:       tiny random models, written as GGUF by tiny_gguf.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  torch==2.13.0 transformers==5.23.0 gguf==0.19.0 accelerate==1.15.0
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 PYTHONPATH="$(cd "$(dirname "$0")" && pwd)"
"$folder/venv/bin/python" - "$folder/model.gguf" <<'PYTHON'
import sys

import gguf
import numpy as np
import torch
import transformers
from tiny_gguf import load, logits, model_of, other_argmaxes, write
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

torch.set_num_threads(1)
THETA, WINDOW = 1e6, 1024


def plain(writer):
    writer.add_rope_freq_base(THETA)


def scaled(kind, factor):
    def add(writer):
        plain(writer)
        writer.add_rope_scaling_type(gguf.RopeScalingType(kind))
        writer.add_rope_scaling_factor(factor)
        if kind == "yarn":
            writer.add_rope_scaling_orig_ctx_len(WINDOW)

    return add


def factors(model):
    def add(writer):
        plain(writer)
        frequencies, _ = ROPE_INIT_FUNCTIONS["llama3"](model.config, "cpu")
        head = model.config.head_dim
        whole = 1 / THETA ** (np.arange(0, head, 2) / head)
        writer.add_tensor("rope_freqs.weight", (whole / frequencies.numpy()).astype(np.float32))

    return add


def gemma(**scaling):
    near = {"rope_theta": 10000.0, "rope_type": "default"}
    rope = {"full_attention": {"rope_theta": THETA, **scaling}, "sliding_attention": near}
    return model_of(
        "gemma3_text", head_dim=32, query_pre_attn_scalar=256, sliding_window=512, num_hidden_layers=7,
        rope_parameters=rope,
    )


def gemma_linear(writer):
    writer.add_sliding_window(512)
    scaled("linear", 8.0)(writer)


rope = {"rope_theta": THETA}
llama3 = {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
factored = model_of("llama", rope_parameters={**rope, **llama3, "original_max_position_embeddings": WINDOW})
yarn = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": WINDOW}
CASES = {
    "llama, not scaled": ("llama", model_of("llama"), plain),
    "llama, Llama 3.2's factors": ("llama", factored, factors(factored)),
    "llama, linear": (
        "llama", model_of("llama", rope_parameters={**rope, "rope_type": "linear", "factor": 4.0}), scaled("linear", 4.0)
    ),
    "qwen2, yarn": ("qwen2", model_of("qwen2", rope_parameters={**rope, **yarn}), scaled("yarn", 8.0)),
    "gemma3, linear": ("gemma3", gemma(rope_type="linear", factor=8.0), gemma_linear),
}
print(f"transformers {transformers.__version__}, gguf 0.19.0; other argmaxes at 100, 1,000 and 4,000 positions:")
for name, (architecture, model, more) in CASES.items():
    write(sys.argv[1], model, architecture, more)
    loaded, said = load(sys.argv[1])
    one, other = logits(model, 4000), logits(loaded, 4000)
    shares = [other_argmaxes(one[:size], other[:size]) for size in (100, 1000, 4000)]
    rope_type = loaded.config.rope_parameters.get("full_attention", loaded.config.rope_parameters)["rope_type"]
    print(f"  {name}: {', '.join(f'{share:.1%}' for share in shares)} (rope_type {rope_type}; {len(said)} warnings)")
    if name == "llama, not scaled":
        assert torch.equal(one, other), "an unscaled file is not read exactly any more: this finding cannot be shown"
    else:
        kept = rope_type == "default" and not said and shares[-1] > 0.01
        assert kept, f"the behaviour has changed: {name}: {rope_type}, {shares}, {said}"
PYTHON
