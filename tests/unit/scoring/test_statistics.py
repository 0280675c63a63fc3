"""Intervals and tests agree with what is known of them, and no score goes missing."""

import itertools
import json
import math
import random

import compare_scores
import numpy as np
import polars
import pytest

from kotune.core import console
from kotune.core.errors import UserError
from kotune.scoring import statistics
from kotune.scoring.statistics import bootstrap_intervals, generator_for, make_units, sign_flip_tests


def interval(values, clusters=None, seed=1, resamples=10_000):
    values = np.asarray(values, dtype=float)
    units = make_units(len(values), clusters)
    return bootstrap_intervals([values], units, generator_for(seed, "test"), resamples)[0]


def p_value(differences, clusters=None, seed=1, resamples=10_000):
    differences = np.asarray(differences, dtype=float)
    units = make_units(len(differences), clusters)
    return sign_flip_tests([differences], units, generator_for(seed, "test"), resamples)[0]


# bootstrap


def test_interval_of_many_rows_is_the_normal_one():
    values = np.random.default_rng(0).normal(0.6, 0.2, 600)
    low, high = interval(values)
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_interval_of_two_rows_can_be_counted():
    # a resample of {0, 1} has the mean 0, 1/2 or 1, each end with probability 1/4
    assert interval([0.0, 1.0]) == (0.0, 1.0)
    assert interval([0.7, 0.7, 0.7]) == (pytest.approx(0.7), pytest.approx(0.7))


def test_interval_of_whole_articles_covers_the_truth_as_often_as_it_says():
    dice = np.random.default_rng(5)
    covered = narrow = 0
    for number in range(200):
        of_article = dice.normal(0.0, 1.0, 40)
        values = np.repeat(of_article, 3) + dice.normal(0.0, 0.3, 120)
        low, high = interval(values, np.repeat(np.arange(40), 3).astype(str), seed=number, resamples=400)
        covered += low <= 0.0 <= high
        low, high = interval(values, seed=number, resamples=400)
        narrow += low <= 0.0 <= high
    assert 0.90 <= covered / 200 <= 0.99
    assert narrow / 200 < 0.85  # rows taken for independent promise too much


def test_one_row_an_article_is_the_same_as_rows():
    values = np.random.default_rng(2).random(50)
    names = [f"article {number}" for number in range(50)]
    assert interval(values, names) == interval(values)
    assert p_value(values - 0.4, names)[0] == p_value(values - 0.4)[0]


def test_articles_of_different_size_weigh_as_their_rows():
    # drawing {a, a}: 1, {b, b}: 0, {a, b}: 1/4
    assert interval([1, 0, 0, 0], ["a", "b", "b", "b"]) == (0.0, 1.0)
    values = [1.0] * 10 + [0.0] * 30
    clusters = [f"a{number}" for number in range(10)] + [f"b{number // 3}" for number in range(30)]
    low, high = interval(values, clusters)
    assert low < 0.25 < high


def test_interval_does_not_depend_on_the_memory_at_hand(monkeypatch):
    values = np.random.default_rng(3).random(37)
    whole = interval(values), p_value(values - 0.5)
    monkeypatch.setattr(statistics, "_CHUNK", 1000)
    assert (interval(values), p_value(values - 0.5)) == whole


def test_the_seed_decides_and_nothing_else():
    values = np.random.default_rng(4).random(30)
    assert interval(values, seed=1) == interval(values, seed=1)
    assert interval(values, seed=1) != interval(values, seed=2)
    draws = [generator_for(1, *words).random() for words in (("a", "b"), ("ab",), ("b", "a"))]
    assert len(set(draws)) == 3


@pytest.mark.parametrize("values", [[0.5, float("nan"), 0.5], [0.5, float("inf"), 0.5]])
def test_values_that_are_no_numbers_are_refused(values):
    with pytest.raises(UserError, match="a score is missing or NaN"):
        interval(values)
    with pytest.raises(UserError, match="a score is missing or NaN"):
        p_value(values)


def test_one_article_has_no_interval():
    with pytest.raises(UserError, match="at least two articles to resample, here is 1"):
        interval([0.1, 0.2], ["a", "a"])


# permutation


