"""Which files of a repository a model needs, and what is refused."""

import json
import os

import pytest

from kotune.core.errors import UserError
from kotune.core.model_folder import fits
from kotune.hub import repository
from kotune.hub.models import ModelFiles, check_code, remove_strangers

COMMIT = "1234567890abcdef1234567890abcdef12345678"
SMALL = ["chat_template.jinja", "config.json", "generation_config.json", "special_tokens_map.json", "tokenizer.json",
         "tokenizer.model", "tokenizer_config.json"]  # fmt: skip


UNWANTED = [".gitattributes", "LICENSE.txt", "README.md", "USE_POLICY.md", "modeling_exaone.py", "onnx/model.onnx",
            "original/consolidated.00.pth", "original/params.json", "pytorch_model.bin", "training_args.bin"]  # fmt: skip


SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]


def folder_with(path, config=None, shards=None):
    (path / "config.json").write_text(json.dumps(config or {"model_type": "llama"}))
    if shards:
        index = {"weight_map": {f"layer.{number}": name for number, name in enumerate(shards)}}
        (path / "model.safetensors.index.json").write_text(json.dumps(index))
    return path


def settled(names, folder, embedder=False, **entry):
    selection = ModelFiles(repo(**entry), embedder)
    return selection.settled(selection.candidates(sorted(names)), folder)


def repo(**entry):
    return repository.repository("model", "x", {"hub_id": "org/x", "licence": "own", **entry})


def test_only_settings_tokenizer_and_safetensors_are_needed(tmp_path):
    names = settled([*SMALL, *UNWANTED, "model.safetensors"], folder_with(tmp_path))
    assert names == sorted([*SMALL, "model.safetensors"])


def test_of_two_forms_of_the_weights_the_one_that_is_loaded_is_needed(tmp_path):
    index = "model.safetensors.index.json"
    both = [*SMALL, *SHARDS, index, "consolidated.safetensors", "model.fp16.safetensors"]
    assert settled(both, folder_with(tmp_path, shards=SHARDS)) == sorted([*SMALL, *SHARDS, index])
    assert settled([*both, "model.safetensors"], tmp_path) == sorted([*SMALL, "model.safetensors"])


def test_missing_weights_tokenizer_or_settings_are_named(tmp_path):
    folder = folder_with(tmp_path, shards=SHARDS)
    for names, message in [
        ([*SMALL, "pytorch_model.bin"], "org/x holds no weights as safetensors"),
        ([*SMALL, SHARDS[0], "model.safetensors.index.json"], f"1 of the 2 files .* not there \\({SHARDS[1]}\\)"),
        (["config.json", "model.safetensors"], "org/x holds no tokenizer"),
        (["tokenizer.json", "model.safetensors"], "no config.json, so it is no model"),
    ]:
        with pytest.raises(UserError, match=message):
            settled(names, folder)


def test_a_sentence_embedder_brings_its_modules(tmp_path):
    modules = [
        "1_Pooling/config.json",
        "config_sentence_transformers.json",
        "modules.json",
        "sentence_bert_config.json",
    ]
    names = [*SMALL, *modules, *UNWANTED, "model.safetensors"]
    assert settled(names, folder_with(tmp_path), embedder=True) == sorted([*SMALL, *modules, "model.safetensors"])


def test_code_of_a_repository_is_refused_unless_allowed_and_pinned(tmp_path):
    names = [*SMALL, "model.safetensors", "configuration_exaone.py", "modeling_exaone.py"]
    folder = folder_with(tmp_path, {"model_type": "exaone", "auto_map": {"AutoConfig": "configuration_exaone.X"}})
    with pytest.raises(UserError, match="'x': org/x runs on Python code of its own, which is not run unasked: read"):
        settled(names, folder)
    allowed = {"requires_remote_code": True, "trust_remote_code": True, "revision": COMMIT}
    assert set(names) == set(settled(names, folder, **allowed))
    pin = {"files": dict.fromkeys(names)}
    check_code(repo(**allowed), pin)
    with pytest.raises(
        UserError, match="the lock holds code .configuration_exaone.py., which the entry does not allow"
    ):
        check_code(repo(), pin)


def test_a_model_that_transformers_knows_needs_no_code_whatever_its_settings_offer(tmp_path):
    names = [*SMALL, "model.safetensors", "modeling_llama.py"]
    folder = folder_with(tmp_path, {"model_type": "llama", "auto_map": {"AutoModel": "modeling_llama.X"}})
    allowed = {"trust_remote_code": True, "revision": COMMIT}
    assert settled(names, folder) == settled(names, folder, **allowed) == sorted([*SMALL, "model.safetensors"])


def test_files_of_another_version_are_removed_and_a_users_own_stay(tmp_path):
    selection = ModelFiles(repo())
    for name in ("config.json", "model.safetensors", *SHARDS, "notes.txt", "README.md"):
        (tmp_path / name).write_text("x")
    assert remove_strangers(tmp_path, {"files": {"config.json": {}, "model.safetensors": {}}}, selection) == SHARDS
    assert sorted(os.listdir(tmp_path)) == ["README.md", "config.json", "model.safetensors", "notes.txt"]


@pytest.mark.parametrize(
    ("name", "fitting"),
    [("config.json", True), ("config_sentence.json", True), ("onnx/config.json", False), ("CONFIG.json", False)],
)
def test_a_pattern_does_not_reach_into_folders(name, fitting):
    assert fits(name, ("config*.json",)) is fitting
