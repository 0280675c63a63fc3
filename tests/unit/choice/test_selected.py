"""The selected model: whose settings its later jobs get, and what happens where the selection names a stranger."""

import json

import pytest
import resolve_selected

from kotune.choice.selected import best_of_arm, of_winner
from kotune.core.errors import UserError

CANDIDATES = {"llama": {"name": "llama", "path": "a"}, "qwen": {"name": "qwen", "path": "b"}}
RANKING = [{"model": "qwen", "arm": "base"}, {"model": "llama", "arm": "qlora"}, {"model": "qwen", "arm": "qlora"}]


@pytest.fixture
def selection(tmp_path):
    path = tmp_path / "selection.json"
    path.write_text(json.dumps({"winner": {"model": "qwen", "arm": "base"}, "ranking": RANKING}), encoding="utf-8")
    return path


def test_the_winners_settings_are_taken(selection):
    assert of_winner(CANDIDATES, selection) == CANDIDATES["qwen"]


def test_a_winner_that_is_no_candidate_is_one_clear_error(selection):
    with pytest.raises(UserError, match=r"selection\.json: selects 'qwen', which is no candidate; known: llama"):
        of_winner({"llama": CANDIDATES["llama"]}, selection)


def test_the_script_writes_the_winners_settings(selection, tmp_path):
    candidates, output = tmp_path / "candidates.json", tmp_path / "selected/model.json"
    candidates.write_text(json.dumps(CANDIDATES), encoding="utf-8")
    resolve_selected.main(["--selection", str(selection), "--candidates", str(candidates), "--output", str(output)])
    assert json.loads(output.read_text(encoding="utf-8")) == CANDIDATES["qwen"]


def test_the_best_of_an_arm_is_the_first_of_its_ranking(selection):
    ranked = {"ranking": RANKING}
    assert best_of_arm(ranked, "qlora", selection) == "llama"
    with pytest.raises(UserError, match=r"ranks no model of the arm 'qlor'; did you mean 'qlora'\?"):
        best_of_arm(ranked, "qlor", selection)
