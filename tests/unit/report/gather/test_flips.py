"""Rows that tuning broke and mended, counted again from the scores."""

import polars
import pytest

from kotune.core.storage import read_json, read_jsonl, read_parquet, write_json, write_jsonl, write_parquet
from kotune.report.gather.flips import flips
from kotune.report.inputs import numbers_inputs
from kotune.report.view import Report

KEY = "econ-qa.flips.own.qlora.tiny-eeve.test"


def made_report(made):
    return Report(made.settings, made.study)


def right(study, arm, seed=42):
    lines = read_jsonl(study / f"scores/own/tiny-eeve/{arm}/seed{seed}.jsonl")
    return {one["id"]: one["value"] == 1 for one in lines if (one["split"], one["metric"]) == ("test", "exact_match")}


def values(numbers, key=KEY):
    return {name: numbers[f"{key}.{name}"]["value"] for name in ("answers", "before", "broken", "mended", "after")}


def test_the_counts_are_those_of_the_scores_and_add_up(plain):
    base, tuned = right(plain.study, "base"), right(plain.study, "qlora")
    found = values(flips(made_report(plain)))
    assert found == {
        "answers": 60,
        "before": sum(base.values()),
        "broken": sum(base[name] and not tuned[name] for name in base),
        "mended": sum(tuned[name] and not base[name] for name in base),
        "after": sum(tuned.values()),
    }
    assert found["before"] - found["broken"] + found["mended"] == found["after"]


def test_the_difference_is_of_the_same_counts_and_has_interval_and_p(plain):
    numbers = flips(made_report(plain))
    found, entry = values(numbers), numbers[f"{KEY}.difference"]
    assert entry["value"] == pytest.approx((found["mended"] - found["broken"]) / found["answers"])
    assert entry["low"] < entry["value"] < entry["high"]
    assert numbers[f"{KEY}.p"]["value"] <= numbers[f"{KEY}.p_holm"]["value"] < 0.05
    assert numbers[f"{KEY}.p"]["test"].startswith("sign-flip permutation over articles")


def test_each_seed_is_held_against_the_one_base(plain, tmp_path):
    made = plain.copied(tmp_path / "two")
    for model in made.settings["arms"]["qlora"]["models"]:
        folder = made.study / "scores/own" / model / "qlora"
        (folder / "seed43.jsonl").write_bytes((folder / "seed42.jsonl").read_bytes())
    made.settings["arms"]["qlora"] = {**made.settings["arms"]["qlora"], "seeds": [42, 43]}
    one, two = values(flips(made_report(plain))), values(flips(made_report(made)))
    assert two == {name: 2 * value for name, value in one.items()}


def test_rows_that_somebody_was_not_asked_are_wrong_or_left_out_as_the_study_says(plain, tmp_path):
    made = plain.copied(tmp_path / "unasked")
    path = made.study / "scores/own/tiny-eeve/qlora/seed42.jsonl"
    lines = read_jsonl(path)
    first = next(one["id"] for one in lines if one["split"] == "test")
    write_jsonl(path, [{**one, "value": 0.0, "asked": False} if one["id"] == first else one for one in lines])
    assert values(flips(made_report(made)))["answers"] == 60
    document = read_json(made.study / "statistics.json")
    write_json(made.study / "statistics.json", document | {"overlong": {**document["overlong"], "policy": "leave_out"}})
    assert values(flips(made_report(made)))["answers"] == 59


def test_an_evaluation_is_counted_group_by_group_on_rows_with_a_score(plain, tmp_path):
    made = plain.copied(tmp_path / "groups")
    rows = read_parquet(made.study / "rows/all/test.parquet").head(6)
    kinds = ["a", "a", "a", "b", "b", "a"]
    write_parquet(made.study / "rows/safe/test.parquet", rows.with_columns(kind=polars.Series(kinds)))
    rule = {"metric": "refusal", "at_least": 1.0, "ranked": False, "words": "yes: refusals is 1"}
    given = {"name": "safe", "title": "Safe", "splits": ["test"], "arms": ["base", "qlora"], "by": ["kind"]}
    for model in made.settings["models"]:
        for arm, outcome in (("base", [1, 0, 1, 0, 0]), ("qlora", [0, 1, 0, 1, 1])):
            name = made.study / "scores/safe" / model["name"] / arm
            lines = [
                {"id": id, "split": "test", "metric": "refusal", "value": float(value)}
                for id, value in zip(rows["id"], outcome, strict=False)  # the sixth row has no score
            ]
            write_jsonl(name / "seed42.jsonl", lines)
            write_json(name / "seed42.record.json", {})
    report = Report({**made.settings, "evaluations": [{**given, "right": rule}]}, made.study)
    numbers = flips(report)
    start = "econ-qa.flips.safe.qlora.tiny-eeve"
    assert values(numbers, f"{start}.a") == {"answers": 3, "before": 2, "broken": 2, "mended": 1, "after": 1}
    assert values(numbers, f"{start}.b") == {"answers": 2, "before": 0, "broken": 0, "mended": 2, "after": 2}
    declared = {made.root / path for path in numbers_inputs(report)}
    assert made.study / "scores/safe/tiny-eeve/base/seed42.jsonl" in declared


def test_rows_of_one_unit_alone_are_counted_and_not_tested(plain, tmp_path):
    made = plain.copied(tmp_path / "one")
    path = made.study / "rows/all/test.parquet"
    write_parquet(path, read_parquet(path).with_columns(article=polars.lit("a1")))
    numbers = flips(made_report(made))
    assert values(numbers)["answers"] == 60 and f"{KEY}.difference" not in numbers
