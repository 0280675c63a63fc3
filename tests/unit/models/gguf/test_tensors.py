"""A file's tensors are all placed, each in its shape; one too many or too few is named."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from gguf_files import write_gguf
from transformers import AutoConfig, AutoModelForCausalLM

from kotune.core.errors import UserError
from kotune.models.gguf.config import config_of
from kotune.models.gguf.file import read_gguf
from kotune.models.gguf.tensors import weights

SIZE = {
    "vocab_size": 300, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 128, "rms_norm_eps": 1e-6,
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A file, and the model that was written into it."""
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model("qwen2", **SIZE, tie_word_embeddings=False))
    path = write_gguf(tmp_path_factory.mktemp("gguf") / "model.gguf", model, "qwen2")
    return read_gguf(path), model


def placed(file, **changes):
    return dict(weights(file, {**config_of(file, 300), **changes}))


def test_every_weight_is_the_model_s_own(whole):
    file, model = whole
    found = placed(file)
    assert found.keys() == dict(model.named_parameters()).keys()
    assert all(torch.equal(found[name], one) for name, one in model.named_parameters())


def test_where_transformers_reader_is_right_both_read_the_same(whole):
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    file, model = whole
    theirs = load_gguf_checkpoint(str(file.path), return_tensors=True, model_to_load=model)["tensors"]
    found = placed(file)
    assert theirs.keys() == found.keys()
    assert all(torch.equal(theirs[name], one) for name, one in found.items())


def test_a_weight_that_is_missing(whole):
    fewer = {name: tensor for name, tensor in whole[0].tensors.items() if name != "blk.1.ffn_up.weight"}
    with pytest.raises(UserError, match=r"blk.1.ffn_up.weight is missing \(the model's model.layers.1.mlp.up_proj"):
        placed(dataclasses.replace(whole[0], tensors=fewer))


def test_a_weight_of_another_shape(whole):
    with pytest.raises(UserError, match=r"has the shape \(128, 64\), but the model's .* \(256, 64\): the file contrad"):
        placed(whole[0], intermediate_size=256)


def test_a_weight_without_a_place(whole):
    with pytest.raises(UserError, match=r"\d+ tensors have no place in the model"):
        placed(whole[0], num_hidden_layers=1)
