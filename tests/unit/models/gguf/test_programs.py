"""A part of a text at a time gives the logits of the whole; llama.cpp, where it is installed, gives the same ones."""

import importlib.util

import numpy as np
import pytest
import torch
from gguf_files import write_gguf, write_tokenizer
from transformers import AutoConfig, AutoModelForCausalLM

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.models.gguf import programs
from kotune.models.gguf.file import read_gguf
from kotune.models.gguf.snapshot import write_snapshot

TOKENIZER = ROOT / "resources/mini/models/tiny-qwen2/tokenizer.json"
SIZE = {
    "vocab_size": 4091, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 512, "rms_norm_eps": 1e-6, "tie_word_embeddings": True,
}  # fmt: skip
needs_llama_cpp = pytest.mark.skipif(
    importlib.util.find_spec("llama_cpp") is None, reason="llama_cpp_python, which is optional, is not installed"
)


def tiny(model_type: str, **more):
    torch.manual_seed(5)
    return AutoModelForCausalLM.from_config(AutoConfig.for_model(model_type, **SIZE, **more)).eval()


@pytest.mark.parametrize(
    ("model_type", "more"), [("qwen2", {}), ("gemma3_text", {"head_dim": 16, "sliding_window": 24})]
)
def test_a_part_at_a_time_gives_the_logits_of_the_whole_text(model_type, more):
    model = tiny(model_type, **more)
    texts = [list(range(100, 200)), list(range(300, 317))]
    found = np.concatenate(list(programs.of_transformers(model, texts, 16)))
    with torch.no_grad():
        whole = np.concatenate([model(torch.tensor([ids])).logits[0].numpy() for ids in texts])
    assert found.shape == whole.shape and np.abs(found - whole).max() < 1e-5


@pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is not None, reason="llama_cpp_python is installed")
def test_without_llama_cpp_the_way_to_it_is_named():
    with pytest.raises(UserError, match=r"pip install llama_cpp_python==0\.3\.36"):
        programs.check_installed()


@needs_llama_cpp
def test_llama_cpp_answers_like_the_snapshot_of_its_file(tmp_path):
    file = write_gguf(
        tmp_path / "model.gguf", tiny("qwen2"), "qwen2",
        tokenizer=lambda writer: write_tokenizer(writer, TOKENIZER, "qwen2", {"eos": "<|im_end|>"}),
    )  # fmt: skip
    write_snapshot(read_gguf(file), tmp_path / "snapshot")
    ids = list(range(100, 250))
    own = np.concatenate(list(programs.of_transformers(programs.load_snapshot(tmp_path / "snapshot", 1), [ids])))
    with programs.LlamaCpp(file, 256, 1) as llama:
        other = np.concatenate(list(llama.logits([ids])))
    assert np.abs(own - other).max() < 2e-3 * np.abs(own).max()
    assert (own.argmax(-1) == other.argmax(-1)).mean() > 0.99
