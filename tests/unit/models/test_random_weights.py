"""A model of a true shape with random weights: made without a file, the same each time, and quantised as it is made."""

import pytest
from rehearsed import shrunken

from kotune.core.errors import UserError
from kotune.models import loading, random_weights


def test_the_model_has_its_true_shape_and_packed_layers():
    import torch

    settings = shrunken("qwen2.5-3b-instruct", "qlora")["model"]
    quantized, _ = loading.quantization_config(
        {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": "float32"}, "cpu"
    )
    made = random_weights.make(settings, quantized, torch.float32, "cpu")
    layer = made.model.layers[0].self_attn.q_proj
    assert type(layer).__name__ == "Linear4bit" and layer.weight.dtype == torch.uint8
    assert layer.weight.numel() == layer.in_features * layer.out_features // 2
    assert made.is_loaded_in_4bit and made.hf_quantizer.is_trainable
    assert made.lm_head.weight is made.model.embed_tokens.weight
    assert made.model.rotary_emb.inv_freq[0] == 1  # computed, not empty
    assert torch.isfinite(made(torch.arange(8)[None]).logits).all()


def test_a_head_that_points_takes_the_output_layers_place():
    import torch

    settings = {**shrunken("qwen2.5-3b-instruct", "qlora")["model"], "head": "span"}
    made = random_weights.make(settings, None, torch.float32, "cpu")
    assert made.qa_outputs.out_features == 2 and not hasattr(made, "lm_head")
    assert torch.isfinite(made(torch.arange(8)[None]).start_logits).all()


def test_the_tokenizer_has_as_many_words_as_the_model():
    settings = shrunken("ko-gemma-2-9b-it", "qlora")["model"]
    tokenizer = random_weights.load_tokenizer(settings)
    assert len(tokenizer) == 512 and tokenizer.pad_token == "<pad>"
    for token in settings["required_tokens"]:
        loading.token_id(tokenizer, token, "its family")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": None}, "model 'qwen2.5-3b-instruct': its architecture is not known; read it"),
        ({"architecture": "Qwen2ForCausalM"}, "no architecture 'Qwen2ForCausalM'; did you mean 'Qwen2ForCausalLM'"),
    ],
)
def test_an_architecture_that_cannot_be_made(changes, message):
    with pytest.raises(UserError, match=message):
        random_weights.load_config({**shrunken("qwen2.5-3b-instruct", "qlora")["model"], **changes})


def test_the_same_weights_on_every_call():
    import torch

    settings = {**shrunken("llama-3.2-3b-instruct", "base")["model"], "dtype": "bfloat16"}
    first, second = (random_weights.load_model(settings, None, {"device": "cpu", "threads": 1}) for _ in range(2))
    assert first.model.dtype == torch.float32 and first.device == "cpu"  # a CPU computes in 32 bits
    assert "random weights" in first.notes
    one, other = dict(first.model.named_parameters()), dict(second.model.named_parameters())
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_an_unknown_dtype_is_answered_with_the_nearest():
    settings = {**shrunken("llama-3.2-3b-instruct", "base")["model"], "dtype": "bfloat61"}
    with pytest.raises(UserError, match="unknown dtype 'bfloat61'; did you mean 'bfloat16'"):
        random_weights.load_model(settings, None, {"device": "cpu", "threads": 1})


def test_the_model_type_is_the_one_that_bears_the_name_of_its_class():
    # other types share a class (transformers 5.23 lists InternLM3 as a Llama), and vLLM knows none of them
    shape = {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64, "tied": True}
    for name, kind in (
        ("LlamaForCausalLM", "llama"),
        ("Gemma3ForCausalLM", "gemma3_text"),
        ("Qwen2ForCausalLM", "qwen2"),
    ):
        model = {"name": "toy", "architecture": name, "context_window": 128, "shape": {**shape, "vocab_size": 32}}
        assert random_weights.load_config(model).model_type == kind
