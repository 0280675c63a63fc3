"""Names of the tables and figures of evaluations."""

from kotune.report.evaluation_names import file_names, judge_names, table_names


def test_each_evaluation_of_a_study_has_a_name_in_order():
    assert file_names({"evaluations": [{"name": "kobest"}, {"name": "held"}]}) == [
        "evaluation-kobest",
        "evaluation-held",
    ]


def test_a_study_that_asks_no_other_evaluation_has_none():
    assert file_names({"study": "econ-qa"}) == []


def test_a_judges_tables_are_told_apart_from_the_evaluations():
    assert judge_names("kobest") == ("judge-kobest", "judge-audit-kobest")


def test_the_tables_of_a_judge_are_among_a_studys():
    report = {"evaluations": [{"name": "prompts"}], "judged": ["own", "prompts"]}
    assert table_names(report) == [
        "evaluation-prompts",
        "judge-own",
        "judge-audit-own",
        "judge-prompts",
        "judge-audit-prompts",
    ]
