#!/usr/bin/env bash
# Finding: an adapter that was trained on a GGUF file does not say on which one.
#
# Guess:      adapter_config.json names the file, so that the adapter loads by itself, and on another file not at all.
# Behaviour:  with peft 0.21.2, transformers 5.23.0 and gguf 0.19.0 it names the folder alone. AutoPeftModelForCausalLM does
#             not load it (it looks for model.safetensors there) until it is told a gguf_file, and then takes any: on
#             another model of the same shape in that folder it loads without a warning and computes something else.
# Here:       one folder of safetensors is made of one file, and gguf.json in it keeps the file's name and sha256
#             (tools/convert_gguf.py; tests/unit/tools/test_convert_gguf.py).
# Runs:       two tiny random models, written as GGUF by tiny_gguf.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  torch==2.13.0 transformers==5.23.0 gguf==0.19.0 accelerate==1.15.0 peft==0.21.2
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 PYTHONPATH="$(cd "$(dirname "$0")" && pwd)"
"$folder/venv/bin/python" - "$folder" <<'PYTHON' 2> "$folder/said" || { tail -n 5 "$folder/said" >&2; exit 1; }
import json
import sys
from pathlib import Path

import peft
import torch
import transformers
from tiny_gguf import load, logits, model_of, write

models, adapter = Path(sys.argv[1], "models"), Path(sys.argv[1], "adapter")
models.mkdir()
for name, seed in (("one.gguf", 1), ("other.gguf", 2)):
    write(models / name, model_of("llama", seed), "llama", lambda writer: writer.add_rope_freq_base(1e6))
torch.manual_seed(1)
settings = peft.LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False)
adapted = peft.get_peft_model(load(models / "one.gguf")[0], settings).eval()
adapted.save_pretrained(adapter)
expected = logits(adapted, 50)
base = json.loads((adapter / "adapter_config.json").read_text())["base_model_name_or_path"]
print(f"peft {peft.__version__}, transformers {transformers.__version__}, gguf 0.19.0")
print(f"the base that the adapter names: {base.replace(sys.argv[1], 'FOLDER')}")
assert Path(base) == models, f"the behaviour has changed: the base is {base}"
assert not any("gguf" in path.read_text() for path in adapter.glob("*.json")), "the behaviour has changed: it says gguf"
try:
    peft.AutoPeftModelForCausalLM.from_pretrained(adapter)
except OSError as error:
    print(f"loaded by itself: {type(error).__name__}: {str(error).replace(sys.argv[1], 'FOLDER')[:90]}")
else:
    raise AssertionError("the behaviour has changed: it loads by itself")
for name in ("one.gguf", "other.gguf"):
    loaded = peft.AutoPeftModelForCausalLM.from_pretrained(adapter, gguf_file=name).eval()
    off = float((logits(loaded, 50) - expected).abs().max())
    print(f"loaded on {name}: logits differ by up to {off:.2f}")
    assert (off == 0) == (name == "one.gguf"), f"the behaviour has changed: {name}: {off}"
PYTHON
