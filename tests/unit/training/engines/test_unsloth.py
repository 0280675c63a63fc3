"""Unsloth's engine, as far as it goes without Unsloth: toys stand for its two calls, TRL's own trainer trains."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
from tiny_model import CPU, RECIPE, make_model, write_prompts

from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl
from kotune.training import train
from kotune.training.engines import unsloth
from kotune.training.order import Order

LORA = {"r": 4, "lora_alpha": 8, "lora_dropout": 0.0, "target_modules": ["q_proj", "v_proj", "down_proj"]}
ASKED = {**RECIPE, "lora": LORA, "quantization": None}


class Toy:
    """FastLanguageModel as this engine calls it, without what makes it fast."""

    @staticmethod
    def from_pretrained(model_name, max_seq_length, dtype, load_in_4bit, **given):
        from transformers import AutoModelForCausalLM

        Toy.told = {"max_seq_length": max_seq_length, "load_in_4bit": load_in_4bit, **given}
        return AutoModelForCausalLM.from_pretrained(model_name, dtype=dtype), None

    @staticmethod
    def get_peft_model(model, random_state, use_gradient_checkpointing, **lora):
        from peft import LoraConfig, get_peft_model
        from transformers import set_seed

        set_seed(random_state)
        return get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **lora))


@pytest.fixture
def toy(monkeypatch):
    module = ModuleType("unsloth")
    module.FastLanguageModel = Toy
    monkeypatch.setitem(sys.modules, "unsloth", module)


def order(tmp_path, model, name, **changes):
    prompts = write_prompts(tmp_path / "train.parquet", model, 20)
    given = {"model": model, "recipe": ASKED, "prompts": prompts, "valid": None, "seed": 3, "compute": CPU}
    return Order(**given, tracking={"mode": "disabled"}, folder=tmp_path / name, label="tiny", engine=name, **changes)


def test_the_same_rows_give_the_same_curve_and_an_adapter_that_plain_peft_reads(toy, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = make_model(tmp_path / "model")
    for name in ("trl", "unsloth"):
        train.train(order(tmp_path, model, name))
    curves = {name: read_jsonl(tmp_path / name / "curve.jsonl") for name in ("trl", "unsloth")}
    assert [line["loss"] for line in curves["unsloth"]] == pytest.approx([line["loss"] for line in curves["trl"]])
    assert [line["tokens"] for line in curves["unsloth"]] == [line["tokens"] for line in curves["trl"]]
    assert read_json(tmp_path / "unsloth/adapter_config.json") == read_json(tmp_path / "trl/adapter_config.json")
    assert read_json(tmp_path / "unsloth/record.json")["found"]["passes"] == {"way": "unsloth"}
    PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(model["path"]), tmp_path / "unsloth")
    longest = max(len(ids) for ids in _tokens(model, tmp_path / "train.parquet"))
    assert Toy.told["max_seq_length"] == longest  # else Unsloth would cut
    assert Toy.told["use_exact_model_name"] is True


def _tokens(model, path):
    from kotune.models.loading import load_tokenizer
    from kotune.prompts.encoding import encode_rows

    return encode_rows(path, load_tokenizer(model)).ids


def test_what_unsloth_says_of_a_model_is_the_user_s_error(toy, tmp_path, monkeypatch):
    def refuse(**given):
        raise NotImplementedError("Unsloth: no such architecture")

    monkeypatch.setattr(Toy, "from_pretrained", refuse)
    model = make_model(tmp_path / "model")
    with pytest.raises(UserError, match="cannot load the model: Unsloth: no such architecture; set engine to trl"):
        train.train(order(tmp_path, model, "unsloth"))


def test_it_comes_before_what_it_patches():
    import transformers  # noqa: F401 - that it is there is the point

    with pytest.raises(RuntimeError, match="transformers.* imported before unsloth"):
        unsloth.begin()


def test_trl_s_own_defaults_hold_again(monkeypatch):
    import trl

    own = trl.SFTConfig
    replaced = type("SFTConfig", (own,), {unsloth.REPLACED: True})
    monkeypatch.setattr(trl, "SFTConfig", type("UnslothSFTConfig", (replaced,), {}))
    unsloth.restore_defaults()
    assert trl.SFTConfig is own


def test_a_pack_or_the_longest_row_is_what_unsloth_is_told():
    rows = {"train": SimpleNamespace(ids=[[1] * 5, [1] * 9])}
    assert unsloth.longest(SimpleNamespace(max_length=None, packing=False), rows) == 9
    assert unsloth.longest(SimpleNamespace(max_length=None, packing=True), rows) == unsloth.PACK
    assert unsloth.longest(SimpleNamespace(max_length=64, packing=True), rows) == 64


def test_it_computes_in_16_bits_on_a_card():
    assert unsloth.precision_of({"bf16": True}, "cuda") == "bfloat16"
    assert unsloth.precision_of({"fp16": True}, "cuda") == "float16"
    assert unsloth.precision_of({"bf16": True}, "cpu") == "float32"
