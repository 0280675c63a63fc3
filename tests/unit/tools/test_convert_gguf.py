"""A GGUF file becomes a model folder by one command; a wrong file leaves nothing."""

import convert_gguf
import pytest
import torch
from gguf_files import write_gguf, write_tokenizer
from transformers import AutoConfig, AutoModelForCausalLM

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, sha256_of

SIZE = {
    "vocab_size": 4096, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 128, "rms_norm_eps": 1e-6,
}  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model("qwen2", **SIZE))
    tokenizer = ROOT / "resources/mini/models/tiny-qwen2/tokenizer.json"
    return write_gguf(
        tmp_path_factory.mktemp("gguf") / "model.gguf", model, "qwen2",
        tokenizer=lambda writer: write_tokenizer(writer, tokenizer, "qwen2", {"eos": "<|im_end|>"}),
    )  # fmt: skip


def test_a_file_becomes_a_folder_that_transformers_loads(file, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(console, "say", said.append)
    convert_gguf.main([str(file), str(tmp_path / "model"), "--sha256", sha256_of(file), "--dtype", "bfloat16"])
    assert said == [f"{tmp_path / 'model'}: qwen2, 561,472 values dequantised from F32, without a chat template"]
    record = read_json(tmp_path / "model" / "gguf.json")
    assert (record["file"], record["sha256"], record["quantisation"]) == ("model.gguf", sha256_of(file), "F32")
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype="auto")
    assert loaded.dtype == torch.bfloat16
    with pytest.raises(UserError, match="there is a model in this folder; name another"):
        convert_gguf.main([str(file), str(tmp_path / "model")])


def test_another_file_than_was_meant(file, tmp_path):
    with pytest.raises(UserError, match="its sha256 is .*, but --sha256 says"):
        convert_gguf.main([str(file), str(tmp_path / "model"), "--sha256", "0" * 64])
    assert not (tmp_path / "model").exists()
