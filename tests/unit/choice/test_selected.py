"""`selected` is the model that selection.json names; a job of it takes that candidate's settings."""

import json

import pytest

from kotune.choice.selected import best_of_arm, resolved
from kotune.core.errors import UserError


def test_selected_becomes_the_winners_settings(tmp_path):
    path = tmp_path / "selection.json"
    path.write_text(json.dumps({"winner": {"model": "qwen", "arm": "base"}}))
    candidates = [{"name": "llama", "path": "a"}, {"name": "qwen", "path": "b"}]
    assert resolved({"name": "selected", "candidates": candidates}, path) == candidates[1]
    assert resolved(candidates[0], None) == candidates[0]
    with pytest.raises(UserError, match="no candidate"):
        resolved({"name": "selected", "candidates": candidates[:1]}, path)
    with pytest.raises(UserError, match="--selection"):
        resolved({"name": "selected", "candidates": candidates}, None)


def test_the_best_of_an_arm_is_the_first_that_is_ranked():
    ranking = [
        {"model": "qwen", "arm": "base"},
        {"model": "gemma", "arm": "qlora"},
        {"model": "qwen", "arm": "qlora"},
    ]
    assert best_of_arm({"ranking": ranking}, "qlora", "selection.json") == "gemma"
    with pytest.raises(UserError, match="selection.json: ranks no model of the arm 'qlra'; did you mean 'qlora'"):
        best_of_arm({"ranking": ranking}, "qlra", "selection.json")
