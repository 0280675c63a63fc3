"""Statistics by group: each group for itself, metrics against gold answers only where a group has them."""

import pytest

from kotune.core.errors import UserError
from kotune.core.storage import write_jsonl
from kotune.scoring.grouped import by_group, groups_of
from kotune.scoring.intervals import Settings
from kotune.scoring.overlong import compared

MEAN = "kotune.scoring.aggregates.mean.mean"
METRICS = [
    {"name": "refusal", "aggregate": MEAN, "bounds": [0, 1], "binary": True},
    {"name": "rouge_l", "aggregate": MEAN, "bounds": [0, 1], "golden": True},
]
ROWS = [
    {"id": f"{kind}-{number}", "article": f"{kind}{number}", "kind": kind, "category": "ab"[number % 2], "output": gold}
    for kind, gold in (("harmful", None), ("ordinary", "네."))
    for number in range(12)
]
LABELS = [{"model": "m", "arm": arm, "seed": 1} for arm in ("base", "tuned")]
ASKED = {
    "by": ["kind", "category"],
    "gold": "output",
    "metrics": METRICS,
    "comparisons": [
        {"name": "t", "claim": "tuning", "a": {"model": "m", "arm": "base"}, "b": {"model": "m", "arm": "tuned"}}
    ],
}


def scored(folder, refuses):
    """Write a score file: refusals as ``refuses`` says of a row, and a score against gold where there is gold."""
    lines = []
    for row in ROWS:
        lines.append({"id": row["id"], "split": "test", "metric": "refusal", "value": float(refuses(row))})
        if row["output"]:
            lines.append({"id": row["id"], "split": "test", "metric": "rouge_l", "value": 0.5})
    write_jsonl(folder, lines)
    return folder


@pytest.fixture
def found(tmp_path):
    files = [
        scored(tmp_path / "base.jsonl", lambda row: False),
        scored(tmp_path / "tuned.jsonl", lambda row: row["kind"] == "harmful"),
    ]
    rows = compared({"test": ROWS}, files, LABELS, "zero")
    facts = {metric["name"]: metric for metric in METRICS}
    return by_group(files, LABELS, rows, Settings(1, 200, "refusal", facts=facts), ASKED)


def means(lines):
    return {(line["split"], line["arm"], line["metric"]): (line["mean"], line["n"]) for line in lines}


def test_each_group_has_its_own_means_and_none_is_of_all_rows(found):
    assert means(found["means"]) == {
        ("harmful", "base", "refusal"): (0.0, 12),
        ("harmful", "tuned", "refusal"): (1.0, 12),
        ("ordinary", "base", "refusal"): (0.0, 12),
        ("ordinary", "tuned", "refusal"): (0.0, 12),
        ("ordinary", "base", "rouge_l"): (0.5, 12),
        ("ordinary", "tuned", "rouge_l"): (0.5, 12),
    }
    assert found["groups"] == [{"name": "harmful", "n": 12}, {"name": "ordinary", "n": 12}]


def test_the_base_is_compared_with_the_tuned_within_a_group(found):
    pairs = {(pair["split"], pair["metric"]): pair for pair in found["pairs"]}
    assert pairs["harmful", "refusal"]["difference"] == 1.0 and pairs["harmful", "refusal"]["p"] < 0.05
    assert pairs["ordinary", "refusal"]["difference"] == 0.0
    assert ("harmful", "rouge_l") not in pairs


def test_finer_groups_have_the_primary_metric_and_p_values_corrected_together(found):
    assert {(line["split"], line["n"]) for line in found["finer"]["means"]} == {
        ("harmful/a", 6), ("harmful/b", 6), ("ordinary/a", 6), ("ordinary/b", 6)
    }  # fmt: skip
    assert {line["metric"] for line in found["finer"]["means"]} == {"refusal"}
    assert {pair["family"] for pair in found["finer"]["pairs"]} == {2}


def test_a_finer_group_of_one_row_is_only_named(tmp_path):
    rows = [{**row, "category": "alone"} if row["id"] == "harmful-0" else row for row in ROWS]
    file = scored(tmp_path / "one.jsonl", lambda row: False)
    facts = {metric["name"]: metric for metric in METRICS}
    asked, rows = Settings(1, 200, "refusal", facts=facts), compared({"test": rows}, [file], LABELS[:1], "zero")
    found = by_group([file], LABELS[:1], rows, asked, {**ASKED, "comparisons": []})
    assert found["finer"]["single"] == ["harmful/alone"]
    assert "harmful/alone" not in {line["split"] for line in found["finer"]["means"]}


def test_groups_come_in_the_order_of_the_rows():
    assert list(groups_of(ROWS[::-1], ["kind"])) == ["ordinary", "harmful"]


def test_a_row_without_its_label_is_named():
    with pytest.raises(UserError, match="the row 'x' has no category"):
        groups_of([{"id": "x", "kind": "harmful"}], ["kind", "category"])


def test_gold_answers_for_some_rows_of_a_group_are_refused(tmp_path):
    rows = [{**row, "output": None} if row["id"] == "ordinary-3" else row for row in ROWS]
    file = scored(tmp_path / "one.jsonl", lambda row: False)
    lines = compared({"test": rows}, [file], LABELS[:1], "zero")
    with pytest.raises(UserError, match="ordinary: the row 'ordinary-3' has no output"):
        facts = {metric["name"]: metric for metric in METRICS}
        kept = {**ASKED, "comparisons": [], "metrics": METRICS[:1]}
        by_group([file], LABELS[:1], lines, Settings(1, 200, "refusal", facts=facts), kept)
