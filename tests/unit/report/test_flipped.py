"""Of which arms and evaluations flips are counted, and from which files."""

from kotune.report.flipped import asked_of, files
from kotune.report.view import Report

SAFE = {"name": "safe", "title": "Safe", "splits": ["test"], "arms": ["base", "qlora"], "by": ["kind", "category"]}
RULE = {"metric": "refusal", "at_least": 1.0, "ranked": False, "words": "yes: refusals is 1"}


def test_each_tuned_model_is_held_against_its_base(plain):
    (own,) = asked_of(plain.report)
    assert own.pairs(plain.report) == [(name, "qlora") for name in plain.settings["arms"]["qlora"]["models"]]
    assert files(plain.report) == []  # what is gathered anyway


def test_without_a_base_or_a_rule_nothing_is_counted(plain):
    arms = {"qlora": plain.settings["arms"]["qlora"]}
    assert asked_of(Report({**plain.settings, "arms": arms}, plain.study)) == []
    settings = {key: value for key, value in plain.settings.items() if key != "right"}
    assert asked_of(Report(settings, plain.study)) == []


def test_an_evaluation_brings_its_rows_and_scores(plain):
    report = Report({**plain.settings, "evaluations": [{**SAFE, "right": RULE}, SAFE]}, plain.study)
    assert [one.name for one in asked_of(report)] == ["own", "safe"]
    found = [path.relative_to(plain.study).as_posix() for path in files(report)]
    assert "rows/safe/test.parquet" in found
    assert {"scores/safe/tiny-eeve/base/seed42.jsonl", "scores/safe/tiny-eeve/qlora/seed42.record.json"} <= {*found}
