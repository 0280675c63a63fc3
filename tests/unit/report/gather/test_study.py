"""Numbers that a study's files hold as such: means, differences, counts of rows and tokens, sizes of models."""

from __future__ import annotations

import fake_results
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import read_json
from kotune.report.gather.study import in_short, pair_key, pair_sides, read_statistics
from kotune.report.view import Report


def test_large_counts_are_printed_short():
    assert (in_short(3_600_000), in_short(9_242_000_000)) == ("3.60 M", "9.24 B")


def test_a_mean_has_its_interval_its_n_and_its_records(plain):
    entry = plain.numbers["econ-qa.qlora.tiny-gemma2.test.char_f1"]
    means = read_json(plain.study / "statistics.json")["means"]
    wanted = ("tiny-gemma2", "qlora", "test", "char_f1")
    mean = next(one for one in means if (one["model"], one["arm"], one["split"], one["metric"]) == wanted)
    assert (entry["value"], entry["low"], entry["high"]) == (mean["mean"], mean["low"], mean["high"])
    assert (entry["text"], entry["n"], entry["articles"]) == (f"{mean['mean']:.3f}", 60, 30)
    assert entry["records"] == ["econ-qa/scores/own/tiny-gemma2/qlora/seed42.record.json"]


def test_a_difference_has_its_p_value_and_the_records_of_both_sides(plain):
    numbers = plain.numbers
    key = "econ-qa.qlora.tiny-gemma2.minus.base.tiny-gemma2.test.char_f1"
    report = plain.report
    both = [report.shown(report.scores(("tiny-gemma2", arm, 42), "record.json")) for arm in ("base", "qlora")]
    assert numbers[key]["records"] == numbers[f"{key}.p"]["records"] == both
    assert numbers[key]["text"][0] in "+-"
    assert numbers[f"{key}.p"]["test"] == "paired permutation over articles"


def test_a_comparison_says_whose_numbers_it_compares(plain):
    (pair, *_) = read_statistics(Report(plain.settings, plain.study))["pairs"]
    assert pair_sides(pair) == (("tiny-gemma2", "base"), ("tiny-gemma2", "qlora"))
    assert pair_key(plain.report, pair) == "econ-qa.qlora.tiny-gemma2.minus.base.tiny-gemma2.valid.exact_match"


def test_rows_are_counted_as_the_audit_counts_them(plain):
    numbers = plain.numbers
    assert {split: numbers[f"econ-qa.data.all.{split}.rows"]["value"] for split in fake_results.SPLITS} == (
        fake_results.SPLITS
    )
    assert numbers["econ-qa.data.all.excluded"]["value"] == 3
    assert numbers["econ-qa.data.all.excluded.duplicate question"]["value"] == 3
    assert "econ-qa.data.all.read" not in numbers, "no one file was split"


def test_tokens_of_a_prompt_reach_from_the_lowest_to_the_highest_model(plain):
    numbers = plain.numbers
    means = [
        numbers[f"econ-qa.prompts.{model}.all.econ-qa.clean.test.prompt_tokens.mean"]["value"]
        for model in fake_results.MODELS
    ]
    over_models = numbers["econ-qa.prompts.base.test.prompt_tokens"]
    assert (over_models["low"], over_models["high"]) == (min(means), max(means))
    assert over_models["value"] == pytest.approx(sum(means) / len(means))


def test_the_parameters_of_a_model_are_those_of_its_file(plain):
    entry = plain.numbers["econ-qa.model.tiny-eeve.parameters"]
    assert (entry["value"], entry["text"], entry["architecture"]) == (3_600_000, "3.60 M", "LlamaForCausalLM")
    assert entry["records"] == ["resources/mini/models/tiny-eeve/model.safetensors"]


def test_a_truncated_model_is_named(plain, tmp_path):
    made = plain.copied(tmp_path / "broken")
    (made.root / "resources/mini/models/tiny-eeve/model.safetensors").write_bytes(b"\x10")
    with pytest.raises(UserError, match="tiny-eeve/model.safetensors: not a whole safetensors file .*; remove it"):
        made.gather()
