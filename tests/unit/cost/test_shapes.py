"""A catalogue entry becomes a shape and a recipe a plan; what they lack is named."""

from dataclasses import replace

import pytest
from measured_card import LLAMA, PLAN, ROOT

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.cost import shapes

RECIPE = {"lora": {"r": 4, "target_modules": ["q_proj"]}, "quantization": None, "trainer": {}}


def test_parameters_are_those_of_the_catalogue():
    for name, model in read_yaml(ROOT / "config/models.yaml")["models"].items():
        if set(shapes.SHAPE) <= set(model.get("shape", {})) and "parameters" in model:
            assert shapes.shape_of(model, name).parameters == pytest.approx(model["parameters"], rel=0.002), name


def test_a_recipe_becomes_a_plan():
    plan = shapes.plan_of(RECIPE)
    assert (plan.path, plan.four_bit, plan.adapter_bytes, plan.checkpointing) == ("padded", False, 4, True)
    packed = {**RECIPE, "quantization": {"load_in_4bit": True}, "trainer": {"packing": True, "max_length": 4096}}
    plan = shapes.plan_of(packed)
    assert (plan.path, plan.four_bit, plan.adapter_bytes, plan.max_length) == ("packed", True, 2, 4096)
    fused = shapes.plan_of({**packed, "passes": {"memory_gib": 6}}, "LlamaForCausalLM")
    assert (fused.path, fused.adapter_bytes, fused.checkpointing, fused.memory_gib) == ("fused", 4, False, 6)
    assert shapes.plan_of({**packed, "passes": {"layers": "plain"}}, "LlamaForCausalLM").path == "packed"
    half = {**packed, "trainer": {**packed["trainer"], "fp16": True}}
    assert shapes.plan_of(half, "LlamaForCausalLM").path == "packed"
    liger = {**packed, "trainer": {**packed["trainer"], "use_liger_kernel": True}}
    assert shapes.plan_of(liger, "Gemma2ForCausalLM").path == "packed_liger"


def test_lora_is_counted_on_the_projections_that_are_tuned():
    assert shapes.lora_parameters(LLAMA, PLAN) == 24_313_856
    queries = shapes.lora_parameters(LLAMA, replace(PLAN, targets=("q_proj",)))
    assert queries == 28 * 16 * (3072 + 24 * 128)
    with pytest.raises(UserError, match="knows no layer 'q_prj'; did you mean 'q_proj'"):
        shapes.lora_parameters(LLAMA, replace(PLAN, targets=("q_prj",)))


def test_a_tied_output_layer_has_no_weights_of_its_own():
    assert replace(LLAMA, tied=False).parameters - LLAMA.parameters == 128256 * 3072


def test_what_a_shape_lacks_is_named():
    with pytest.raises(UserError, match="model 'a': its shape lacks vocab_size, tied; read them in its config.json"):
        shapes.shape_of({"shape": dict.fromkeys(shapes.SHAPE[:6], 1)}, "model 'a'")


def test_packed_rows_have_a_length_though_the_recipe_names_none():
    assert shapes.plan_of({**RECIPE, "trainer": {"packing": True}}).max_length == 4096
