"""A study that rates its rows has numbers of that, and of each rowset that is chosen by it."""

from rated_lines import DOCUMENT

from kotune.core.storage import write_json
from kotune.report.gather.quality import document_file, quality
from kotune.report.view import Report

LENGTHS = {"asked": {"mean": 12.5, "median": 12}, "learned": {"mean": 3.0, "median": 2}}


def test_f1s_shares_features_and_lengths_are_numbers(tmp_path):
    arms = {"base": {"rowset": "raw"}, "lima": {"rowset": "lima"}}
    report = Report({"study": "toy", "quality": ["quality-filter"], "arms": arms, "arm_order": list(arms)}, tmp_path)
    known = DOCUMENT["validation"] | {"kind": "truth", "source": "noise", "rows": 2}
    write_json(tmp_path / "quality/ratings.json", {**DOCUMENT, "second": [known]})
    write_json(tmp_path / "rows/raw/audit.json", {})
    told = {"of_rows": 9, "kept": 4, "added": 1, "lengths": LENGTHS}
    write_json(tmp_path / "rows/lima/audit.json", {"chosen": told})
    found = quality(report)
    assert found["toy.quality.binary_f1"]["interval"] == "[0.500, 1.000]"
    assert (found["toy.quality.second.truth.binary_f1"]["text"], "toy.quality.macro_f1" in found) == ("1.000", True)
    assert found["toy.quality.removed.3"]["text"] == "40.0"
    assert found["toy.quality.undocumented"]["value"] == 1
    assert found["toy.quality.lima.asked_chars.mean"] | {"records": []} == {
        "value": 12.5, "text": "12.5", "n": 5, "records": []}  # fmt: skip
    assert not any(key.startswith("toy.quality.raw") for key in found)


def test_a_study_that_rates_no_rows_has_none(tmp_path):
    report = Report({"study": "toy"}, tmp_path)
    assert quality(report) == {} and document_file(report) == []
