"""Every shipped configuration is valid, and a mistake in one is answered with file, key and nearest name."""

import re

import pytest
import yaml
from checkout import ROOT
from families_file import load_families

from kotune.core.catalogue import benchmarks_at, check, configuration_at, named, read_yaml
from kotune.core.errors import UserError
from kotune.study import resolve


@pytest.fixture
def config():
    return configuration_at()


FOLDERS = {"studies": "study", "recipes": "recipe", "scales": "scale", "prompts": "prompt", "published": "published"}
SHIPPED = sorted((folder, path.stem) for folder in FOLDERS for path in (ROOT / "config" / folder).rglob("*.yaml"))


def test_there_is_something_of_each_kind():
    assert {folder for folder, _ in SHIPPED} == set(FOLDERS)


@pytest.mark.parametrize(("folder", "name"), SHIPPED)
def test_shipped_file_is_valid(folder, name):
    named(folder, name, FOLDERS[folder])


def test_the_benchmarks_are_valid_and_about_models_that_there_are(config, tmp_path):
    asked = benchmarks_at()
    for one in [asked, *asked["training"].values(), *asked["answering"].values()]:
        assert "shape" in config["models"][one.get("model", asked["model"])]
    (tmp_path / "config").mkdir()
    text = (ROOT / "config/benchmarks.yaml").read_text(encoding="utf-8")
    (tmp_path / "config/benchmarks.yaml").write_text(text.replace("layers: fused", "layer: fused", 1), encoding="utf-8")
    with pytest.raises(
        UserError, match=r"benchmarks.yaml: key 'training.*passes': unknown key 'layer'; did you mean 'layers'"
    ):
        benchmarks_at(tmp_path)


def test_shipped_configuration_is_valid(config):
    check(config, "config", "config/")


def test_families_fit_together(config):
    families = load_families(ROOT / "config/families.yaml")
    for model in [*config["models"].values(), *config["stand_ins"].values()]:
        assert model.get("family", "gemma2") in families


def test_a_stand_in_speaks_as_the_model_it_stands_for(config):
    for model in config["models"].values():
        if "stand_in" in model:
            assert config["stand_ins"][model["stand_in"]]["family"] == model["family"]


def test_every_family_has_a_prompt_in_every_study_of_its_kind(config):
    known = [model for model in config["models"].values() if "family" not in model.get("unverified", [])]
    usable = {model["family"] for model in known if "family" in model}
    assert usable <= set(named("prompts", "econ-qa", "prompt")["variants"]["clean"]["families"])


@pytest.mark.parametrize("catalogue", ["models", "datasets"])
def test_what_is_not_verified_is_a_fact_of_the_entry(config, catalogue):
    for name, entry in config[catalogue].items():
        for fact in entry.get("unverified", []):
            key, _, inner = fact.partition(".")
            assert key in entry and (not inner or inner in entry[key]), (name, fact)


def test_parameters_agree_with_the_shape(config):
    """Twice what embeddings and layers of a gated transformer hold, less what the catalogue rounds away."""
    for name, model in config["models"].items():
        shape = model.get("shape", {})
        if {"vocab_size", "tied"} <= set(shape) and "parameters" in model:
            width, heads = shape["hidden_size"], shape["num_attention_heads"] + shape["num_key_value_heads"]
            layer = 2 * width * heads * shape["head_dim"] + 3 * width * shape["intermediate_size"]
            held = shape["num_hidden_layers"] * layer + (2 - shape["tied"]) * shape["vocab_size"] * width
            assert held == pytest.approx(model["parameters"], rel=0.002), name


def test_data_sets_name_data_sets_that_there_are(config):
    for name, dataset in config["datasets"].items():
        for other in [*dataset.get("substitutes", []), dataset.get("stand_in", name)]:
            assert other in config["datasets"], name
        assert (dataset["source"] == "hub") == ("hub_id" in dataset), name
        assert dataset["source"] != "user" or "how_to_get" in dataset, name
        if dataset["source"] == "bundled":
            files = dataset.get("files", {"test": dataset.get("path")})  # a file alone holds what is only asked
            assert set(files) == set(dataset["splits"]) and all((ROOT / path).is_file() for path in files.values()), (
                name
            )


