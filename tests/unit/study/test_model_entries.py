"""Entries of the catalogue: who asks for a model that cannot be used is told why, and what an entry names is there."""

import copy

import pytest
from checkout import ROOT
from studies import configuration

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.study.model_entries import FACTS, OF_THE_ENTRY, check_barred, check_entries, check_model

CATALOGUE = read_yaml(ROOT / "config/models.yaml")
MODELS = CATALOGUE["models"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("midm-2.0-mini-instruct", "its chat format was not confirmed; compare the chat template of K-intelligence/"),
        ("kanana-1.5-8b-instruct", "its chat format was not confirmed"),
        ("exaone-3.5-2.4b-instruct", "runs Python code of its repository LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct; .* revision"),
    ],
)  # fmt: skip
def test_a_model_that_is_not_known_or_not_safe_is_refused(name, message):
    with pytest.raises(UserError, match=f"config/models.yaml, model '{name}': .*{message}"):
        check_model(name, MODELS[name])


def test_remote_code_runs_only_from_a_pinned_commit():
    name = "exaone-3.5-2.4b-instruct"
    model = {**MODELS[name], "trust_remote_code": True}
    model.pop("revision", None)
    with pytest.raises(UserError, match="trust_remote_code needs the commit whose code was read"):
        check_model(name, model)
    check_model(name, {**model, "revision": "0" * 40})


def test_a_model_without_a_window_is_refused():
    with pytest.raises(UserError, match="its context_window is not known"):
        check_model("one", {"hub_id": "a/b", "family": "gemma2"})


@pytest.mark.parametrize("key", ["revision", "trust_remote_code"])
def test_what_is_about_the_hubs_files_does_not_stand_beside_a_gguf_file(key):
    with pytest.raises(
        UserError, match=f"model 'one': {key} is about files of the hub, and its weights come from gguf"
    ):
        check_model("one", {"hub_id": "a/b", "family": "x", "context_window": 1, "gguf": {"path": "a"}, key: "0" * 40})


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if "barred" in model])
def test_who_asks_for_a_barred_model_gets_the_reason_and_a_model_that_works(name):
    with pytest.raises(UserError) as told:
        check_barred(name, MODELS[name])
    instead = MODELS[name]["barred"]["instead"]
    assert MODELS[name]["hub_id"] in str(told.value) and str(told.value).endswith(f"that works is '{instead}'")
    check_barred(instead, MODELS[instead])
    check_model(instead, MODELS[instead])  # it can be named as it stands


def test_each_fact_has_a_source_or_is_listed_as_unverified():
    for name, model in MODELS.items():
        told = {*model.get("sources", {}), *model.get("unverified", [])}
        assert not {fact for fact in FACTS if fact in model} - told, name


def test_each_citation_says_something():
    cited = {source for model in MODELS.values() for source in model.get("sources", {}).values()}
    cited |= {licence.get("source") for licence in CATALOGUE["licences"].values()}
    assert CATALOGUE["citations"].keys() - {"midm-2.0-modelfile"} <= cited
    assert cited <= {*CATALOGUE["citations"], *OF_THE_ENTRY, None}


def test_a_window_that_is_extended_is_longer_and_not_the_one_that_counts():
    for model in MODELS.values():
        assert model.get("extended_window", {"tokens": 1 << 30})["tokens"] > model.get("context_window", 0)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"licence": "gema"}, "model 'gemma-2-2b-it', licence: licences has no 'gema'; did you mean 'gemma'"),
        ({"sources": {"licence": "litgp"}}, "sources.licence: no citation 'litgp'; did you mean 'litgpt'"),
        ({"sources": {"barred": "litgpt"}}, "sources: it has no barred; leave that source out"),
        ({"sources": {"shape": "gguf"}}, "sources.shape: the entry has no gguf to take it from"),
        ({"sources": {"gated": "litgpt"}}, "gated has a source, and is listed as unverified; leave one out"),
        ({"barred": {"by": ["moe"], "why": "x", "instead": "gpt-oss-20b"}}, "barred.instead: no usable model 'gpt-oss-20b'"),
    ],
)  # fmt: skip
def test_what_an_entry_names_and_the_catalogue_has_not_is_refused(change, fault):
    config = copy.deepcopy(configuration())
    check_entries(config)
    config["models"]["gemma-2-2b-it"] |= change
    with pytest.raises(UserError, match=fault):
        check_entries(config)
