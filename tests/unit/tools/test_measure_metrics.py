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


def test_nothing_to_measure_or_another_file(tmp_path):
    with pytest.raises(UserError, match="give --sts, --korquad or both"):
        measure_metrics.main([])
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="other.json: not a KLUE-STS file"):
        measure_metrics.of_people(tmp_path / "other.json")


@pytest.mark.skipif(not (STS.is_file() and KORQUAD.is_file()), reason="KLUE-STS and KorQuAD are not at hand")
def test_what_is_kept_is_what_the_published_files_give():
    kept = read_json(measure_metrics.KEPT)
    assert measure_metrics.of_people(STS) == kept["people"]
    assert measure_metrics.of_kinds(KORQUAD) == kept["kinds"]
