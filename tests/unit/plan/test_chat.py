"""Whom a conversation is with: found by its names, and what is not there is named with the command that makes it."""

import pytest

from kotune.core.errors import UserError
from kotune.core.storage import write_json
from kotune.plan.chat import Partner, Wanted, generations
from kotune.study import called, resolve

SELECTION = "results/mini/context-qa/selection.json"


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    """A work folder without any results."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trained(folder, path):
    """Put an adapter where a training would."""
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        (folder / path).mkdir(parents=True, exist_ok=True)
        (folder / path / name).touch()


def test_what_is_not_named_is_the_first_that_is_tuned(work):
    trained(work, "results/mini/econ-qa/adapters/tiny-gemma2/qlora/seed42")
    found = Partner(Wanted("econ-qa"))
    assert (found.arm, found.model, found.seed, found.speakers) == ("qlora", "tiny-gemma2", 42, ["base", "tuned"])
    found = Partner(Wanted("econ-qa", model="tiny-llama3"))
    assert (found.arm, found.speakers, found.adapter) == ("base", ["base"], None), "no arm tunes it"
    assert Partner(Wanted("econ-qa", only="base", model="ko-gemma-2-9b-it")).speakers == ["base"]


def test_the_arm_of_the_selected_model_is_of_the_winner(work):
    write_json(work / SELECTION, {"winner": {"model": "long-qwen2"}})
    trained(work, "results/mini/context-qa/adapters/selected/clean/seed42")
    found = Partner(Wanted("context-qa", "clean"))
    assert found.model == "long-qwen2" and found.adapter.parts[-3] == "selected"
    with pytest.raises(UserError, match="the arm 'clean' is of the model that was selected, long-qwen2"):
        Partner(Wanted("context-qa", "clean", "long-llama3"))


def test_a_shared_arm_is_trained_under_its_study():
    with pytest.raises(UserError, match=r"snakemake results/mini/econ-qa/adapters/.* studies='\[econ-qa\]'"):
        Partner(Wanted("econ-qa-tries", "qlora"))


def test_who_points_at_answers_is_not_talked_to():
    with pytest.raises(UserError, match="'extractive' points at answers in a text and writes none"):
        Partner(Wanted("econ-qa-tries", "extractive"))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted("econ-qa", "qlra"), "unknown arm 'qlra'; did you mean 'qlora'?"),
        (Wanted("econ-qa", model="tiny-gema2"), "no model 'tiny-gema2' in it; did you mean 'tiny-gemma2'?"),
        (Wanted("econ"), "did you mean 'econ-qa'?"),
        (Wanted("econ-qa", "qlora", "tiny-llama3"), "'tiny-llama3' is not in the arm 'qlora'"),
        (Wanted("econ-qa", seed=7), "'qlora' has no seed 7; known: 42"),
        (Wanted("econ-qa", "base", only="tuned"), "the arm 'base' of econ-qa is not tuned"),
        (
            Wanted("econ-qa", "qlora", "tiny-eeve"),
            "tiny-eeve under 'qlora' is not trained yet; this trains it: snakemake results/mini/econ-qa/adapters/"
            "tiny-eeve/qlora/seed42/adapter_model.safetensors --cores 1 --config scale=mini studies='[econ-qa]' "
            "(--only base talks to the base alone)",
        ),
        (
            Wanted("econ-qa", "qlora", scale="full", data="my.csv"),
            "the model ko-gemma-2-9b-it is not there; this downloads it: snakemake ",
        ),
        (
            Wanted("context-qa", "clean"),
            "the model of the arm 'clean' is not chosen yet; this chooses and trains it: snakemake results/mini/"
            "context-qa/adapters/selected/clean/seed42/adapter_model.safetensors",
        ),
    ],
)
def test_what_is_not_there_is_named_with_what_to_do(wanted, told):
    with pytest.raises(UserError) as error:
        Partner(wanted)
    assert told in str(error.value)
    if wanted.data:
        assert "scale=full studies='[econ-qa]' data='{econ-qa: my.csv}'" in str(error.value)


def test_what_ends_an_answer_is_the_prompts_or_the_familys():
    config = called.configuration("mini", {})
    found = generations(resolve.study_at("context-qa", config), "long-llama3", "as_published")
    assert "<|end_of_text|>" in found["study"]["stop"] and found["study"]["parts"]["names"] == ["answer", "reasoning"]
    assert found["free"]["stop"] == ["<|eot_id|>", "<|end_of_text|>"] and "parts" not in found["free"]
    korquad = resolve.study_at("korquad", config)
    bases = generations(korquad, korquad.arms["base"]["models"][0], "base")
    assert bases["study"]["cleanup"] == {"cut_at": ["\n"]} and "cleanup" not in bases["free"]
