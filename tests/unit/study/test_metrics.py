"""The list of metrics: each entry's function and aggregate are there, and schemas, jobs and reports take what they need."""

from dataclasses import replace

import pytest
from studies import study as resolved

from kotune.core.catalogue import check, named
from kotune.core.dotted import loaded
from kotune.core.errors import UserError
from kotune.scoring.aggregates.kind import Aggregate
from kotune.study import metrics


@pytest.mark.parametrize("metric", metrics.METRICS.values(), ids=lambda metric: metric.name)
def test_each_metric_can_be_computed_and_printed(metric):
    assert callable(loaded(metric.function))
    assert isinstance(loaded(metric.aggregate), Aggregate)
    assert metric.level in (metrics.ROW, metrics.SAMPLE, metrics.SET)
    assert metric.title and set(metric.needs) <= {
        metrics.GOLD, metrics.EMBEDDER, metrics.REASONING, metrics.GOLD_REASONING,
        metrics.TESTS, metrics.ISOLATION,
    }  # fmt: skip
    assert not metric.share or metric.bounds[1] == 1.0


def test_a_study_takes_the_metrics_that_are_listed_and_no_others():
    study = named("studies", "econ-qa", "study")
    check({**study, "metrics": list(metrics.METRICS)}, "study", "mine.yaml")
    with pytest.raises(UserError, match="key 'primary_metric': 'char_f2' is not one of .*did you mean 'char_f1'"):
        check({**study, "primary_metric": "char_f2"}, "study", "mine.yaml")


def test_what_scores_is_not_told_how_a_metric_is_called_in_print():
    (asked,) = metrics.asked(["char_f1"])
    assert set(asked) == {"name", "function", "bounds"}
    assert metrics.printed(["char_f1"])["char_f1"]["title"] == "char-F1"
    with pytest.raises(UserError, match="unknown metric 'rouge'; did you mean 'rouge_l'"):
        metrics.asked(["rouge"])


def test_a_metric_of_which_less_is_better_cannot_rank_models(monkeypatch):
    less = replace(metrics.METRICS["char_f1"], more_is_better=False)
    monkeypatch.setitem(metrics.METRICS, "char_f1", less)
    with pytest.raises(UserError, match="econ-qa.yaml: a selection ranks the highest first, and of 'char_f1' less is"):
        resolved()
