"""What is measured is what config/benchmarks.yaml names, on a model of the catalogue or a bundled stand-in."""

import pytest

from kotune.core.catalogue import benchmarks_at, read_yaml
from kotune.core.names import ROOT
from kotune.speed import settings

ASKED = benchmarks_at()
CATALOGUE = read_yaml(ROOT / "config/models.yaml")
FAMILIES = read_yaml(ROOT / "config/families.yaml")
MODELS = CATALOGUE["models"]


@pytest.mark.parametrize("name", ASKED["training"])
def test_every_training_is_of_a_shape_that_is_known_and_can_be_shrunken(name):
    asked = settings.training_settings(name, ASKED, MODELS, FAMILIES)
    model = MODELS[asked["model"]["name"]]
    assert asked["model"]["shape"] == model["shape"] and asked["recipe"]["lora"]["r"] > 0
    small = settings.shrunken(asked)
    assert small["model"]["shape"]["hidden_size"] == 64 and small["compute"]["device"] == "cpu"
    assert small["recipe"]["quantization"] is None and not small["recipe"]["trainer"]["bf16"]
    assert asked["model"]["shape"] == model["shape"], "shrinking leaves what was asked as it was"


@pytest.mark.parametrize("name", ASKED["answering"])
def test_every_answering_names_its_engine(name):
    asked = settings.answering_settings(name, ASKED, MODELS, FAMILIES)
    assert asked["engine"] in ("packed", "padded") and asked["prompts"]["count"] > 0
    assert settings.shrunken(asked)["prompts"]["count"] == 8


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in ("training", "answering") for name in ASKED["cpu"][kind]]
)
def test_what_a_cpu_measures_is_a_stand_in_that_is_bundled(kind, name):
    asked = settings.stand_in_settings(kind, name, ASKED, CATALOGUE["stand_ins"], FAMILIES)
    assert (ROOT / asked["model"]["path"] / "model.safetensors").is_file()
    assert asked["compute"]["device"] == "cpu" and asked["name"] == name


def test_what_was_found_is_told_in_a_line_for_each_arm():
    paces = {"tuned": {"prompts_per_second": 70.0}, "base": {"prompts_per_second": 90.5}}
    found = {"name": "packed", "card": "NVIDIA H200", "gib": 3.0, **paces}
    lines = list(settings.lines_of("answering", found))
    assert [line.split()[:3] for line in lines] == [["packed", "tuned", "70.0"], ["packed", "base", "90.5"]]
    assert list(settings.lines_of("training", {"name": "fused", "failed": "no memory"})) == [
        "fused            failed: no memory"
    ]
    trained = {
        "tokens_per_second": 40000,
        "rows_per_second": 42.0,
        "losses": [1.5],
        "card": "CPU",
        "gib": None,
        "mfu": None,
    }
    (line,) = settings.lines_of("training", {"name": "fused", **trained})
    assert "40,000 tokens/s" in line and "MFU" not in line and "GiB" not in line


def test_the_model_that_speed_is_measured_on_is_of_the_catalogue():
    ((name, model),) = settings.benchmarked_model(CATALOGUE).items()
    assert name == ASKED["model"] and model == MODELS[name]
