"""Outcomes of programs are counted by split over an arm's seeds; metrics that run none give nothing."""

from __future__ import annotations

import json
from collections import Counter

from kotune.report.gather.outcomes import counted, outcomes
from kotune.report.view import Report


def report(folder, outcome):
    settings = {"study": "s", "metrics": ["pass_at_1"], "arms": {"tuned": {"models": ["m"], "seeds": [1, 2]}}}
    for seed in (1, 2):
        path = folder / f"scores/own/m/tuned/seed{seed}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            {"split": "test", "id": name, "metric": "pass_at_1", "value": float(name == "a")}
            | ({"outcome": "passed" if name == "a" else "failed"} if outcome else {})
            for name in "abc"
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return Report(settings, folder)


def test_outcomes_are_summed_over_seeds(tmp_path):
    made = report(tmp_path, outcome=True)
    assert counted(made, ("m", "tuned", 1)) == {"test": Counter(failed=2, passed=1)}
    found = outcomes(made)
    assert {key: entry["value"] for key, entry in found.items()} == {
        "s.outcomes.tuned.m.test.failed": 4, "s.outcomes.tuned.m.test.passed": 2
    }  # fmt: skip
    records = found["s.outcomes.tuned.m.test.failed"]["records"]
    assert [path.rpartition("/")[2] for path in records] == ["seed1.record.json", "seed2.record.json"]


def test_those_of_another_evaluation_are_counted_beside_with_all_samples_of_a_row(tmp_path):
    made = report(tmp_path, outcome=True)
    path = tmp_path / "scores/kr/m/tuned/seed1.jsonl"
    path.parent.mkdir(parents=True)
    line = {"split": "test", "id": "x", "metric": "pass_at_1", "value": 0.0, "outcome": "time"}
    text = "".join(json.dumps({**line, "number": number}) + "\n" for number in range(3))
    for seed in (1, 2):
        path.with_name(f"seed{seed}.jsonl").write_text(text, encoding="utf-8")
    one = {"name": "kr", "splits": ["test"], "arms": ["tuned"], "programs": ["pass_at_1"]}
    other = {"name": "plain", "splits": ["test"], "arms": ["tuned"]}
    asked = Report({**made.settings, "evaluations": [one, other]}, tmp_path)
    found = outcomes(asked)
    assert found["s.outcomes.tuned.m.kr.test.time"]["value"] == 6
    assert found["s.outcomes.tuned.m.test.failed"]["value"] == 4 and len(found) == 3
    assert found["s.outcomes.tuned.m.kr.test.time"]["records"][0].endswith("scores/kr/m/tuned/seed1.record.json")


def test_other_metrics_give_nothing(tmp_path):
    assert outcomes(report(tmp_path, outcome=False)) == {}
