"""The hub without a hub: which files a model needs, what is refused, and what counts as a right file."""

import hashlib
import json
import os

import pytest
from checkout import ROOT

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.hub import files, repository
from kotune.hub.models import ModelFiles, check_code, remove_strangers

COMMIT = "1234567890abcdef1234567890abcdef12345678"
SMALL = ["chat_template.jinja", "config.json", "generation_config.json", "special_tokens_map.json", "tokenizer.json",
         "tokenizer.model", "tokenizer_config.json"]  # fmt: skip
UNWANTED = [".gitattributes", "LICENSE.txt", "README.md", "USE_POLICY.md", "modeling_exaone.py", "onnx/model.onnx",
            "original/consolidated.00.pth", "original/params.json", "pytorch_model.bin", "training_args.bin"]  # fmt: skip
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]


def repo(**entry):
    return repository.repository("model", "x", {"hub_id": "org/x", "licence": "own", **entry})


def folder_with(path, config=None, shards=None):
    (path / "config.json").write_text(json.dumps(config or {"model_type": "llama"}))
    if shards:
        index = {"weight_map": {f"layer.{number}": name for number, name in enumerate(shards)}}
        (path / "model.safetensors.index.json").write_text(json.dumps(index))
    return path


def settled(names, folder, embedder=False, **entry):
    selection = ModelFiles(repo(**entry), embedder)
    return selection.settled(selection.candidates(sorted(names)), folder)


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
    with pytest.raises(UserError, match="runs on Python code of its own"):  # before anything is asked of the hub
        repo(requires_remote_code=True)
    with pytest.raises(UserError, match="revision must name a commit .40 hex digits., not 'main'"):
        repo(requires_remote_code=True, trust_remote_code=True)
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


def test_a_file_is_right_when_size_and_hash_are(tmp_path):
    path, body = tmp_path / "f", "금리".encode()
    path.write_bytes(body)
    sha256, blob = hashlib.sha256(body).hexdigest(), hashlib.sha1(b"blob 6\0" + body).hexdigest()
    assert files.sha256_if_right(path, {"size": 6, "sha256": sha256}) == sha256
    assert files.sha256_if_right(path, {"size": 6, "blob": blob}) == sha256
    assert files.sha256_if_right(path, {"size": 7, "sha256": sha256}) is None
    assert files.sha256_if_right(path, {"size": 6, "sha256": "0" * 64}) is None
    assert files.sha256_if_right(path, {"size": 6, "blob": "0" * 40}) is None
    assert files.sha256_if_right(tmp_path / "none", {"size": 6, "sha256": sha256}) is None


@pytest.mark.parametrize("name", ["../../.bashrc", "/etc/passwd"])
def test_a_file_name_cannot_lead_out_of_the_folder(tmp_path, name):
    expected = {"size": 1, "sha256": "0" * 64}
    with pytest.raises(UserError, match="a file whose name leads out of the folder"):
        files.fetch_file(repo(), COMMIT, name, expected, tmp_path, files.Meter("x", 1))


def test_a_disk_without_room_is_refused_before_anything_is_fetched(tmp_path):
    pin = {"hub_id": "org/x", "revision": COMMIT, "files": {"model.safetensors": {"size": 10**18, "sha256": "0" * 64}}}
    with pytest.raises(UserError, match=r"model 'x' needs 1000000000.0 GB more, but only .* are free; make room"):
        files.fetch_all(repo(), pin, tmp_path)


def test_sizes_are_said_as_a_person_says_them():
    assert [repository.size_text(size) for size in (18_480_000_000, 250_000_000, 6_300_000, 812)] == [
        "18.5 GB", "0.2 GB", "6.3 MB", "0.8 kB"
    ]  # fmt: skip


def test_an_entry_without_a_hub_id_is_named():
    with pytest.raises(UserError, match="config/datasets.yaml, dataset 'd': no hub_id"):
        repository.repository("dataset", "d", {"source": "user"})


def test_progress_is_said_in_megabytes_with_the_time_left(monkeypatch):
    said = []
    monkeypatch.setattr(files.console, "say", said.append)
    meter = files.Meter("tiny", 50_000_000, done=10_000_000)
    meter.progress.every = 0
    meter.update(15_000_000)
    assert said and said[0].startswith("tiny, MB fetched: 25/50, about ") and said[0].endswith(" left")


def test_shipped_models_can_be_downloaded_unless_they_need_code_of_their_own():
    for name, entry in read_yaml(ROOT / "config/models.yaml")["models"].items():
        if entry.get("requires_remote_code") and not entry.get("trust_remote_code"):
            with pytest.raises(UserError, match=f"'{name}': {entry['hub_id']} runs on Python code of its own"):
                repository.repository("model", name, entry)
        else:
            assert repository.repository("model", name, entry).hub_id == entry["hub_id"]
