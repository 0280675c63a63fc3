"""The tool tells of a file of pairs, and of SQuARe's annotations, what they can show."""

import json

import measure_floors
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.report.floor_tables import table

SQUARE = ROOT.parent / "shared/data/square/response_test_ood_annotations.json"


def test_a_file_of_pairs(tmp_path, capsys):
    path = tmp_path / "pairs.jsonl"
    rows = [{"prompt": f"{place}번 물음", "chosen": f"{place}입니다", "rejected": f"{place}"} for place in range(12)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    measure_floors.main(["--pairs", str(path)])
    said = capsys.readouterr()
    assert "12 of 12 prompts" in said.out + said.err
    path.write_text(path.read_text(encoding="utf-8").replace("chosen", "choosen"), encoding="utf-8")
    with pytest.raises(UserError, match="no column 'chosen'; did you mean 'choosen'"):
        measure_floors.main(["--pairs", str(path)])
    with pytest.raises(UserError, match="nothing to measure"):
        measure_floors.main([])


def test_all_pairs_of_a_question_are_made():
    rows = [{"question": "가", "acceptable?": one} for one in (1, 0, 0)] + [{"question": "나", "acceptable?": 1}]
    assert measure_floors.pairs_of(rows) == [("가", 0, 1), ("가", 0, 2)]


@pytest.mark.skipif(not SQUARE.is_file(), reason="SQuARe lies in ../shared/data, which is not there")
def test_what_is_kept_is_what_the_annotations_give():
    kept, found = read_json(measure_floors.KEPT), {"SQuARe": measure_floors.of_square(SQUARE)}
    assert table(found) == table(kept) and found["SQuARe"]["sha256"] == kept["SQuARe"]["sha256"]
