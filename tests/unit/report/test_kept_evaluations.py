"""Kept results show a study's other evaluations: a row a group and arm, with its interval, and n."""

from types import SimpleNamespace

from kotune.report import kept_evaluations

LINE = {"model": "m", "arm": "base", "split": "right", "metric": "pass_at_1", "n": 57, "seeds": [1]}
ONE = {
    "evaluation": "humaneval", "title": "HumanEval", "parted_by": "examples", "metrics": {"pass_at_1": "pass@1", "pass_at_10": "pass@10"},
    "means": [{**LINE, "mean": 0.1, "low": 0.05, "high": 0.2},
              {**LINE, "metric": "pass_at_10", "mean": 0.4, "low": 0.3, "high": 0.5},
              {**LINE, "split": "wrong", "n": 19, "mean": 0.0, "low": 0.0, "high": 0.0}],
}  # fmt: skip


def test_each_group_is_a_row_and_each_metric_a_column():
    rows = kept_evaluations.table(ONE).splitlines()
    assert rows[0] == "| examples | n | model | arm | seeds | pass@1 | pass@10 |"
    assert rows[2] == "| right | 57 | m | base | 1 | 0.100 [0.050, 0.200] | 0.400 [0.300, 0.500] |"
    assert rows[3].endswith("| 0.000 [no spread seen] | – |")


def test_a_study_without_others_has_no_block():
    alone = SimpleNamespace(about={})
    assert kept_evaluations.blocks(alone) == {} and kept_evaluations.parts(alone) == []
    kept = SimpleNamespace(about={"evaluations": [ONE]})
    assert [name for _, name, _ in kept_evaluations.parts(kept)] == list(kept_evaluations.blocks(kept))
