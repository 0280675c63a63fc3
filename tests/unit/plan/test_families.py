"""Too few resamples for a family are refused before anything runs."""

from dataclasses import replace

import pytest
from studies import configuration

from kotune.core.errors import UserError
from kotune.plan.families import check_resamples
from kotune.study.resolve import study_at


def with_resamples(name, resamples):
    study = study_at(name, configuration(scale="mini"))
    statistics = {**study.settings["statistics"], "resamples": resamples}
    return replace(study, settings={**study.settings, "statistics": statistics})


def test_the_studies_that_are_here_have_enough():
    for name in ("econ-qa", "context-qa", "econ-qa-tries"):
        check_resamples(with_resamples(name, 10_000))


def test_too_few_for_the_largest_family_are_refused_with_how_many_it_takes():
    # four methods that look at no gold answer, three members: twelve comparisons
    check_resamples(with_resamples("econ-qa", 240))
    with pytest.raises(UserError, match=r"statistics.resamples: 239 give no p below .*, but 12 comparisons"):
        check_resamples(with_resamples("econ-qa", 239))
    with pytest.raises(UserError, match=r"the claim 'ensembles' ask for less than 0.0042; set at least 240"):
        check_resamples(with_resamples("econ-qa", 200))
