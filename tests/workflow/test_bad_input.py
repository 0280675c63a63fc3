"""Bad input, from the table in tests/data/bad_input/: each case gets the one line, or comes to the outcome, that it says."""

import pytest
from bad_input import RUNNERS, cases, judge

ALL = [(kind, case) for kind in RUNNERS for case in cases(kind)]


@pytest.mark.parametrize(("kind", "case"), ALL, ids=[f"{kind}: {case['name']}" for kind, case in ALL])
def test_bad_input(kind, case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    judge(case, RUNNERS[kind], tmp_path)
