"""The mean of rows; of a row with several answers, their mean counts."""

import numpy as np

from kotune.scoring.aggregates.mean import mean


def test_a_rows_answers_count_as_one():
    parts = mean.parts_of([[{"value": 0.1}], [{"value": 1.0}, {"value": 0.0}]])
    assert parts[:, 0].tolist() == [0.1, 0.5]
    assert mean.value(parts.sum(axis=0)[None], np.array([2.0]))[0] == 0.3
    assert mean.mean