def brute_force(sums):
    totals = [
        abs(sum(s * d for s, d in zip(signs, sums, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(sums))
    ]
    return sum(total >= abs(sum(sums)) - 1e-12 for total in totals) / len(totals)


def test_exact_p_of_small_cases():
    assert p_value([1, 1, 1, 1]) == (2 / 16, "sign-flip permutation over rows (exact, 2^4 patterns)")
    assert p_value([3, -1, 2])[0] == brute_force([3, -1, 2]) == 4 / 8
    assert p_value([0.1, 0.2, -0.3])[0] == 1.0
    differences = np.random.default_rng(6).normal(0.5, 1.0, 12)
    assert p_value(differences)[0] == brute_force(differences)


def test_articles_flip_as_a_whole():
    p, test = p_value([1, 1, 2, -1, 0.5], ["a", "a", "b", "b", "c"])
    assert p == brute_force([2, 1, 0.5])
    assert test == "sign-flip permutation over articles (exact, 2^3 patterns)"


def test_rows_without_a_difference_neither_help_nor_hurt():
    assert p_value([0] * 100 + [1, 1, 1, 1, 1])[0] == 2 / 32
    assert p_value([0.0] * 20)[0] == 1.0


def test_many_articles_are_sampled_and_p_is_never_zero():
    p, test = p_value(np.ones(40))
    assert p == 1 / 10_001
    assert test == "sign-flip permutation over rows (10000 random patterns)"
    differences = np.random.default_rng(8).normal(0.35, 1.0, 16)
    sampled = p_value(differences)[0]
    exact = brute_force(differences)
    assert sampled == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 10_000) + 1e-4)


def test_no_difference_gives_every_p_alike():
    dice = np.random.default_rng(9)
    values = [p_value(dice.normal(0.0, 1.0, 10))[0] for _ in range(300)]
    assert sum(p <= 0.05 for p in values) / 300 < 0.09
    assert np.mean(values) == pytest.approx(0.5, abs=0.06)


# from score files to statistics.json


class Study:
    """A study in a folder: two splits of rows, and score files that are random but for the wished means."""

    def __init__(self, folder):
        self.folder, self.rows, self.files, self.labels = folder, {}, [], []
        for split, count in (("valid", 12), ("test", 20)):
            self.rows[split] = [f"{split}-{number}" for number in range(count)]
            articles = [f"{split}-a{number // 2}" for number in range(count)]
            frame = polars.DataFrame({"id": self.rows[split], "answer": ["x"] * count, "article": articles})
            frame.write_parquet(folder / f"{split}.parquet")

    def score(self, model, arm, seed, share, leave_out=None, change=None):
        dice = random.Random(f"{model} {arm} {seed}")
        lines = [
            {"id": id, "split": split, "metric": metric, "value": float(dice.random() < share)}
            for split, ids in self.rows.items()
            for id in ids
            for metric in ("exact_match", "char_f1")
        ]
        lines = [{**line, **(change or {}).get((line["id"], line["metric"]), {})} for line in lines]
        path = self.folder / f"{model}-{arm}-{seed}.jsonl"
        text = "".join(json.dumps(line) + "\n" for line in lines if line["id"] != leave_out)
        path.write_text(text, encoding="utf-8")
        self.files.append(path)
        self.labels.append({"model": model, "arm": arm, "seed": seed})
        return [line["value"] for line in lines if line["metric"] == "char_f1" and line["split"] == "test"]

    def compare(self, *comparisons, **settings):
        settings = {"metrics": ["exact_match", "char_f1"], "resamples": 500, "seed": 7, **settings}
        settings["comparisons"] = [
            {
                "name": name,
                "a": dict(zip(("model", "arm"), a, strict=True)),
                "b": dict(zip(("model", "arm"), b, strict=True)),
            }
            for name, a, b in comparisons
        ]
        output = self.folder / "statistics.json"
        compare_scores.main(
            [
                *("--scores", *map(str, self.files), "--labels", json.dumps(self.labels)),
                *("--rows", *(str(self.folder / f"{split}.parquet") for split in self.rows)),
                *("--settings", json.dumps(settings), "--output", str(output)),
            ]
        )
        return json.loads(output.read_text(encoding="utf-8"))


def pick(lines, **wanted):
    (line,) = [line for line in lines if all(line[key] == value for key, value in wanted.items())]
    return line


TUNED = ("tuning", ("gemma", "base"), ("gemma", "qlora"))


