"""What the page holds: its studies, and what it says of rows that may not be passed on."""

import json

import explorers
import write_explorer

from kotune.report.explorer import contents


def test_the_index_names_each_evaluation_and_its_document(plain):
    settings = explorers.settings_of(plain.settings, plain.study)
    index, (document,) = contents.of_studies(settings)
    (study,) = index["studies"]
    assert study["study"] == "econ-qa" and study["sets"][0]["rows"] == len(document["rows"]["id"]) == 114
    assert index["notes"] == [] and index["notice_ko"] == "시험입니다."


def test_rows_that_may_not_be_redistributed_are_named_once(plain):
    settings = explorers.settings_of(plain.settings, plain.study)
    one = settings["studies"][0]["sets"][0]
    secret = {"title": "DACON", "licence": "rules", "redistribution": False}
    unsaid = {"title": "Own rows", "licence": "not stated", "redistribution": None}
    sets = [{"datasets": [secret, *one["datasets"]]}, {"datasets": [unsaid, secret]}]
    assert contents.notes({"studies": [{"sets": sets}]}) == [
        {"dataset": "DACON", "licence": "rules", "keep_local": True},
        {"dataset": "Own rows", "licence": "not stated", "keep_local": False},
    ]


def test_the_script_writes_the_page_and_warns_of_rows_that_stay_here(real, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(write_explorer.console, "say", told.append)
    settings = explorers.settings_of(real.settings, real.study)
    write_explorer.main(["--settings", json.dumps(settings), "--output", str(tmp_path / "explorer.html")])
    assert told[0].startswith(f"wrote {tmp_path / 'explorer.html'}: 1,540 answers")
    assert told[1].endswith("holds rows that may not be redistributed; do not publish it")
    assert (tmp_path / "explorer.html").stat().st_size > 50_000
