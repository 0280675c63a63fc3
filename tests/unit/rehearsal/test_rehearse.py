"""Rehearsal: a shrunken shape goes the whole way on a CPU, and what cannot be is said in one line."""

import copy
import json

import pytest
from checkout import ROOT
from shortened import CAPS

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.cost import fit
from kotune.cost.cards import card_named
from kotune.models import loading, random_weights
from kotune.printing.table_files import to_csv, to_markdown
from kotune.rehearsal import rehearse, result, runs
from kotune.rehearsal import table as rehearsal_table
from kotune.rehearsal.settings import settings_of
from kotune.study import resolve, scales

ON_CPU = {"optim": "adamw_torch", "bf16": False, "fp16": False, "gradient_checkpointing": False}


@pytest.fixture(scope="module")
def config():
    loaded = [read_yaml(ROOT / f"config/{name}.yaml") for name in ("config", "models", "datasets")]
    return {key: value for part in loaded for key, value in part.items()} | {"scale": "rehearsal", "data": {}}


def shrunken(config, model, arm, **changes):
    """The settings of a rehearsal on a CPU, as a scale with caps would give them."""
    study = resolve.study_at("econ-qa", config)
    study.lens["rehearsal"] |= {"warmup_steps": 1, "timed_steps": 2, "prompts": 3, "max_tokens": 96, "shape_caps": CAPS}
    study.lens["compute"] |= {"device": "cpu", "threads": 1}
    settings = copy.deepcopy(settings_of(study, config, model, arm))
    settings["recipe"]["trainer"] |= ON_CPU
    settings["generation"] |= {"max_new_tokens": 6, "batch_size": 2}
    return settings | changes


def run(settings):
    job = fit.job_of(settings, None, None)
    return result.document(settings, job, rehearse.rehearse(settings, job), brought=False)


@pytest.fixture(scope="module")
def tuned(config):
    return run(shrunken(config, "llama-3.2-3b-instruct", "qlora"))


def test_what_is_measured_on_a_shrunken_shape(tuned):
    training, answers = tuned["measured"]["training"], tuned["measured"]["answers"]
    assert training["fits"] and training["steps"] == 2 and training["tokens"] > 0
    assert training["rows_per_second"] > 0 and training["hours"] > 0 and training["gib"] > 0
    assert (training["joules"], training["wh"], training["mfu"]) == (None, None, None)
    assert tuned["measured"]["energy"] == "no GPU" and tuned["error"] == {"answers": None, "training": None}
    assert answers["prompts"] == 3 and answers["new_tokens"] == 3 * 6
    assert tuned["shrunken"] and tuned["card"] is None and tuned["parameters"] < 1e6
    assert tuned["download_gb"] == pytest.approx(6.426)
    json.dumps(tuned, allow_nan=False)


def test_a_loss_on_all_tokens_is_predicted_and_rehearsed_as_rows_that_are_learned_whole(config):
    settings = shrunken(config, "llama-3.2-3b-instruct", "qlora")
    plain = fit.job_of(settings, None, None)
    settings["recipe"]["loss"] = "all"
    whole = fit.job_of(settings, None, None)
    assert [sum(row) for row in whole.rows] == [sum(row) for row in plain.rows]
    assert {prompt for prompt, _ in whole.rows} == {0} and whole.prompts == plain.prompts


@pytest.mark.parametrize("model", ["ko-gemma-2-9b-it", "qwen2.5-3b-instruct", "eeve-korean-instruct-10.8b"])
def test_a_base_of_each_architecture_only_answers(config, model):
    found = run(shrunken(config, model, "base"))
    assert found["measured"]["training"] is None and found["measured"]["answers"]["fits"]
    assert found["trainable_parameters"] == 0


def test_the_table_has_the_measured_card_first_and_every_other_predicted(tuned):
    table = rehearsal_table.table_of([tuned, tuned])
    cards = [card["card"] for card in tuned["predicted"]]
    assert [row[2].text for row in table.rows] == ["cpu", *cards] * 2
    assert table.rules == {len(cards) + 1}
    assert [row[3].text for row in table.rows[:2]] == ["measured, shrunken shape", "predicted"]
    assert "assumed" in to_markdown(table) and "6 x weights of LoRA" in to_markdown(table)
    assert to_csv(table).startswith("model,arm,card,basis,fits,training.gib,training.tokens_per_second")


def test_the_summary_says_what_does_not_fit(tuned):
    assert (
        "1 of 1 fit" in rehearsal_table.summary([tuned], 2)[0]
        and "with 2 seeds" in rehearsal_table.summary([tuned], 2)[0]
    )
    full = copy.deepcopy(tuned)
    full["measured"] |= {"training": {"fits": False}, "fits": False}
    full["change"] = "trainer.gradient_checkpointing: true"
    lines = rehearsal_table.summary([tuned, full])
    assert "1 of 2 fit" in lines[0] and lines[1].endswith("does not fit: trainer.gradient_checkpointing: true")
    assert rehearsal_table.table_of([full]).rows[0][4].text == "no"


