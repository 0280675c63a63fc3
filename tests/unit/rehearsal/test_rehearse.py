"""Rehearsal: a shrunken shape goes the whole way on a CPU, and what cannot be is said in one line."""

import json

import pytest
from rehearsed import shrunken

from kotune.core.errors import UserError
from kotune.cost import fit
from kotune.rehearsal import rehearse, result, runs
from kotune.rehearsal.table import table_of


def run(settings):
    job = fit.job_of(settings, None, None)
    return result.document(settings, job, rehearse.rehearse(settings, job), brought=False)


@pytest.fixture(scope="module")
def tuned():
    return run(shrunken("llama-3.2-3b-instruct", "qlora"))


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


@pytest.mark.parametrize("model", ["ko-gemma-2-9b-it", "qwen2.5-3b-instruct", "eeve-korean-instruct-10.8b"])
def test_a_base_of_each_architecture_only_answers(model):
    found = run(shrunken(model, "base"))
    assert found["measured"]["training"] is None and found["measured"]["answers"]["fits"]
    assert found["trainable_parameters"] == 0


def test_a_full_memory_is_a_result(monkeypatch):
    import torch

    def full(*_, **__):
        try:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        except torch.cuda.OutOfMemoryError as error:
            raise UserError("the GPU's memory is full") from error

    monkeypatch.setattr(runs, "rehearse_training", full)
    found = run(shrunken("qwen2.5-3b-instruct", "qlora"))
    assert found["measured"]["training"] == {"fits": False} and not found["measured"]["fits"]
    assert found["measured"]["answers"]["fits"]
    assert "training does not fit" in result.in_one_line(found)
    assert "its card is not in config/cards.yaml" in found["change"]


def with_method(method, **trainer):
    settings = shrunken("qwen2.5-3b-instruct", "qlora")
    given = {**settings["recipe"]["trainer"], "per_device_train_batch_size": 4, **trainer}
    dropped = ("packing", "packing_strategy", "max_length", "padding_free")
    given = {key: value for key, value in given.items() if key not in dropped}
    recipe = {key: value for key, value in settings["recipe"].items() if key not in ("loss", "passes", "watch")}
    return {**settings, "recipe": {**recipe, "method": method, "trainer": given}}


def test_pairs_are_rehearsed_with_their_reference():
    found = run(with_method("dpo"))
    assert found["measured"]["training"]["fits"] and found["measured"]["training"]["tokens"] > 0
    assert found["path"] == "padded"


@pytest.mark.parametrize("method", ["grpo", "rloo"])
def test_drawn_answers_are_rehearsed_as_they_are_drawn_and_learned(method):
    settings = with_method(method, num_generations=2, max_completion_length=5, beta=0.1)
    settings["recipe"]["arguments"] = {"reward": "pass_at_1"}
    found = run(settings)
    trained, job = found["measured"]["training"], fit.job_of(settings, None, None)
    accumulation = settings["recipe"]["trainer"].get("gradient_accumulation_steps", 1)
    assert {answer for _, answer in job.rows} == {5}
    assert trained["fits"] and trained["tokens"] >= 2 * 4 * accumulation * 6


def test_a_model_that_points_is_rehearsed_without_writing():
    settings = with_method("span")
    settings["model"]["head"], settings["recipe"]["quantization"] = "span", None
    found = run(settings)
    trained, answers = found["measured"]["training"], found["measured"]["answers"]
    assert trained["fits"] and trained["tokens"] > 0 and found["path"] == "padded"
    assert answers["prompts"] == 3 and answers["new_tokens"] == 0 and answers["hours"] > 0
    assert all(card["answers"]["prompts_per_second"] > 0 for card in found["predicted"])
    assert "load_in_4bit" not in " ".join(card["change"] for card in found["predicted"])
    assert "writes nothing" in " ".join(table_of([found]).notes)


def test_drawn_answers_are_as_long_as_they_may_be():
    settings = shrunken("qwen2.5-3b-instruct", "base")
    settings["generation"] |= {"do_sample": True, "samples": 2}
    found = run(settings)
    assert found["measured"]["answers"]["new_tokens"] == 3 * 6
    assert found["lengths"]["answers"] == 2 * found["lengths"]["rows"]["answered"]


def test_another_error_is_no_result(monkeypatch):
    def broken(*_, **__):
        raise UserError("recipe.lora: no")

    monkeypatch.setattr(runs, "rehearse_training", broken)
    with pytest.raises(UserError, match="recipe.lora: no"):
        run(shrunken("qwen2.5-3b-instruct", "qlora"))


def test_without_a_gpu_it_says_so():
    settings = shrunken("qwen2.5-3b-instruct", "qlora", compute={"device": "auto", "threads": 1})
    with pytest.raises(UserError, match="a rehearsal needs a GPU, and torch sees none here"):
        rehearse.check_device(settings)
    settings["compute"]["device"] = "cpu"
    del settings["rehearsal"]["shape_caps"]
    with pytest.raises(UserError, match="true shapes needs a GPU; on `cpu` .* give rehearsal.shape_caps"):
        rehearse.check_device(settings)
