"""What a command line names is found in the configuration, and a wrong name is answered with the nearest."""

import pytest

from kotune.core.errors import UserError
from kotune.study import called, resolve


@pytest.fixture(scope="module")
def study():
    return resolve.study_at("econ-qa", called.configuration("mini", {}))


def test_a_model_has_its_name_of_the_catalogue_or_of_the_scale(study):
    assert called.model_of(study, "ko-gemma-2-9b-it") == called.model_of(study, "tiny-gemma2") == "tiny-gemma2"
    with pytest.raises(UserError, match="no model 'tiny-gema2' in it; did you mean 'tiny-gemma2'"):
        called.model_of(study, "tiny-gema2")


def test_an_arm_is_the_one_named_or_the_first_that_tunes_the_model(study):
    assert called.arm_of(study, "tiny-gemma2", None) == "qlora"
    assert called.arm_of(study, "tiny-llama3", None) == "base"
    with pytest.raises(UserError, match="'tiny-llama3' is not in the arm 'qlora'"):
        called.arm_of(study, "tiny-llama3", "qlora")


def test_a_row_is_named_by_id_or_number():
    rows = [{"id": "M_1"}, {"id": "2"}]
    assert called.row_of(rows, "2", "test") == (2, {"id": "2"})
    assert called.row_of(rows, "1", "test") == (1, {"id": "M_1"})
    with pytest.raises(UserError, match="test has no row 'M_3'; name an id or a number from 1 to 2; did you mean"):
        called.row_of(rows, "M_3", "test")


def test_rows_are_prepared_as_the_workflow_does(study):
    rows, train = called.rows_of(study, "all", "valid")
    assert len(rows) == 80 and train
    with pytest.raises(UserError, match="has no split 'tets'; did you mean 'test'"):
        called.rows_of(study, "all", "tets")
