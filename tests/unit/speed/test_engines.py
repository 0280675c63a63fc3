"""Engines side by side: the same model, rows and recipe for each, one document, and a table that shows what failed."""

from pathlib import Path

import compare_engines
import pytest

from kotune.core.catalogue import named, read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.speed import engines

CATALOGUE, FAMILIES = read_yaml(ROOT / "config/models.yaml"), read_yaml(ROOT / "config/families.yaml")
ASKED = {"model": "llama-3.1-8b", "recipe": "alpaca-60-steps", "rows": 8, "epochs": 2}
PACKAGES = {"trl": "1.16.0"}


def measured(*losses, **changes):
    curve = [[step, loss, 1.0] for step, loss in enumerate(losses, 1)]
    found = {"card": "a card", "tokens": 100, "tokens_per_second": 1234, "gib": 9.5, "gib_allocated": 9.0, "notes": []}
    return {**found, "curve": curve, "packages": PACKAGES, "passes": {"way": "padded"}, **changes}


def model(name):
    return engines.model_settings(name, CATALOGUE["models"], CATALOGUE["stand_ins"], FAMILIES, Path("place"))


def test_each_way_is_asked_the_same_but_for_itself():
    recipe, shape = named("recipes", "alpaca-60-steps", "recipe"), model("llama-3.1-8b")
    asked = [engines.settings_of(way, shape, recipe, 8, 2, {"device": "auto", "threads": 4}) for way in engines.WAYS]
    for one in asked:
        del one["name"], one["recipe"]["engine"]
        one["recipe"].pop("passes", None)
    assert asked[0] == asked[1] == asked[2]
    assert "max_steps" not in asked[0]["recipe"]["trainer"]
    assert asked[0]["recipe"]["quantization"]["load_in_4bit"] is True
    assert shape["path"] == "place"


def test_a_stand_in_lies_where_it_lies_and_a_model_without_a_shape_is_named():
    assert model("tiny-llama3")["path"] == CATALOGUE["stand_ins"]["tiny-llama3"]["path"]
    with pytest.raises(UserError, match="has no 'llama-3.1-8'; did you mean 'llama-3.1-8b'"):
        model("llama-3.1-8")


def test_a_document_says_how_far_losses_are_from_the_first_way_s():
    unsloth = measured(12.0, 11.5, packages={**PACKAGES, "unsloth": "2026.10.9"})
    made = engines.document(ASKED, {"trl": measured(12.0, 11.25), "unsloth": unsloth}, "today")
    assert "largest_difference" not in made["ways"][0]
    assert made["ways"][1]["largest_difference"] == 0.25
    assert engines.table([made]).splitlines()[-1] == (
        "| a card | llama-3.1-8b | Unsloth 2026.10.9 | 1,234 | 9.50 (9.00) | 11.7500 | 0.2500 |"
    )
    assert engines.table([]) == "Nothing was measured yet.\n"


def test_what_failed_is_shown_and_nothing_at_all_is_an_error():
    made = engines.document(ASKED, {"trl": {"failed": "no memory"}, "unsloth": measured(1.0)}, "today")
    assert "largest_difference" not in made["ways"][1]
    assert "| TRL, padded batches | failed: no memory |" in engines.table([made])
    with pytest.raises(UserError, match="no way could be measured: trl: no memory"):
        engines.document(ASKED, {"trl": {"failed": "no memory"}}, "today")


@pytest.mark.slow
def test_two_ways_are_measured_each_in_a_process(tmp_path):
    asked = ["--model", "tiny-llama3", "--device", "cpu", "--rows", "8", "--epochs", "1", "--ways", "trl", "fused"]
    compare_engines.main([*asked, "--folder", str(tmp_path / "place"), "--output", str(tmp_path / "found.json")])
    trl, fused = read_json(tmp_path / "found.json")["ways"]
    assert trl["losses"] == pytest.approx(fused["losses"], abs=1e-4)
    assert trl["passes"] == {"way": "padded"}
