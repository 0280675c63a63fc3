"""Measuring how personal data is found: what is kept is what the finder does today, and no number is kept."""

import json
import re

import measure_personal_data
import pytest

from kotune.core.storage import read_json


def test_what_is_kept_is_true():
    found = json.loads(json.dumps(measure_personal_data.of_generated()))
    kept = read_json(measure_personal_data.KEPT)["generated"]
    assert kept == found, "run tools/measure_personal_data.py --write and tools/fill_measured.py"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.json", '[{"a": "010-1234-5678로"}, {"a": ["없다"]}]'),
        ("rows.jsonl", '{"a": "010-1234-5678로"}\n{"a": "없다"}\n'),
        ("rows.csv", "010-1234-5678로\n없다\n"),
    ],
)
def test_of_files_only_counts_are_told(tmp_path, monkeypatch, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    told = []
    monkeypatch.setattr(measure_personal_data.console, "say", told.append)
    measure_personal_data.main(["--files", str(tmp_path / name)])
    assert told[-1] == f"{tmp_path.name}: 2 texts, telephone 1"
    assert not re.search("1234", " ".join(told))
