#!/usr/bin/env bash
# Finding: a model that transformers reads from a GGUF file counts as quantised even where all its weights are float32.
#
# Guess:      an unquantised file gives a model like any other: it can be saved as safetensors, trained in full, and saved
#             with a merged adapter; or `dequantize()` makes one of it.
# Behaviour:  with transformers 5.23.0, gguf 0.19.0 and peft 0.21.2 every parameter is float32, and yet save_pretrained
#             refuses it, Trainer refuses it, what merge_and_unload returns refuses to be saved, and dequantize() is not
#             implemented.
# Here:       scripts/kotune/models/gguf/snapshot.py writes a folder of safetensors, so later stages see a model like any
#             other; tests/unit/models/gguf/test_snapshot.py and tests/unit/tools/test_convert_gguf.py load it.
# Runs:       a tiny random model, written as GGUF by tiny_gguf.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  torch==2.13.0 transformers==5.23.0 gguf==0.19.0 accelerate==1.15.0 peft==0.21.2
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 PYTHONPATH="$(cd "$(dirname "$0")" && pwd)"
"$folder/venv/bin/python" - "$folder" <<'PYTHON' 2> "$folder/said" || { tail -n 5 "$folder/said" >&2; exit 1; }
import sys
from pathlib import Path

import peft
import torch
import transformers
from tiny_gguf import load, model_of, write

folder = Path(sys.argv[1])
write(folder / "model.gguf", model_of("llama"), "llama", lambda writer: writer.add_rope_freq_base(1e6))
model, _ = load(folder / "model.gguf")


def merged_and_saved():
    again, _ = load(folder / "model.gguf")
    adapted = peft.get_peft_model(again, peft.LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False))
    adapted.merge_and_unload().save_pretrained(folder / "merged")


def trained():
    arguments = transformers.TrainingArguments(output_dir=folder / "trained", report_to=[], use_cpu=True)
    transformers.Trainer(model=model, args=arguments)


print(f"transformers {transformers.__version__}, gguf 0.19.0, peft {peft.__version__}")
types = {str(weight.dtype) for weight in model.parameters()}
print(f"types of the weights: {', '.join(types)}")
assert types == {"torch.float32"}, "not all weights are float32: this finding cannot be shown"
for name, tried, kind, words in (
    ("save_pretrained", lambda: model.save_pretrained(folder / "saved"), ValueError, "is not serializable"),
    ("merge_and_unload().save_pretrained", merged_and_saved, ValueError, "is not serializable"),
    ("Trainer", trained, ValueError, "purely quantized models"),
    ("dequantize", model.dequantize, NotImplementedError, "no implementation of `dequantize`"),
):
    try:
        tried()
    except (ValueError, NotImplementedError) as error:
        print(f"{name}: {type(error).__name__}: {str(error)[:76]}")
        assert isinstance(error, kind) and words in str(error), f"the behaviour has changed: {name}: {error}"
    else:
        raise AssertionError(f"the behaviour has changed: {name} works")
PYTHON
