"""Names of tables and figures are told without drawing any; rows are called by protocol, shots and template."""

from kotune.report import harness_names


def test_an_evaluation_has_five_tables_and_one_figure():
    names = harness_names.table_names("kobest")
    assert (
        names[0] == "harness-kobest" == harness_names.figure_names("kobest")[0] and len(names) == len(set(names)) == 5
    )


def test_a_study_without_such_evaluations_has_none():
    assert harness_names.all_tables({}) == harness_names.all_figures({}) == []
    report = {"harness": [{"evaluation": "a"}, {"evaluation": "b"}]}
    assert harness_names.all_figures(report) == ["harness-a", "harness-b"]


def test_a_row_is_called_by_all_that_tells_it_from_others():
    row = {"protocol": "clean", "shots": 1, "template": "chat"}
    assert harness_names.row_name(row) == "clean-1shot-chat"
    assert harness_names.row_title(row) == "clean, 1 shot, template chat"
    assert harness_names.row_title({"shots": 0, "template": "none"}) == "0 shots, no template"


def test_no_two_numbers_share_a_key():
    start = harness_names.start_of("s", "kobest")
    keys = [
        harness_names.mean_key(start, "base", "m", "clean-5shot-none", "kobest_wic", "acc"),
        harness_names.pair_key(start, "tuning", "base", "m", "clean-5shot-none", "kobest_wic"),
        harness_names.pair_key(start, "floors", "base", "m", "clean-5shot-none", "kobest_wic", "majority"),
    ]
    assert len(set(keys)) == 3 and all(key.startswith("s.harness.kobest.") for key in keys)
    assert harness_names.task_title("kobest_wic") == "wic" and harness_names.task_title("kmmlu_law") == "kmmlu_law"
