"""A study's numbers hold those of its evaluations by lm-evaluation-harness."""

import harness_lines

from kotune.report.gather.harness import harness
from kotune.report.inputs import harness_statistics
from kotune.report.view import Report


def test_they_are_read_from_the_statistics_of_each_evaluation(tmp_path):
    settings, _ = harness_lines.tabulated(tmp_path / "toy", rows=[("clean", 0)], items=12)
    report = Report({"study": "toy", "harness": [settings]}, tmp_path / "toy")
    assert harness_statistics(report) == [tmp_path / "toy/harness/kobest/statistics.json"]
    assert "toy.harness.kobest.base.m.clean-0shot-none.kobest_wic.acc" in harness(report)


def test_a_study_without_any_has_none(tmp_path):
    assert harness(Report({"study": "toy"}, tmp_path)) == {} and harness_statistics(Report({}, tmp_path)) == []
