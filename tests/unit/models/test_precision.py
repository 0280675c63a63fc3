"""An older GPU, which has no bfloat16, gets float16 with a scaled loss; every other device gets what was asked."""

import pytest
import torch

from kotune.layers import ways
from kotune.models import precision
from kotune.training import order as orders

MODEL = {"path": "models/a", "dtype": "bfloat16"}
NF4 = {"load_in_4bit": True, "bnb_4bit_compute_dtype": "bfloat16"}


@pytest.fixture
def card(monkeypatch):
    def of(has_bfloat16: bool) -> None:
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: has_bfloat16)

    return of


def test_an_old_card_computes_in_float16(card):
    card(False)
    model, quantization, trainer, notes = precision.fitted(MODEL, NF4, {"bf16": True, "r": 1}, "cuda")
    assert (model["dtype"], quantization["bnb_4bit_compute_dtype"]) == ("float16", "float16")
    assert trainer == {"bf16": False, "fp16": True, "r": 1}
    assert notes == [precision.NOTE]
    assert precision.fitted({**MODEL, "dtype": "float32"}, None, {"bf16": False}, "cuda")[3] == []


def test_a_card_that_has_it_and_a_cpu_are_asked_as_written(card):
    for has, device in ((True, "cuda"), (False, "cpu")):
        card(has)
        assert precision.fitted(MODEL, NF4, {"bf16": True}, device) == (MODEL, NF4, {"bf16": True}, [])


@pytest.mark.parametrize(("device", "has", "dtype"), [("cpu", True, "float32"), ("cuda", True, "bfloat16"),
                                                      ("cuda", False, "float16")])  # fmt: skip
def test_a_scale_may_leave_the_precision_to_the_device(card, device, has, dtype):
    card(has)
    model, quantization, trainer, notes = precision.fitted({**MODEL, "dtype": "auto"}, NF4, {"bf16": True}, device)
    assert model["dtype"] == dtype and trainer["bf16"] is (dtype == "bfloat16")
    assert trainer.get("fp16", False) is (dtype == "float16")
    assert notes == {"float32": [precision.ON_CPU], "bfloat16": [], "float16": [precision.NOTE]}[dtype]


def test_a_training_on_an_old_card_goes_through_the_trainer_s_scaling(card):
    card(False)
    recipe = {"lora": {"r": 4, "target_modules": ["q_proj"]}, "quantization": NF4, "trainer": {"bf16": True}}
    order = orders.Order(
        model=MODEL, recipe=recipe, prompts=None, valid=None, seed=1, compute={}, tracking={}, folder=None, label="a"
    )
    fitted, notes = orders.fitted(order, "cuda")
    assert notes == [precision.NOTE] and order.recipe["trainer"] == {"bf16": True}
    from types import SimpleNamespace

    llama = SimpleNamespace(architectures=["LlamaForCausalLM"], hidden_act="silu")
    way = ways.choose(fitted.recipe, llama, "cuda")
    assert way.name == "padded" and any("fp16" in note for note in way.notes)
