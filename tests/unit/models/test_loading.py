"""Loading: real NF4 values in float32 on a CPU, and one clear sentence for each broken folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tiny_model import CPU, make_model, settings

from kotune.core.errors import UserError
from kotune.models import loading

NF4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": "float16"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    make_model(folder)
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    """A copy to break."""
    return Path(shutil.copytree(whole, tmp_path / "tiny"))


def test_nf4_on_a_cpu_holds_bitsandbytes_values_in_float32(whole):
    import bitsandbytes
    import torch

    plain = loading.load_model(settings(whole), None, CPU).model
    loaded = loading.load_model(settings(whole), NF4, CPU)
    weight = plain.model.layers[0].mlp.up_proj.weight.data
    packed, state = bitsandbytes.functional.quantize_4bit(weight, quant_type="nf4")
    expected = bitsandbytes.functional.dequantize_4bit(packed, state)
    layer = loaded.model.model.layers[0].mlp.up_proj
    assert type(layer) is torch.nn.Linear
    assert layer.weight.dtype == torch.float32
    assert torch.equal(layer.weight.data, expected)
    assert not torch.equal(layer.weight.data, weight)
    assert max(len(block.unique()) for block in layer.weight.data.flatten().split(64)) <= 16
    assert torch.equal(loaded.model.get_output_embeddings().weight, plain.get_output_embeddings().weight)
    assert any("float16 was asked" in note for note in loaded.notes)
    assert any("unpacked once to float32" in note for note in loaded.notes)


def test_unpacked_layers_compute_what_packed_ones_compute_in_training(whole):
    import torch
    from transformers import AutoModelForCausalLM

    config, _ = loading.quantization_config(NF4, "cpu")
    packed = AutoModelForCausalLM.from_pretrained(whole, dtype=torch.float32, quantization_config=config)
    unpacked = loading.load_model(settings(whole), NF4, CPU).model
    ids = torch.arange(5, 45).reshape(2, 20)
    with torch.enable_grad():
        one = packed.train()(input_ids=ids).logits
        other = unpacked.train()(input_ids=ids).logits
    assert torch.equal(one, other)


def test_half_precision_weights_become_float32_on_a_cpu(whole):
    loaded = loading.load_model(settings(whole, dtype="bfloat16"), None, CPU)
    assert str(loaded.model.dtype) == "torch.float32"
    assert loaded.notes == ["weights are float32 on a CPU (bfloat16 was asked)"]


def test_tokenizer_of_a_qwen2_folder_is_the_one_that_lies_there(tmp_path):
    from tokenizers import Tokenizer

    model = make_model(tmp_path / "qwen", "qwen2")
    text = "코스피가 3.4% 오른 2650.31에 마감했다."
    saved = Tokenizer.from_file(str(tmp_path / "qwen" / "tokenizer.json")).encode(text, add_special_tokens=False).ids
    assert loading.load_tokenizer(model)(text, add_special_tokens=False)["input_ids"] == saved


def test_stop_tokens_in_their_order(whole):
    tokenizer = loading.load_tokenizer(settings(whole))
    assert loading.stop_ids(tokenizer, ["<end_of_turn>", "<eos>"]) == [4, 1]


@pytest.mark.parametrize(
    ("stop", "message"),
    [
        (["<end_of_turm>"], "has no token '<end_of_turm>', which the stop list .* did you mean '<end_of_turn>'"),
        (["금리 물가"], "has no token '금리 물가'"),
        ([], "no stop token named"),
    ],
)
def test_each_stop_string_is_one_token(whole, stop, message):
    tokenizer = loading.load_tokenizer(settings(whole))
    with pytest.raises(UserError, match=message):
        loading.stop_ids(tokenizer, stop)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"required_tokens": ["<|im_end|>"]}, "tiny: the tokenizer has no token '<|im_end|>', which family 'gemma2'"),
        ({"pad": "<nothing>"}, "no token '<nothing>', which padding"),
        ({"pad": "<end_of_turn>"}, "pads with '<end_of_turn>', which ends an answer; name another"),
    ],
)
def test_tokenizer_that_the_family_cannot_use(whole, changes, message):
    with pytest.raises(UserError, match=message.replace("|", r"\|")):
        loading.load_tokenizer(settings(whole, **changes))


def test_tokenizer_without_padding(folder):
    config = json.loads((folder / "tokenizer_config.json").read_text())
    del config["pad_token"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="has no pad token; name another"):
        loading.load_tokenizer(settings(folder, pad=None))


def test_broken_tokenizer(folder):
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(UserError, match="tiny: no tokenizer could be loaded"):
        loading.load_tokenizer(settings(folder))


def _cut(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def _pointer(folder):
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")


def _pickled(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _shard(folder):
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _tensor(folder):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _architecture(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "unheard-of"}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "tiny: no such model folder; check `path`"),
        (lambda folder: (folder / "config.json").unlink(), "tiny: config.json is missing"),
        (_cut, "model.safetensors: not a whole safetensors file .* promises"),
        (_pointer, "model.safetensors: not a whole safetensors file .*git-lfs pointer"),
        (_pickled, "model.safetensors is missing .only pickled weights"),
        (_shard, "model-00002-of-00002.safetensors is missing"),
        (_tensor, r"lack 1 tensors of its own config.json \(first: model.layers.1.mlp.up_proj.weight\)"),
        (_architecture, "tiny: the model cannot be loaded: .*unheard-of"),
    ],
)
def test_broken_folder(folder, damage, message):
    damage(folder)
    with pytest.raises(UserError, match=message):
        loading.load_model(settings(folder), None, CPU)


@pytest.mark.parametrize(
    ("changes", "quantization", "compute", "message"),
    [
        ({"dtype": "float23"}, None, CPU, "model.dtype: unknown dtype 'float23'; did you mean 'float32'"),
        ({}, {"load_in_4bits": True}, CPU, "unknown key 'load_in_4bits'; did you mean 'load_in_4bit'"),
        ({}, {**NF4, "bnb_4bit_compute_dtype": "half"}, CPU, "bnb_4bit_compute_dtype: unknown dtype 'half'"),
        ({}, {**NF4, "bnb_4bit_quant_type": 4}, CPU, "recipe.quantization: "),
    ],
)
def test_unknown_settings(whole, changes, quantization, compute, message):
    with pytest.raises(UserError, match=message):
        loading.load_model(settings(whole, **changes), quantization, compute)


def test_unknown_device():
    with pytest.raises(UserError, match="compute.device: unknown device 'gpu'"):
        loading.prepare_process({"device": "gpu"})


def test_tokenizer_of_another_model(whole):
    loaded = loading.load_model(settings(whole), None, CPU).model
    tokenizer = loading.load_tokenizer(settings(whole))
    tokenizer.add_tokens([f"<extra {number}>" for number in range(512)])
    with pytest.raises(UserError, match="do not belong together"):
        loading.check_vocabulary(loaded, tokenizer)