def test_statistics_of_a_study(tmp_path, monkeypatch):
    study, said = Study(tmp_path), []
    monkeypatch.setattr(console, "say", said.append)
    base = study.score("gemma", "base", 42, 0.3)
    tuned = [study.score("gemma", "qlora", seed, 0.8) for seed in (43, 42)]
    study.score("ensemble", "oracle", 42, 0.9)
    found = study.compare(TUNED)
    assert (found["resamples"], found["seed"]) == (500, 7)
    assert len(found["means"]) == 3 * 2 * 2
    mean = pick(found["means"], model="gemma", arm="qlora", split="test", metric="char_f1")
    of_rows = np.mean(tuned, axis=0)  # seeds first, then rows
    assert (mean["n"], mean["articles"], mean["seeds"]) == (20, 10, [42, 43])
    assert mean["mean"] == pytest.approx(of_rows.mean())
    assert mean["low"] <= mean["mean"] <= mean["high"]
    assert "upper_bound" not in mean
    assert pick(found["means"], model="ensemble", split="test", metric="char_f1")["upper_bound"] is True
    pair = pick(found["pairs"], split="test", metric="char_f1")
    assert pair["difference"] == pytest.approx((of_rows - np.array(base)).mean())
    assert (pair["name"], pair["n"], pair["articles"]) == ("tuning", 20, 10)
    assert (pair["a"], pair["b"]) == ({"model": "gemma", "arm": "base"}, {"model": "gemma", "arm": "qlora"})
    moved = (of_rows - np.array(base)).reshape(10, 2).sum(axis=1)
    assert pair["p"] == brute_force([d for d in moved if d])
    assert pair["test"].startswith("sign-flip permutation over articles (exact")
    assert said == ["compared 3 models and ensembles: 12 means, 4 pairs (valid n=12, test n=20)"]


def test_one_more_comparison_changes_no_other(tmp_path):
    study = Study(tmp_path)
    study.score("gemma", "base", 42, 0.3)
    study.score("gemma", "qlora", 42, 0.8)
    before = study.compare(TUNED)
    study.score("eeve", "qlora", 42, 0.6)
    after = study.compare(("between", ("eeve", "qlora"), ("gemma", "qlora")), TUNED)
    assert [line for line in after["means"] if line["model"] == "gemma"] == before["means"]
    assert [line for line in after["pairs"] if line["name"] == "tuning"] == before["pairs"]
    only = study.compare(TUNED, splits=["test"], metrics=["char_f1"])
    assert only["pairs"] == [line for line in before["pairs"] if (line["split"], line["metric"]) == ("test", "char_f1")]


def test_the_order_of_the_files_changes_nothing_but_the_order(tmp_path):
    study = Study(tmp_path)
    for seed in (1, 2, 3):
        study.score("gemma", "qlora", seed, 0.7)
    before = study.compare()
    study.files.reverse()
    study.labels.reverse()
    assert study.compare() == before


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"leave_out": "test-3"}, "no exact_match score for the row 'test-3' of 'test'"),
        (
            {"change": {("test-3", "char_f1"): {"value": None}}},
            "the row 'test-3' has the value None, which is no score",
        ),
        ({"change": {("test-3", "char_f1"): {"value": float("nan")}}}, "the row 'test-3' has the value nan"),
        ({"change": {("test-3", "char_f1"): {"id": "test-4"}}}, "two char_f1 scores for the row 'test-4'"),
        ({"change": {("test-3", "char_f1"): {"metric": "rouge"}}}, "no char_f1 score for the row 'test-3' of 'test'"),
        ({"change": {("test-3", "char_f1"): {"id": "new"}}}, "no char_f1 score for the row 'test-3'"),
    ],
)
def test_a_missing_or_broken_score_fails_by_file_and_row(tmp_path, fault, message):
    study = Study(tmp_path)
    study.score("gemma", "base", 42, 0.3)
    study.score("gemma", "qlora", 42, 0.8, **fault)
    with pytest.raises(UserError) as error:
        study.compare(TUNED)
    assert message in str(error.value)
    assert "gemma-qlora-42.jsonl" in str(error.value)
    assert not (tmp_path / "statistics.json").exists()


def test_faulty_settings_are_refused(tmp_path):
    study = Study(tmp_path)
    study.score("gemma", "qlora", 42, 0.8)
    with pytest.raises(UserError, match="comparison 'tuning': no scores for gemma/base; did you mean 'gemma/qlora'"):
        study.compare(TUNED)
    with pytest.raises(UserError, match="no rows file was given for the split 'tset'; did you mean 'test'"):
        study.compare(splits=["tset"])
    study.score("gemma", "qlora", 42, 0.8)
    with pytest.raises(UserError, match="a second score file for gemma/qlora, seed 42"):
        study.compare()
    study.labels.pop()
    with pytest.raises(UserError, match="2 score files but 1 labels"):
        study.compare()


def test_rows_are_the_unit_when_no_article_is_known():
    rows = [{"id": "1"}, {"id": "2", "article": None}]
    assert statistics.units_of(rows, "test").word == "row"
    assert statistics.units_of([{"id": "1", "article": "a"}, {"id": "2", "article": "a"}], "test").count == 1
    with pytest.raises(UserError, match="the row '2' names no article but others do"):
        statistics.units_of([{"id": "1", "article": "a"}, {"id": "2", "article": None}], "test")
