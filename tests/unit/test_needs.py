"""What a run says that it needs before it starts."""

import pytest
from checkout import ROOT

from kotune import studies
from kotune.catalogue import read_yaml
from kotune.needs import needs_of


@pytest.fixture
def config():
    loaded = [read_yaml(ROOT / f"config/{name}.yaml") for name in ("config", "models", "datasets")]
    return {key: value for part in loaded for key, value in part.items()} | {"data": {"econ-qa": "klue-mrc-news"}}


def lines(config, root):
    full = studies.study_at("econ-qa", {**config, "scale": "full"})
    return needs_of([type(full)(**{**vars(full), "root": root})], config)


def test_each_model_its_size_licence_and_gate(config, tmp_path):
    told = lines(config, tmp_path)
    (gemma,) = [line for line in told if line.startswith("model ko-gemma-2-9b-it:")]
    assert "to download, about 18.5 GB" in gemma and "licence gemma (unverified)" in gemma
    (llama,) = [line for line in told if line.startswith("model llama-3.2-3b-instruct:")]
    assert "gated: accept its terms at huggingface.co/meta-llama/Llama-3.2-3B-Instruct and set HF_TOKEN" in llama


def test_the_sum_counts_what_is_still_to_come(config, tmp_path):
    before = lines(config, tmp_path)[-1]
    snapshot = tmp_path / "resources/hub/models/ko-gemma-2-9b-it/snapshot.json"
    snapshot.parent.mkdir(parents=True)
    snapshot.write_text("{}")
    told = lines(config, tmp_path)
    assert any("ko-gemma-2-9b-it: is here" in line for line in told)
    assert float(before.split()[3]) - float(told[-1].split()[3]) == pytest.approx(18.5, abs=0.1)


def test_trainings_are_counted_and_hours_are_not_made_up(config, tmp_path):
    (work,) = [line for line in lines(config, tmp_path) if line.startswith("econ-qa:")]
    assert "4 trainings and 9 sets of answers" in work and "not known" in work


def test_a_scale_of_stand_ins_needs_nothing(config):
    assert needs_of([studies.study_at("econ-qa", {**config, "data": {}})], config) == []
