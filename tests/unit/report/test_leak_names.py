"""The name of the audit of leaks, where a study asks for one."""

from kotune.report.leak_names import names


def test_only_a_study_that_asks_for_the_audit_has_its_table():
    assert names({"study": "econ-qa", "leaks": True}) == ["leaks"]
    assert names({"study": "econ-qa"}) == []
