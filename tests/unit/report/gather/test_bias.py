"""A study's numbers hold those of its questions on social groups."""

import bias_lines

from kotune.report.gather.bias import bias
from kotune.report.inputs import harness_statistics
from kotune.report.view import Report


def test_they_are_read_from_the_statistics_of_each_evaluation(tmp_path):
    settings, _ = bias_lines.tabulated(tmp_path / "toy")
    report = Report({"study": "toy", "bias": [settings]}, tmp_path / "toy")
    assert harness_statistics(report) == [tmp_path / "toy/harness/kobbq/statistics.json"]
    assert "toy.bias.kobbq.base.m.unlisted-sum.bias_ambiguous" in bias(report)


def test_a_study_without_any_has_none(tmp_path):
    assert bias(Report({"study": "toy"}, tmp_path)) == {}
