"""What a licence forbids is refused at the start, with the licence and what else to do."""

import pytest

from kotune.core.errors import UserError
from kotune.study.permitted import check_learning


def test_rows_that_may_not_be_learned_are_refused_with_their_terms():
    dataset = {"licence": "research only", "terms": "no training", "forbids": ["training"]}
    with pytest.raises(
        UserError, match=r"^here: the licence of 'x' \(research only\) forbids to train on it: no training;"
    ):
        check_learning("x", dataset, "here")


def test_rows_that_nothing_forbids_pass():
    assert check_learning("x", {"licence": "cc-by-nd-4.0"}, "here") is None
