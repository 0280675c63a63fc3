"""Every shipped configuration is valid, and a mistake in one is answered with file, key and nearest name."""

import re

import pytest
import yaml
from checkout import ROOT

from kotune import studies
from kotune.catalogue import check, named, read_yaml
from kotune.errors import UserError
from kotune.families import load_families


@pytest.fixture
def config():
    return {
        key: value
        for name in ("config", "models", "datasets")
        for key, value in read_yaml(ROOT / f"config/{name}.yaml").items()
    }


FOLDERS = {"studies": "study", "recipes": "recipe", "scales": "scale", "prompts": "prompt"}
SHIPPED = sorted((folder, path.stem) for folder in FOLDERS for path in (ROOT / "config" / folder).rglob("*.yaml"))


def test_there_is_something_of_each_kind():
    assert {folder for folder, _ in SHIPPED} == set(FOLDERS)


@pytest.mark.parametrize(("folder", "name"), SHIPPED)
def test_shipped_file_is_valid(folder, name):
    named(folder, name, FOLDERS[folder])


def test_shipped_configuration_is_valid(config):
    check(config, "config", "config/")


def test_families_fit_together(config):
    families = load_families(ROOT / "config/families.yaml")
    for model in [*config["models"].values(), *config["stand_ins"].values()]:
        assert model["family"] in families


def test_a_stand_in_speaks_as_the_model_it_stands_for(config):
    for model in config["models"].values():
        assert config["stand_ins"][model["stand_in"]]["family"] == model["family"]


@pytest.mark.parametrize("study", [path.stem for path in sorted((ROOT / "config/studies").glob("*.yaml"))])
@pytest.mark.parametrize("scale", [path.stem for path in sorted((ROOT / "config/scales").glob("*.yaml"))])
def test_every_study_resolves_at_every_scale(config, study, scale):
    resolved = studies.study_at(study, {**config, "scale": scale})
    assert resolved.treatments() and resolved.evaluated


def test_mini_keeps_rank_and_projections_of_the_recipe(config):
    resolved = studies.study_at("econ-qa", config)
    published = named("recipes", "qlora-r6", "recipe")
    assert resolved.arms["qlora"]["recipe"]["lora"] == published["lora"]
    assert resolved.arms["qlora"]["recipe"]["quantization"]["bnb_4bit_quant_type"] == "nf4"
    assert resolved.arms["base"]["recipe"]["quantization"] == resolved.arms["qlora"]["recipe"]["quantization"]


def test_tables_name_stand_ins_only(config):
    resolved = studies.study_at("econ-qa", config)
    assert set(resolved.models) == set(config["stand_ins"])


MISTAKES = [
    (["config", "skale"], "mini", r"unknown key 'skale'; did you mean 'scale'"),
    (["config", "seeds"], "42", r"key 'seeds': '42' is of type str, it must be of type array"),
    (["config", "tracking"], "offlin", r"key 'tracking'.*did you mean 'offline'"),
    (["config", "scale"], "minni", r"config/scales/: no file 'minni.yaml'; did you mean 'mini'"),
    (["config", "models", "eeve-korean-instruct-10.8b", "stand_in"], "tiny-eev", r"stand-in 'tiny-eev'; did you mean 'tiny-eeve'"),
    (["studies/econ-qa", "candidates", 0], "ko-gemma-2-9b", r"econ-qa.yaml: unknown model 'ko-gemma-2-9b'; did you mean 'ko-gemma-2-9b-it'"),
    (["studies/econ-qa", "arms", "qlora", "recipe"], "qlora-r7", r"no file 'qlora-r7.yaml'; did you mean 'qlora-r6'"),
    (["studies/econ-qa", "arms", "qlora", "prompt"], "econ-qa.clear", r"variant 'clear'; did you mean 'clean'"),
    (["studies/econ-qa", "arms", "qlora", "recpie"], "x", r"key 'arms.qlora': unknown key 'recpie'; did you mean 'recipe'"),
    (["studies/econ-qa", "dataset"], "dacon", r"unknown dataset 'dacon'; did you mean 'dacon-236291'"),
    (["studies/econ-qa", "embedder"], None, r"key 'embedder': None is of type NoneType, it must be of type string"),
    (["studies/econ-qa", "ensembles", "favourite"], "ko-gemma", r"favourite 'ko-gemma' is not a member; did you mean 'ko-gemma-2-9b-it'"),
    (["studies/econ-qa", "ensembles", "members", 0], "llama-3.2-3b-instruct", r"member 'llama-3.2-3b-instruct' has no arm 'qlora'"),
    (["recipes/qlora-r6", "lora", "rank"], 8, r"key 'lora': unknown key 'rank'"),
    (["recipes/qlora-r6", "lora", "r"], "six", r"key 'lora.r': 'six' is of type str, it must be of type integer"),
    (["recipes/qlora-r6", "trainer", "learning_rates"], 1, r"unknown key 'learning_rates'; did you mean 'learning_rate'"),
    (["scales/mini", "compute", "device"], "gpu", r"key 'compute.device'"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "message"), MISTAKES)
def test_a_mistake_is_named(config, tmp_path, monkeypatch, place, value, message):
    """Put one mistake into a copy of the configuration and resolve the study from it."""
    import shutil

    shutil.copytree(ROOT / "config", tmp_path / "config")
    if place[0] == "config":
        target, document = config, None
    else:
        document = tmp_path / "config" / f"{place[0]}.yaml"
        target = whole = read_yaml(document)
    for key in place[1:-1]:
        target = target[key]
    target[place[-1]] = value
    if document:
        document.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        check(config, "config", "configuration")
        studies.study_at("econ-qa", config, tmp_path)
    assert re.search(message, str(caught.value)), str(caught.value)


def test_requirements_and_conda_environment_hold_the_same_exact_versions():
    pins = [line.strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    pins = [line for line in pins if line and not line.startswith("#")]
    conda = read_yaml(ROOT / "environment.yml")["dependencies"][-1]["pip"]
    assert pins == conda
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin) for pin in pins)


def test_installed_versions_are_the_pinned_ones():
    import importlib.metadata

    for pin in (ROOT / "requirements.txt").read_text().splitlines():
        if "==" in pin:
            name, version = pin.split("==")
            assert importlib.metadata.version(name).split("+")[0] == version