def test_a_full_memory_is_a_result(config, monkeypatch):
    import torch

    def full(*_, **__):
        try:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        except torch.cuda.OutOfMemoryError as error:
            raise UserError("the GPU's memory is full") from error

    monkeypatch.setattr(runs, "rehearse_training", full)
    found = run(shrunken(config, "qwen2.5-3b-instruct", "qlora"))
    assert found["measured"]["training"] == {"fits": False} and not found["measured"]["fits"]
    assert found["measured"]["answers"]["fits"]
    assert "training does not fit" in result.in_one_line(found)
    assert "its card is not in config/cards.yaml" in found["change"]


def test_another_error_is_no_result(config, monkeypatch):
    def broken(*_, **__):
        raise UserError("recipe.lora: no")

    monkeypatch.setattr(runs, "rehearse_training", broken)
    with pytest.raises(UserError, match="recipe.lora: no"):
        run(shrunken(config, "qwen2.5-3b-instruct", "qlora"))


def test_without_a_gpu_it_says_so(config):
    settings = shrunken(config, "qwen2.5-3b-instruct", "qlora", compute={"device": "auto", "threads": 1})
    with pytest.raises(UserError, match="a rehearsal needs a GPU, and torch sees none here"):
        rehearse.check_device(settings)
    settings["compute"]["device"] = "cpu"
    del settings["rehearsal"]["shape_caps"]
    with pytest.raises(UserError, match="true shapes needs a GPU; on `cpu` .* give rehearsal.shape_caps"):
        rehearse.check_device(settings)


def test_the_model_has_its_true_shape_and_packed_layers(config):
    import torch

    settings = shrunken(config, "qwen2.5-3b-instruct", "qlora")["model"]
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


def test_the_tokenizer_has_as_many_words_as_the_model(config):
    settings = shrunken(config, "ko-gemma-2-9b-it", "qlora")["model"]
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
def test_an_architecture_that_cannot_be_made(config, changes, message):
    with pytest.raises(UserError, match=message):
        random_weights.load_config({**shrunken(config, "qwen2.5-3b-instruct", "qlora")["model"], **changes})


def test_settings_that_cannot_be(config):
    study = resolve.study_at("econ-qa", config)
    with pytest.raises(UserError, match="unknown model 'qwen2.5-3b'; did you mean 'qwen2.5-3b-instruct'"):
        settings_of(study, config, "qwen2.5-3b", "qlora")
    with pytest.raises(UserError, match="unknown arm 'qlor'; did you mean 'qlora'"):
        settings_of(study, config, "qwen2.5-3b-instruct", "qlor")
    mini = resolve.study_at("econ-qa", {**config, "scale": "mini"})
    with pytest.raises(UserError, match="config/scales/mini.yaml: this scale has no key 'rehearsal'"):
        settings_of(mini, config, "tiny-qwen2", "qlora")
    settings = shrunken(config, "qwen2.5-3b-instruct", "qlora", lengths=None)
    with pytest.raises(UserError, match="econ-qa.yaml: a rehearsal without rows of your own needs the key 'lengths'"):
        fit.job_of(settings, None, None)


def test_a_rehearsal_is_of_the_scale_that_it_names(config, tmp_path):
    import shutil

    full, rehearsed = scales.lens_at("full"), scales.lens_at("rehearsal")
    for key in ("stand_ins", "compute", "trainer", "quantization", "generation"):
        assert rehearsed[key] == full[key]
    shutil.copytree(ROOT / "config", tmp_path / "config")
    scale = tmp_path / "config/scales/rehearsal.yaml"
    scale.write_text(scale.read_text(encoding="utf-8").replace("of: full", "of: mini"), encoding="utf-8")
    with pytest.raises(UserError, match="rehearsal.yaml, rehearsal.of: 'mini' has no true shapes to rehearse"):
        scales.lens_at("rehearsal", tmp_path)


def test_the_card_at_hand_is_known_by_its_name(config):
    cards = settings_of(resolve.study_at("econ-qa", config), config, "qwen2.5-3b-instruct", "base")["cards"]
    named = {
        "NVIDIA H200": "H200 141 GB",
        "NVIDIA A100-SXM4-40GB": "A100 40 GB",
        "NVIDIA A100 80GB PCIe": "A100 80 GB",
        "Tesla T4": "T4 16 GB",
        "NVIDIA GeForce RTX 4090": "RTX 4090 24 GB",
    }
    for name, card in named.items():
        assert card_named(name, cards).name == card
    assert card_named("NVIDIA A10G", cards) is None


def test_the_error_is_of_the_very_rows_that_ran(config):
    settings = shrunken(config, "qwen2.5-3b-instruct", "qlora")
    job = fit.job_of(settings, None, None)
    card = card_named("NVIDIA H200", settings["cards"])
    measured = {
        "training": {"fits": True, "gib": 1.0, "tokens_per_second": 100.0},
        "answers": {"fits": True, "gib": 1.0, "prompts_per_second": 1.0},
    }
    found = result.errors(settings, job, measured, card)
    said = found["training"]["predicted"]
    assert found["training"]["gib"] == pytest.approx(said["gib"] - 1)
    assert found["training"]["seconds"] == pytest.approx(100 / said["tokens_per_second"] - 1)


def test_the_first_pass_holds_the_longest_row(config):
    job = fit.job_of(shrunken(config, "qwen2.5-3b-instruct", "qlora"), None, None)
    rows = runs.rehearsed_rows(job, 15, 0)
    assert len(rows) == 15 and sum(rows[0]) == max(map(sum, job.rows))
