"""What a rehearsal is asked: the study's own recipe and answers, on a shape that fits where it runs."""

import pytest
from rehearsed import CONFIG, shrunken
from shortened import CAPS

from kotune.core.errors import UserError
from kotune.cost import fit
from kotune.rehearsal.settings import capped_shape, settings_of
from kotune.study import resolve


def test_settings_that_cannot_be():
    study = resolve.study_at("econ-qa", CONFIG)
    with pytest.raises(UserError, match="unknown model 'qwen2.5-3b'; did you mean 'qwen2.5-3b-instruct'"):
        settings_of(study, CONFIG, "qwen2.5-3b", "qlora")
    with pytest.raises(UserError, match="unknown arm 'qlor'; did you mean 'qlora'"):
        settings_of(study, CONFIG, "qwen2.5-3b-instruct", "qlor")
    mini = resolve.study_at("econ-qa", {**CONFIG, "scale": "mini"})
    with pytest.raises(UserError, match="config/scales/mini.yaml: this scale has no key 'rehearsal'"):
        settings_of(mini, CONFIG, "tiny-qwen2", "qlora")
    settings = shrunken("qwen2.5-3b-instruct", "qlora", lengths=None)
    with pytest.raises(UserError, match="econ-qa.yaml: a rehearsal without rows of your own needs the key 'lengths'"):
        fit.job_of(settings, None, None)


def test_a_capped_shape_can_be_made():
    true = CONFIG["models"]["llama-3.2-3b-instruct"]["shape"]
    small = capped_shape(true, CAPS)
    assert small == {**CAPS, "tied": True}
    assert capped_shape(true, None) == true
    odd = capped_shape(true, {"num_attention_heads": 6, "num_key_value_heads": 4})
    assert odd["num_attention_heads"] % odd["num_key_value_heads"] == 0


def test_a_rehearsal_has_the_recipe_and_the_answers_that_the_scale_has():
    study = resolve.study_at("econ-qa", CONFIG)
    settings = settings_of(study, CONFIG, "qwen2.5-3b-instruct", "qlora")
    assert settings["recipe"] == study.arms["qlora"]["recipe"]
    assert settings["generation"]["max_new_tokens"] == 100 and settings["tuned"]
    assert settings["lengths"]["rows"]["train"] == 22859
    assert "path" not in settings["model"]  # no weights are read
    own = settings_of(study, {**CONFIG, "data": {"econ-qa": "mine.csv"}}, "qwen2.5-3b-instruct", "base")
    assert own["lengths"] is None and not own["tuned"]


def test_an_answers_reasoning_is_counted_among_its_new_tokens():
    study = resolve.study_at("context-qa", CONFIG)
    generation = settings_of(study, CONFIG, "qwen2.5-3b-instruct", "base")["generation"]
    assert generation["max_new_tokens"] > 128 + 512 and "reasoning_tokens" not in generation


def test_rows_are_as_many_as_rowset_and_scale_keep():
    study = resolve.study_at("korquad", CONFIG)
    counts = {
        arm: settings_of(study, CONFIG, "gemma-3-270m", arm)["lengths"]["rows"]["train"]
        for arm in ("rows_250", "rows_1000", "nf4")
    }
    assert counts == {"rows_250": 250, "rows_1000": 1000, "nf4": study.settings["lengths"]["rows"]["train"]}
    study.lens["rows"] = {"train": 400, "valid": 60, "test": 120, "test-seen": 60}
    assert settings_of(study, CONFIG, "gemma-3-270m", "rows_1000")["lengths"]["rows"]["train"] == 400
    assert settings_of(study, CONFIG, "gemma-3-270m", "base")["lengths"]["rows"]["answered"] == 240


def test_a_rowset_that_chooses_trains_on_as_many_rows_as_it_takes():
    study = resolve.study_at("econ-qa", CONFIG)
    study.settings["rowsets"]["few"] = {"of": "all", "choose": {"by": "random", "rows": 64}}
    study.arms["qlora"]["rowset"] = "few"
    assert settings_of(study, CONFIG, "qwen2.5-3b-instruct", "qlora")["lengths"]["rows"]["train"] == 64
