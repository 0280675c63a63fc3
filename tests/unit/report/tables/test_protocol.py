"""The protocol: how models were run and judged, read from records and statistics and never typed."""

from __future__ import annotations

import pytest

from kotune.report.tables.protocol import _decoding, _precision


def lines(made):
    return {tuple(cell.get("text", "") for cell in row) for row in made.table("protocol")["rows"]}


def test_licence_seeds_decoding_precision_and_tests_are_said(plain, real):
    found = lines(plain)
    assert ("data", "licence", "apache-2.0") in found
    assert ("seeds", "qlora", "42") in found
    assert ("weights", "base", "4 bits (NF4), computed in float32") in found
    assert ("answers", "decoding", "greedy: always the likeliest token") in found
    assert ("answers", "most new tokens", "32") in found
    assert ("judging", "bootstrap resamples", "10,000") in found
    assert ("judging", "tests", "paired permutation over articles") in found
    assert ("data", "licence", "competition rules; the rows may not be redistributed") in lines(real)


def test_stacking_names_its_forest_and_folds(plain):
    (said,) = (value for _, what, value in lines(plain) if what == "stacking")
    assert said.startswith("random forest (n_estimators 100, min_samples_leaf 15, max_features 0.5), fitted on valid")
    assert said.endswith("by 5 folds of whole articles")


def test_arms_that_differ_are_both_named(plain, tmp_path):
    made = plain.copied(tmp_path / "copy")
    path = "results/mini/econ-qa/answers/own/tiny-eeve/qlora/seed42.record.json"
    made.change(path, lambda record: record["asked"]["generation"].update(max_new_tokens=100))
    made.make_tables()
    assert ("answers", "most new tokens", "100; 32") in lines(made)


@pytest.mark.parametrize(
    ("quantization", "said"),
    [
        (None, "not quantised, bfloat16"),
        ({"load_in_8bit": True}, "8 bits"),
        ({"load_in_4bit": True}, "4 bits (FP4), computed in bfloat16"),
        (
            {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True,
             "bnb_4bit_compute_dtype": "float16"},
            "4 bits (NF4, quantised twice), computed in float16",
        ),
    ],
)  # fmt: skip
def test_precision_in_words(quantization, said):
    assert _precision({"model": {"dtype": "bfloat16"}, "quantization": quantization}, {"device": "cpu"}) == said


@pytest.mark.parametrize(("device", "said"), [("cpu", "float32"), ("NVIDIA H100 80GB HBM3", "bfloat16")])
def test_a_precision_that_was_left_to_the_device_is_named(device, said):
    assert _precision({"model": {"dtype": "auto"}}, {"device": device}) == f"not quantised, {said}"


def test_decoding_in_words():
    assert _decoding({"do_sample": True, "temperature": 0.7, "top_p": 0.9}) == "sampled: temperature 0.7, top_p 0.9"
    assert _decoding({"do_sample": True}) == "sampled: the model's whole distribution"
    assert _decoding({"do_sample": True, "samples": 10, "top_p": 0.9}) == "sampled 10 times: top_p 0.9"
