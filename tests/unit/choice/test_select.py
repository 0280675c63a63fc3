"""The winner is the one that the stated rule names, and the reasons say how sure that is."""

import json

import pytest
import select_model
from statistics_lines import mean, pair

from kotune.choice import select as selection
from kotune.core import console
from kotune.core.errors import UserError

ORDER = ["gemma", "eeve", "solar", "qwen"]


def select(means, pairs=(), arms=("qlora",), order=ORDER, split="valid"):
    asked = selection.Asked("char_f1", split, list(arms), list(order))
    return selection.select({"means": list(means), "pairs": list(pairs)}, asked)


def test_the_highest_mean_on_valid_wins():
    means = [
        mean("gemma", 0.7),
        mean("eeve", 0.8),
        mean("gemma", 0.99, split="test"),
        mean("gemma", 0.98, metric="similarity"),
        mean("solar", 0.97, arm="base"),
        mean("ensemble", 0.96, arm="majority"),
    ]
    found = select(means)
    assert found["winner"] == {"model": "eeve", "arm": "qlora"}
    assert [line["model"] for line in found["ranking"]] == ["eeve", "gemma"]
    assert found["ranking"][0] == {
        "model": "eeve",
        "arm": "qlora",
        "mean": 0.8,
        "low": 0.75,
        "high": pytest.approx(0.85),
    }
    assert (found["split"], found["metric"]) == ("valid", "char_f1")
    assert "highest mean char_f1 on valid" in found["rule"]
    assert (
        found["reasons"][0]
        == "eeve/qlora has the highest char_f1 on valid: 0.800 (0.750 to 0.850; 60 rows, 20 articles)."
    )
    assert found["reasons"][-1] == "Not considered, for want of scores in the arms qlora: solar, qwen."


def test_equal_means_go_by_the_studys_order():
    means = [mean("solar", 0.8), mean("eeve", 0.8 + 1e-16), mean("qwen", 0.8)]
    found = select(means)
    assert [line["model"] for line in found["ranking"]] == ["eeve", "solar", "qwen"]
    assert "solar/qlora has the same mean; eeve/qlora stands before it in the study's order." in found["reasons"]


def test_how_sure_a_lead_is_is_said_in_either_direction():
    means = [mean("gemma", 0.80), mean("eeve", 0.79), mean("solar", 0.60), mean("qwen", 0.78)]
    pairs = [
        pair("gemma", "eeve", -0.01, -0.04, 0.02, 0.41) | {"p_holm": 0.82, "verdict": "cannot tell", "se": 0.015},
        pair("solar", "gemma", 0.2, 0.1, 0.3, 0.001) | {"p_holm": 0.002, "verdict": "higher", "se": 0.05},
        pair("qwen", "gemma", 0.02, 0.0, 0.04, split="test"),
    ]
    _, near, unknown, clear = select(means, pairs)["reasons"]
    assert near == (
        "eeve/qlora is 0.010 lower (95 % interval of the paired difference -0.020 to 0.040, corrected p = 0.8200): "
        "these rows cannot tell the two apart."
    )
    assert unknown == "qwen/qlora is 0.020 lower; the two were not compared row by row, so nothing says how surely."
    assert clear.endswith("corrected p = 0.0020).")
    assert select(means, pairs)["luck"]["candidates"] == 4
    assert select(means)["luck"] is None
    assert clear.startswith("solar/qlora is 0.200 lower (95 % interval of the paired difference 0.100 to 0.300")


@pytest.mark.parametrize(
    ("policy", "became"),
    [("zero", "the others count 0 for it"), ("leave_out", "these are left out for everybody")],
)
def test_who_was_not_asked_every_row_is_said(policy, became):
    asked = [{"model": "eeve", "arm": "qlora", "rows": 51}, {"model": "eeve", "arm": "base", "rows": 51}]
    told = {"policy": policy, "splits": {"valid": {"rows": 60, "compared": 60, "asked": asked}}}
    statistics = {"means": [mean("gemma", 0.7), mean("eeve", 0.6)], "pairs": [], "overlong": told}
    found = selection.select(statistics, selection.Asked("char_f1", "valid", ["qlora"], ORDER))
    said = [reason for reason in found["reasons"] if "was asked" in reason]
    assert said == [f"eeve/qlora was asked 51 of the 60 rows of valid, the others are too long for it; {became}."]
    assert found["overlong"] == told


def test_the_oracle_never_wins():
    means = [mean("ensemble", 0.99, arm="oracle", upper_bound=True), mean("ensemble", 0.8, arm="majority")]
    found = select(means, arms=("majority", "oracle"), order=["ensemble"])
    assert found["winner"] == {"model": "ensemble", "arm": "majority"}
    assert len(found["ranking"]) == 1


def test_nothing_is_selected_on_a_test_split_or_from_nothing():
    with pytest.raises(UserError, match="the split 'test' is for testing; select on 'valid'"):
        select([mean("gemma", 0.7, split="test")], split="test")
    with pytest.raises(UserError, match="no char_f1 on 'valid' for the models gemma, eeve, solar, qwen"):
        select([mean("gemma", 0.7, arm="base")])


def test_the_script(tmp_path, monkeypatch):
    statistics = {"means": [mean("gemma", 0.7), mean("eeve", 0.65)], "pairs": []}
    (tmp_path / "statistics.json").write_text(json.dumps(statistics), encoding="utf-8")
    settings = {"metric": "char_f1", "split": "valid", "arms": ["qlora"], "order": ORDER}
    output, said = tmp_path / "selection.json", []
    monkeypatch.setattr(console, "say", said.append)
    select_model.main(
        ["--statistics", str(tmp_path / "statistics.json"), "--settings", json.dumps(settings), "--output", str(output)]
    )
    assert json.loads(output.read_text(encoding="utf-8"))["winner"]["model"] == "gemma"
    assert said == ["selected gemma/qlora: char_f1 0.700 on valid, first of 2"]
