"""The sum of adapter and base, and what cannot be summed."""

import json

import pytest
import torch
from taken_home import NF4, model, write_adapter

from kotune.core.errors import UserError
from kotune.export import merged_weights
from kotune.models import adapters, loading


@pytest.fixture(scope="module")
def adapter(tmp_path_factory):
    return write_adapter(tmp_path_factory.mktemp("merged") / "adapter")


def logits(one):
    with torch.no_grad():
        return one(torch.arange(100, 130)[None]).logits


@pytest.mark.parametrize("quantization", [None, NF4])
def test_the_sum_answers_as_the_adapter_on_the_base_that_it_was_tuned_on(adapter, quantization):
    whole = merged_weights.merged(model(), quantization, adapter, "bfloat16", 1)
    base = loading.load_model({**model(), "dtype": "float32"}, quantization, {"device": "cpu", "threads": 1}).model
    apart = adapters.put_on(base, adapter, "base").eval()
    assert torch.allclose(logits(whole), logits(apart), atol=2e-3)
    assert next(whole.parameters()).dtype == torch.float32 and not hasattr(whole.config, "quantization_config")


@pytest.mark.parametrize("size", [0.0, 1e-9])
def test_a_sum_that_is_its_base_is_refused(tmp_path, size):
    folder = write_adapter(tmp_path / "adapter", size)
    with pytest.raises(UserError, match="merged in bfloat16, none of its 8 weights differs from the base's"):
        merged_weights.merged(model(), None, folder, "bfloat16", 1)


@pytest.mark.parametrize(
    ("lora", "line"),
    [
        ({"ensure_weight_tying": True, "target_modules": ["embed_tokens"]}, "peft would add the adapter to them twice"),
        ({"target_modules": ["q_proj", "embed_tokens"]}, "it changes embed_tokens, which the base shares"),
        ({"modules_to_save": ["lm_head"]}, "it changes lm_head, which the base shares"),
        ({"init_lora_weights": "pissa_niter_4"}, "init_lora_weights is pissa_niter_4"),
    ],
)
def test_what_cannot_be_summed(tmp_path, lora, line):
    (tmp_path / adapters.CONFIG).write_text(json.dumps({"target_modules": ["q_proj"], **lora}), encoding="utf-8")
    with pytest.raises(UserError, match=line):
        merged_weights.check_mergeable(tmp_path, {"tie_word_embeddings": True})


def test_untied_embeddings_may_have_an_adapter(tmp_path):
    (tmp_path / adapters.CONFIG).write_text(json.dumps({"target_modules": ["lm_head"]}), encoding="utf-8")
    merged_weights.check_mergeable(tmp_path, {"tie_word_embeddings": False})


def test_an_arm_that_is_not_trained_yet_says_what_trains_it(tmp_path):
    with pytest.raises(UserError, match="the arm is not trained yet; train it first: snakemake it"):
        merged_weights.check_trained(tmp_path, "snakemake it")
