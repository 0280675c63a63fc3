"""Score files as arrays; that no score goes missing is tested with the statistics (test_statistics.py)."""

import json

import numpy as np
import pytest

from kotune.core.errors import UserError
from kotune.scoring import score_columns

MEAN = [{"name": "f1", "aggregate": "kotune.scoring.aggregates.mean.mean"}]


def test_each_run_has_its_own_values_in_the_order_of_the_seeds(tmp_path):
    files, labels = [], []
    for seed, value in ((7, 0.7), (3, 0.3)):
        path = tmp_path / f"{seed}.jsonl"
        lines = [{"id": id, "split": "test", "metric": "f1", "value": value} for id in ("b", "a")]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        files.append(path)
        labels.append({"model": "gemma", "arm": "qlora", "seed": seed})
    found = score_columns.gather(files, labels, {"test": [{"id": "a"}, {"id": "b"}]}, MEAN)
    assert found.seeds["gemma", "qlora"] == [3, 7]
    assert np.array_equal(found.values["gemma", "qlora"]["test", "f1"], [[0.3, 0.3], [0.7, 0.7]])


def test_a_score_that_is_no_number_is_refused_by_row(tmp_path):
    path = tmp_path / "scores.jsonl"
    path.write_text('{"id": "a", "split": "test", "metric": "f1", "value": "much"}\n', encoding="utf-8")
    with pytest.raises(UserError, match="score 1: the row 'a' has the value much, which is no score"):
        score_columns.read_scores(path)
