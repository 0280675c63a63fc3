"""A model written as a GGUF file is read back with the same settings and weights; what a file cannot say is refused."""

import errno
from pathlib import Path

import pytest
import torch
from taken_home import family, model
from transformers import AutoConfig, AutoModelForCausalLM

from kotune.core.errors import UserError
from kotune.export import gguf_model
from kotune.export.gguf_tokenizer import write_tokenizer
from kotune.export.templates import jinja_template
from kotune.models.gguf.config import config_of
from kotune.models.gguf.file import read_gguf
from kotune.models.gguf.tensors import weights

SIZE = {
    "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 8192, "rms_norm_eps": 1e-6,
}  # fmt: skip
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 8192, "rope_theta": 500000.0}  # fmt: skip
KINDS = {
    "llama": {"rope_parameters": LLAMA3, "head_dim": 16},
    "llama, biases, linear": {"attention_bias": True, "tie_word_embeddings": False,
                              "rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}},
    "qwen2": {"rope_parameters": {"rope_theta": 1000000.0, "rope_type": "yarn", "factor": 4.0,
                                  "original_max_position_embeddings": 2048}},
    "qwen3": {"head_dim": 32},
    "gemma2": {"head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": 128},
    "gemma3_text": {"head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": 128, "num_hidden_layers": 7},
}  # fmt: skip


def toy(kind):
    torch.manual_seed(2)
    given = {"tie_word_embeddings": True, **SIZE, **KINDS[kind]}
    made = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind.partition(",")[0], **given))
    for name, values in made.named_parameters():
        if name.endswith("bias"):
            values.data.normal_()
    return made.float().eval()


@pytest.mark.parametrize("kind", KINDS)
def test_settings_and_weights_are_read_back(kind, tmp_path):
    made, path = toy(kind), tmp_path / "model.gguf"
    gguf_model.write_model(path, made, "F16", "toy", lambda _: None)
    gguf_model.check_says_the_same(path, made)
    file = read_gguf(path)
    found = dict(weights(file, config_of(file, 64)))
    assert found.keys() == dict(made.named_parameters()).keys()
    for name, values in made.named_parameters():
        assert torch.allclose(found[name].float(), values, atol=2e-3), name


def test_eight_bits_are_within_a_step(tmp_path):
    made, path = toy("qwen3"), tmp_path / "model.gguf"
    gguf_model.write_model(path, made, "Q8_0", "toy", lambda _: None)
    file = read_gguf(path)
    assert file.quantisation == "Q8_0" and file.tensors["blk.0.attn_q.weight"].tensor_type.name == "Q8_0"
    found = dict(weights(file, config_of(file, 64)))
    for name, values in made.named_parameters():
        assert (found[name] - values).abs().max() <= values.abs().max() / 127, name


def test_a_setting_that_a_file_cannot_say(tmp_path):
    made, path = toy("qwen2"), tmp_path / "model.gguf"
    made.config.hidden_act = "relu"
    gguf_model.write_model(path, made, "F16", "toy", lambda _: None)
    with pytest.raises(UserError, match="a GGUF file cannot say hidden_act = 'relu', and would be read as 'silu'"):
        gguf_model.check_says_the_same(path, made)


def test_a_full_disk_is_told_as_one():
    """numpy names no error number where a disk takes a part of an array."""
    with pytest.raises(OSError) as raised:
        gguf_model.write_model(Path("/dev/full"), toy("qwen3"), "F16", "toy", lambda _: None)
    assert raised.value.errno == errno.ENOSPC


def test_what_is_not_translated():
    with pytest.raises(UserError, match="model_type 'exaone4' is not written as GGUF.*take 'merged'"):
        gguf_model.architecture_of({"model_type": "exaone4"}, "exaone")
    made = toy("qwen3")
    made.config.rope_parameters = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}
    with pytest.raises(UserError, match="rope_type 'dynamic' is not translated"):
        gguf_model.write_sizes(Silent(), made.config.to_dict(), "toy")


class Silent:
    """A writer that takes everything."""

    def __getattr__(self, name):
        return lambda *_: None


def test_transformers_own_reader_finds_the_weights_and_the_tokens(tmp_path):
    """Where transformers reads rightly (no scaled positions, no biases), it reads what is read here."""
    stand_in = AutoModelForCausalLM.from_pretrained(model("tiny-llama3")["path"], dtype=torch.float32)
    of, path = family("llama3"), tmp_path / "model.gguf"

    def add(writer):
        base = Path(model("tiny-llama3")["path"])
        write_tokenizer(writer, base, of, list(of.stops), stand_in.config.vocab_size, jinja_template(of))

    gguf_model.write_model(path, stand_in, "F16", "tiny-llama3", add)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file=path.name, dtype=torch.float32)
    ids = torch.arange(100, 140)[None]
    with torch.no_grad():
        assert torch.allclose(theirs(ids).logits, stand_in(ids).logits, atol=2e-2)
