"""Measuring the rules for refusals: what is kept is what the rules and the labels say today."""

import json

import measure_refusals
import pytest

from kotune.core.storage import read_json
from kotune.rows.readers import read_table


def test_what_is_kept_of_the_labelled_answers_is_true():
    kept, rows = read_json(measure_refusals.KEPT), read_table(str(measure_refusals.LABELLED)).frame.to_dicts()
    found = json.loads(json.dumps(measure_refusals.of_labelled(rows)))
    assert kept["labelled"] == found, "run tools/measure_refusals.py --write and tools/fill_measured.py"


def test_the_rules_read_all_bundled_refusals():
    found = measure_refusals.of_bundled(measure_refusals.BUNDLED)
    assert json.loads(json.dumps(found)) == read_json(measure_refusals.KEPT)["elsewhere"]["bundled conversations"]


def test_agreement_is_printed(monkeypatch):
    told = []
    monkeypatch.setattr(measure_refusals.console, "say", told.append)
    measure_refusals.main([])
    assert any(line.startswith("labelled twice, four classes:") for line in told)


def test_another_file_than_square_s_is_named(tmp_path):
    (tmp_path / "few.json").write_text(json.dumps([{"response": "네."}]), encoding="utf-8")
    with pytest.raises(Exception, match=r"few\.json: 1 responses"):
        measure_refusals.of_square(tmp_path / "few.json")