@pytest.mark.parametrize("study", [path.stem for path in sorted((ROOT / "config/studies").glob("*.yaml"))])
@pytest.mark.parametrize("scale", [path.stem for path in sorted((ROOT / "config/scales").glob("*.yaml"))])
def test_every_study_resolves_at_every_scale(config, study, scale):
    said = read_yaml(ROOT / "config/studies" / f"{study}.yaml")
    shared = said.get("shares", {}).get("study", study)
    data = {} if scale == "mini" or "task" in said else {shared: "klue-mrc-news"}
    resolved = resolve.study_at(study, {**config, "scale": scale, "data": data})
    assert resolved.treatments() and resolved.evaluated


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
    (["recipes/qlora-r6", "passes"], {"memory": 4}, r"key 'passes': unknown key 'memory'; did you mean 'memory_gib'"),
    (["scales/mini", "generation", "engine"], "pakced", r"key 'generation.engine': 'pakced'.*did you mean 'packed'"),
    (["scales/mini", "compute", "device"], "gpu", r"key 'compute.device'"),
    (["studies/context-qa", "may_be_missing", 0], "exaone-3.5-2.4b", r"may_be_missing: 'exaone-3.5-2.4b' is not a candidate; did you mean"),
    (["studies/context-qa", "stand_ins", "llama"], "long-llama3", r"stand_ins: 'llama' is not a candidate"),
    (["studies/context-qa", "stand_ins", "gemma-2-2b-it"], "long-gema2", r"stand-in 'long-gema2'; did you mean 'long-gemma2'"),
    (["studies/context-qa", "scales", "minni"], {}, r"no scale 'minni'; did you mean 'mini'"),
    (["studies/context-qa", "selection", "arms", 0], "bse", r"arm 'bse'; did you mean 'base'"),
    (["studies/context-qa", "selection", "tie_breaks", 0], "popularty", r"did you mean 'popularity'"),
    (["studies/context-qa", "arms", "clean", "models", 0], "selectd", r"'selectd' is not a candidate"),
    (["studies/context-qa", "arms", "base", "models"], ["selected"], r"arm 'base': models: \[selected\] needs a recipe"),
    (["studies/context-qa", "scales", "mini", "embedders", 0], "usem", r"embedder 'usem'; did you mean 'usem3'"),
    (["studies/context-qa", "generation", "reasoning_token"], 3, r"unknown key 'reasoning_token'; did you mean 'reasoning_tokens'"),
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
        study = place[0].removeprefix("studies/") if place[0].startswith("studies/") else "econ-qa"
        resolve.study_at(study, config, tmp_path)
    assert re.search(message, str(caught.value)), str(caught.value)


def test_requirements_and_conda_environment_hold_the_same_exact_versions():
    pins = [line.strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    pins = [line for line in pins if line and not line.startswith("#")]
    conda = read_yaml(ROOT / "environment.yml")["dependencies"][-1]["pip"]
    assert pins == conda
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin) for pin in pins)


def test_unsloth_s_two_lists_are_the_same():
    pins = [line for line in (ROOT / "requirements-unsloth.txt").read_text().splitlines() if line and line[0] != "#"]
    assert pins == read_yaml(ROOT / "workflow/envs/unsloth.yml")["dependencies"][-1]["pip"]


def test_conda_and_containers_have_the_same_python_and_install_the_same_list():
    environment = read_yaml(ROOT / "environment.yml")
    assert environment["channels"] == ["conda-forge"]
    assert environment["dependencies"][:2] == ["python=3.11", "pip"] and len(environment["dependencies"]) == 3
    for name in ("Dockerfile", "kotune.def"):
        text = (ROOT / "containers" / name).read_text(encoding="utf-8")
        assert re.search(r"(?mi)^from:? python:3\.11-slim", text), name
        assert "pip install --no-cache-dir --requirement /opt/kotune/requirements.txt" in text


def test_installed_versions_are_the_pinned_ones():
    import importlib.metadata

    for pin in (ROOT / "requirements.txt").read_text().splitlines():
        if "==" in pin:
            name, version = pin.split("==")
            assert importlib.metadata.version(name).split("+")[0] == version
