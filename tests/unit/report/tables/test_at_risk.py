"""Tables with exact match say how many gold answers KorQuAD's rule endangers."""

from kotune.core.korquad import lost
from kotune.core.storage import read_parquet
from kotune.printing.numbers import Numbers
from kotune.report.tables import at_risk
from kotune.report.view import Report


def test_the_rows_in_danger_are_counted(plain):
    report = Report(plain.settings, plain.study)
    golds = read_parquet(plain.study / "rows/all/test.parquet")["answer"].to_list()
    endangered = sum(bool(lost(gold)) for gold in golds)
    (note,) = at_risk.notes(report, Numbers(plain.numbers, "numbers.json"))
    assert 0 < endangered < len(golds) and f"test {endangered} of {len(golds)} (" in note
    for name in ("baseline", "tuned", "ensembles"):
        assert note in plain.table(name)["notes"]


def test_nothing_is_said_where_no_exact_match_is_shown(plain):
    report = Report({**plain.settings, "metrics": ["char_f1"]}, plain.study)
    assert at_risk.notes(report, Numbers(plain.numbers, "numbers.json")) == []
