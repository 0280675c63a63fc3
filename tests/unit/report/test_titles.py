"""Titles: how metrics, methods and contenders are called in print."""

from __future__ import annotations

import fake_results
import pytest

from kotune.core.names import ROOT
from kotune.report.titles import method_title, side_title, uneven_seeds
from kotune.report.view import Report
from kotune.scoring import ensembles
from kotune.study.metrics import METRICS


@pytest.mark.parametrize(
    ("method", "title"),
    [
        ("majority_then_f1", "majority, then F1 sum"),
        ("oracle", "oracle (upper bound of char-F1)"),
        ("ranked_votes", "ranked votes"),
    ],
)
def test_a_method_has_a_title_and_an_upper_bound_says_so(method, title):
    assert method_title(method) == title


@pytest.mark.parametrize("method", ensembles.METHODS)
def test_a_methods_title_names_the_metric_that_it_bounds(method):
    said = f"(upper bound of {METRICS[ensembles.BOUNDED[method]].title})" if method in ensembles.BOUNDED else ""
    assert method_title(method).endswith(said) and ("upper bound" in method_title(method)) == bool(said)
    house = (ROOT / "paper/parts/house.typ").read_text(encoding="utf-8")
    assert f'{method}: "{method_title(method)}"' in house


def test_an_ensemble_is_called_by_its_method_and_a_model_with_its_arm():
    assert side_title("ensemble", "majority") == "ensemble majority"
    assert side_title("tiny-eeve", "qlora") == "tiny-eeve qlora"


def test_different_numbers_of_seeds_are_told():
    settings = fake_results.settings()
    assert uneven_seeds(Report(settings, ROOT)) == ""
    settings["arms"] |= {"few": settings["arms"]["qlora"], "qlora": {**settings["arms"]["qlora"], "seeds": [1, 2]}}
    told = uneven_seeds(Report({**settings, "arm_order": ["base", "qlora", "few"]}, ROOT))
    assert told == " Seeds: qlora 2, few 1; two arms are compared by the seeds that both have."
