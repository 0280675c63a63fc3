"""Families of comparisons at the start: whether the resamples can give the p values that their words need.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.errors import UserError
from kotune.core.names import ENSEMBLE, OWN
from kotune.scoring.ensembles import BOUNDED
from kotune.scoring.verdicts import ALPHA, BOUND, family_sizes, least_resamples
from kotune.study.comparisons import comparisons_of
from kotune.study.study import Study


def check_resamples(study: Study) -> None:
    """Raise UserError where a family's smallest threshold lies below the smallest p that the resamples can give."""
    resamples = study.settings["statistics"]["resamples"]
    for evaluation in study.evaluations:
        compared = comparisons_of(study, evaluation)
        bounds = [one["b"]["model"] == ENSEMBLE and one["b"]["arm"] in BOUNDED for one in compared]
        claims = [one | ({"claim": BOUND} if bound else {}) for one, bound in zip(compared, bounds, strict=True)]
        for claim, size in family_sizes(claims).items():
            if resamples < least_resamples(size):
                where = "" if evaluation == OWN else f" of the evaluation '{evaluation}'"
                raise UserError(
                    f"config/studies/{study.name}.yaml, statistics.resamples: {resamples} give no p below "
                    f"{1 / (1 + resamples):.2g}, but {size} comparisons of the claim '{claim}'{where} ask for "
                    f"less than {ALPHA / size:.2g}; set at least {least_resamples(size)}"
                )
