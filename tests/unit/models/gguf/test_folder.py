"""A folder that was made of a GGUF file is whole or not there, and is known again."""

from __future__ import annotations

import json
import shutil

import pytest
from gguf_files import small_model

from kotune.core.errors import UserError
from kotune.core.storage import sha256_of
from kotune.models.gguf import folder as folders
from kotune.models.gguf.folder import about_the_file, convert, kept


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return small_model(tmp_path_factory.mktemp("gguf") / "small.gguf")


@pytest.fixture(scope="module")
def made(file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "small"
    convert(file, folder, sha256_of(file), packages=["a==1"])
    return folder


@pytest.fixture
def copy(made, tmp_path):
    return shutil.copytree(made, tmp_path / "small")


def test_the_record_names_the_file_and_every_file_of_the_folder(file, made):
    record = json.loads((made / "gguf.json").read_text())
    assert (record["file"], record["quantisation"], record["packages"]) == ("small.gguf", "F32", ["a==1"])
    assert set(record["files"]) == {path.name for path in made.iterdir()} - {"gguf.json"}
    assert record["files"]["config.json"]["sha256"] == sha256_of(made / "config.json")
    assert not {"files", "converter"} & about_the_file(record).keys()
    assert (made / "model.safetensors").stat().st_mode == (made / "config.json").stat().st_mode


def test_a_folder_is_known_again_by_the_hash_by_the_file_and_where_that_is_gone_by_its_name(file, copy):
    sha256 = sha256_of(file)
    assert kept(copy, None, sha256) and kept(copy, file, None) and kept(copy, file, sha256)
    assert kept(copy, copy / "gone/small.gguf", None) and kept(copy, copy / "gone/small.gguf", sha256)
    assert not kept(copy, None, "0" * 64) and not kept(copy, copy / "gone/other.gguf", None)
    assert not kept(copy, copy / "config.json", None), "another file"


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "gguf.json"])
@pytest.mark.parametrize("how", ["gone", "edited", "cut"])
def test_a_folder_that_is_not_whole_is_made_again(file, copy, name, how):
    path = copy / name
    content = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(content[: len(content) // 2] if how == "cut" else content.replace(b"e", b"f", 1))
    if (name, how) != ("gguf.json", "edited"):
        assert not kept(copy, None, sha256_of(file))


def test_a_folder_of_an_earlier_converter_is_made_again(file, copy, monkeypatch):
    monkeypatch.setattr(folders, "converter", lambda: "another")
    assert not kept(copy, None, sha256_of(file))


def test_what_cannot_be_translated_leaves_nothing(tmp_path):
    path = small_model(tmp_path / "a.gguf", more=lambda writer: writer.add_logit_scale(0.5))
    with pytest.raises(UserError, match="logit_scale"):
        convert(path, tmp_path / "models/a", sha256_of(path))
    assert not (tmp_path / "models/a").exists()


def test_a_failure_midway_leaves_an_earlier_folder_as_it_was(file, copy, monkeypatch):
    before = {path.name: path.read_bytes() for path in copy.iterdir()}

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("kotune.models.gguf.snapshot.write_text", stopped)
    monkeypatch.setattr("kotune.models.gguf.snapshot.write_json", stopped)
    with pytest.raises(KeyboardInterrupt):
        convert(file, copy, sha256_of(file))
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def test_a_disk_without_room_is_named_before_anything_is_written(file, tmp_path, monkeypatch):
    monkeypatch.setattr(folders.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(UserError, match=r"the weights of small.gguf take .* MB, but only 1.0 kB are free; make room"):
        convert(file, tmp_path / "a", sha256_of(file))
    assert not (tmp_path / "a").exists()


def test_a_cut_file_is_one_line(file, tmp_path):
    (tmp_path / "cut.gguf").write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(UserError, match="cut off or damaged"):
        convert(tmp_path / "cut.gguf", tmp_path / "a", "0" * 64)
    assert not (tmp_path / "a").exists()
