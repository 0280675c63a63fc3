"""The table of rows that are samples says what was left out, and how often the reference answer is among the samples."""

import json

import tabulate_samples

from kotune.core.storage import read_json
from kotune.report.sampled import sampled_table

AUDIT = {
    "answers": 40, "rows": 10, "kept": 7, "excluded": {"score too low": 30, "the same answer again": 3},
    "reference": {"rows": 9, "among": 2},
}  # fmt: skip
WHO = {"rowset": "kept", "model": "tiny", "arm": "raw", "seed": 42, "evaluation": "practice"}


def cells(table):
    names = [column.name for column in table.columns]
    return [dict(zip(names, (cell.text for cell in row), strict=True)) for row in table.rows]


def test_a_rowset_has_a_row_with_the_reference_among_its_samples():
    pairs = {**AUDIT, "kept": 4, "without_pair": {"every answer does": 6}}
    kept, paired = cells(sampled_table([{**WHO, "audit": AUDIT}, {**WHO, "rowset": "pairs", "audit": pairs}]))
    assert (kept["asked"], kept["answers"], kept["kept"]) == ("10", "40", "7")
    assert kept["left_out"] == "30 score too low; 3 the same answer again" and kept.get("without_pair", "") == ""
    assert (kept["among"], kept["references"]) == ("2", "9")
    assert paired["without_pair"] == "6 every answer does"


def test_the_script_writes_the_table(tmp_path):
    (tmp_path / "audit.json").write_text(json.dumps(AUDIT), encoding="utf-8")
    settings = {"sampled": [{**WHO, "path": str(tmp_path / "audit.json")}]}
    tabulate_samples.main(["--settings", json.dumps(settings), "--output-dir", str(tmp_path / "out")])
    table = read_json(tmp_path / "out/tables/sampled-rows.json")
    assert "word for word" in json.dumps(table, ensure_ascii=False)
