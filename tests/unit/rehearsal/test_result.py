"""What a rehearsal found, in one document: measured, predicted, and how far the prediction was off."""

import polars
import pytest
from rehearsed import document, measured, shrunken

from kotune.core.catalogue import read_yaml
from kotune.core.names import ROOT
from kotune.cost import fit
from kotune.cost.cards import card_named
from kotune.rehearsal import result
from kotune.study.wording import family_content, prompt_content

CARDS = read_yaml(ROOT / "config/cards.yaml")["cards"]


def test_the_error_is_of_the_very_rows_that_ran():
    settings = shrunken("qwen2.5-3b-instruct", "qlora")
    job = fit.job_of(settings, None, None)
    card = card_named("NVIDIA H200", settings["cards"])
    found_here = {
        "training": {"fits": True, "gib": 1.0, "tokens_per_second": 100.0},
        "answers": {"fits": True, "gib": 1.0, "prompts_per_second": 1.0},
    }
    found = result.errors(settings, job, found_here, card)
    said = found["training"]["predicted"]
    assert found["training"]["gib"] == pytest.approx(said["gib"] - 1)
    assert found["training"]["seconds"] == pytest.approx(100 / said["tokens_per_second"] - 1)


def test_what_does_not_fit_is_told_with_what_to_change():
    full = document(found={**measured(), "training": {"fits": False}})
    assert not full["measured"]["fits"] and full["measured"]["answers"]["hours"] > 0
    assert full["change"].endswith("halve the batch sizes")
    told = result.in_one_line(full)
    assert told.startswith("training does not fit; answers 2.00/s, 1.0 GiB, ") and "to make it fit: " in told


def test_the_full_run_is_extrapolated_from_the_pace():
    found = document()
    training, answers = found["measured"]["training"], found["measured"]["answers"]
    tokens = found["lengths"]["train"]["mean"] * found["lengths"]["rows"]["train"]
    epochs = found["asked"]["recipe"]["trainer"].get("num_train_epochs", 3)
    assert training["hours"] == pytest.approx(tokens * epochs / 1000 / 3600, rel=0.01)
    assert answers["hours"] == pytest.approx(found["lengths"]["rows"]["answered"] / 2 / 3600)
    assert training["watts"] == 50.0 and training["wh"] == pytest.approx(50 * training["hours"])
    assert result.in_one_line(found).count(" h for the full run") == 2


def test_every_card_is_predicted_and_the_download_is_the_true_models():
    found = document()
    memory = [CARDS[one["card"]]["memory_gib"] for one in found["predicted"]]
    assert {one["card"] for one in found["predicted"]} == set(CARDS) and memory == sorted(memory)
    assert found["shrunken"] and found["download_gb"] == pytest.approx(6.426)
    assert document(arm="base")["trainable_parameters"] == 0 < found["trainable_parameters"]


def test_lengths_are_guessed_from_the_characters_of_a_users_rows(tmp_path):
    settings = shrunken("llama-3.2-3b-instruct", "qlora")
    row = {"id": "1", "context": "금리를 올렸다.", "question": "무엇을?", "answer": "금리 " * 20}
    polars.DataFrame([row]).write_parquet(tmp_path / "train.parquet")
    polars.DataFrame([row, {**row, "context": "긴 기사 " * 50}]).write_parquet(tmp_path / "test.parquet")
    files = [tmp_path / "train.parquet", tmp_path / "test.parquet"]
    prompt = {"name": "econ-qa", "variant": "clean", "content": prompt_content("econ-qa.clean")}
    family = family_content(settings["model"]["family"])
    trained, asked = result.lengths_from(settings, files, prompt, family)
    assert [answer for _, answer in trained] == [31]  # 60 characters at two a token, and the stop token
    assert len(asked) == 2 and asked[1][0] - asked[0][0] == pytest.approx((250 - 8) / 2, abs=1)
    assert result.lengths_from(settings, [], None, None) == (None, None)
