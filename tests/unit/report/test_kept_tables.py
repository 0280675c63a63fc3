"""What kept results say: tables of their numbers, and a paragraph on what they are worth."""

import kept_results
import pytest

from kotune.report import kept, kept_tables


@pytest.fixture(scope="module")
def whole(kept_plain):
    return kept.read(kept_plain)


def test_means_are_those_of_the_numbers_times_a_hundred(whole):
    table = kept_tables.blocks(whole)["kept-econ-qa-of-five-arms"].splitlines()
    assert table[0].startswith("| arm | seeds | rows | valid, exact match | valid, char-F1 | test, exact match |")
    entry = whole.numbers["econ-qa.qlora.tiny-gemma2.test.char_f1"]
    cell = f"{100 * entry['value']:.1f} [{100 * entry['low']:.1f}, {100 * entry['high']:.1f}]"
    line = next(line for line in table if line.startswith("| qlora, tiny-gemma2 | 1 | 80 |"))
    assert line.split(" | ")[6] == cell
    assert any(line.startswith("| oracle (upper bound of char-F1) |") for line in table)


def test_no_spread_is_said_instead_of_an_interval():
    entry = {"value": 0.0, "low": 0.0, "high": 0.0, "interval": "[no spread seen in 30]", "no_spread": 30}
    assert kept_tables.shown(entry, 100.0) == "0.0 [no spread seen in 30]"


def test_a_contrast_comes_before_the_base_and_has_its_verdict(whole):
    lines = kept_tables.contrasts(kept_results.with_fewer_rows(whole))
    assert [line["name"] for line in lines][:3] == ["few_rows", "few_rows", "qlora against base"]
    assert (lines[0]["a"], lines[0]["b"], lines[0]["split"]) == ("qlora", "rows_20", "test")
    assert {line["verdict"] for line in lines} == {"higher", "cannot tell"} and lines[0]["p_holm"] == "<0.001"


def test_arms_that_differ_in_their_rows_alone_make_a_curve_after_the_base(whole):
    assert kept_tables.learning_curve(whole) == {}
    assert "kept-econ-qa-of-five-curve" not in kept_tables.blocks(whole)
    fewer = kept_results.with_fewer_rows(whole)
    points = kept_tables.learning_curve(fewer)["tiny-gemma2"]
    assert [(point.rows, point.arm) for point in points] == [(0, "base"), (20, "rows_20"), (80, "qlora")]
    fewer.about["arms"]["rows_20"]["differs"] = {"lora.r": 4}
    assert kept_tables.learning_curve(fewer) == {}


def test_an_arm_that_learns_samples_is_no_point_of_the_curve(whole):
    sampled = kept_results.with_fewer_rows(whole)
    sampled.about["arms"]["rows_20"]["learns"] = "kept"
    assert kept_tables.learning_curve(sampled) == {}


def test_the_fall_from_the_nearer_split_to_the_further_one(whole):
    lines = kept_tables.gaps(whole)
    one = next(line for line in lines if (line["model"], line["arm"]) == ("tiny-gemma2", "qlora"))
    assert one["near"]["value"] - one["far"]["value"] == pytest.approx(one["fall"]["value"])
    assert kept_tables.blocks(whole)["kept-econ-qa-of-five-gaps"].startswith("| arm | test | test-unseen | fall |")


def test_costs_of_training_and_answers_and_the_card_that_jobs_shared(whole):
    line = next(one for one in kept_tables.costs(whole) if (one["model"], one["arm"]) == ("tiny-eeve", "qlora"))
    assert line["training_seconds"] == whole.costs.value("econ-qa.cost.qlora.tiny-eeve.seed42.training.seconds")
    assert "shared" not in kept_tables.machines(whole)
    made = {**whole.about["made"], "devices": {"NVIDIA H200": 9}, "jobs_per_gpu": {"6": 9}}
    shared = kept.Kept("k", {**whole.about, "made": made}, whole.numbers, whole.costs, whole.scores, whole.curves)
    assert "Measured on NVIDIA H200 (9 jobs). Jobs shared their card (9 with 6 on it" in kept_tables.machines(shared)


def test_what_the_results_are_worth(whole):
    said = kept_tables.worth(whole)
    assert said.startswith("These are results of 5 models on one data set, and say nothing of others: tiny-gemma2 (")
    assert "leaderboard" not in said
    file = {"split": None, "name": "KorQuAD_v1.0_dev.json", "rows": 9, "sha256": "a" * 64}
    data = {**whole.about["data"], "files": [file], "licence": "cc-by-nd-2.0-kr"}
    model = {**whole.about["models"][0], "parameters": 268_098_176, "quantisation": "Q4_K_M"}
    about = {**whole.about, "data": data, "models": [model]}
    said = kept_tables.worth(kept.Kept("k", about, whole.numbers, whole.costs, whole.scores, whole.curves))
    assert "268 million parameters, weights dequantised from Q4_K_M" in said and "one model on one" in said
    assert "one published file (KorQuAD_v1.0_dev.json), so no score here can be compared" in said
