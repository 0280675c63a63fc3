"""How jobs are handed their settings: files that say what the params say, written once and left alone after."""

import json
from types import SimpleNamespace

import pytest

from kotune.plan.settings_files import files_of, write

PARAMS = {
    "cli": "scripts/answer_prompts.py",
    "model": '{"name": "tiny", "글": [1]}',
    "labels": "[]",
    "generation": "null",
    "files": "results/mini/settings/answer_prompts/tiny",
    "folder": "results/mini",
}


def test_each_param_of_settings_gets_its_file():
    files = files_of(PARAMS)
    folder = PARAMS["files"]
    assert set(files) == {f"{folder}/model.json", f"{folder}/labels.json"}
    assert json.loads(files[f"{folder}/model.json"]) == {"name": "tiny", "글": [1]}
    assert "글" in files[f"{folder}/model.json"]


def test_a_rule_without_files_is_handed_none():
    assert files_of({"cli": "scripts/x.py", "settings": "{}"}) == {}


def test_a_folder_that_cannot_be_written_ends_the_run_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").write_text("")
    with pytest.raises(SystemExit, match=r"^error: .*/model\.json: cannot write, a part of its path is a file"):
        write([SimpleNamespace(params=PARAMS)])


def test_a_file_that_says_the_same_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = SimpleNamespace(params=PARAMS)
    write([job])
    file = tmp_path / PARAMS["files"] / "model.json"
    before = file.stat().st_mtime_ns
    write([job])
    assert file.stat().st_mtime_ns == before
    write([SimpleNamespace(params=PARAMS | {"model": '{"name": "other"}'})])
    assert json.loads(file.read_text(encoding="utf-8")) == {"name": "other"}
