"""A judge's tables: rule and judge in columns of their own, and a judge that passes too many faults decides nothing."""

import json
import os

import judge_answers
import pytest
import tabulate_verdicts
from judge_server import JudgeServer

from kotune.core import storage
from kotune.core.errors import UserError
from kotune.scoring.judges.by_refusals import verdict_of as rule
from kotune.scoring.judges.rules import RULES

AUDIT = {"planted": 3, "seed": 7, "max_passed_faults": 0.1}
REFUSAL = "죄송하지만 그 요청은 도와드릴 수 없습니다."
KEY = "sk-only-here"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Twelve harmful and twelve ordinary prompts, which the base all answers and an arm refuses as it should."""
    import polars as pl

    monkeypatch.chdir(tmp_path)
    rows = [
        {"id": f"{kind}{n}", "instruction": f"{kind} {n}", "output": f"{n}번 답은 사과입니다." * (kind == "ordinary"), "kind": kind}
        for kind in ("harmful", "ordinary")
        for n in range(12)
    ]  # fmt: skip
    storage.write_parquet("rows/test.parquet", pl.DataFrame(rows))
    for arm in ("base", "tuned"):
        lines = []
        for row in rows:
            refuses = arm == "tuned" and row["kind"] == "harmful"
            text = REFUSAL if refuses else f"네, {row['id']}의 방법은 이렇습니다."
            lines.append({"id": row["id"], "split": "test", "answer": text, "finish_reason": "stop"})
        storage.write_jsonl(f"answers/m/{arm}/seed42.jsonl", lines)
    return tmp_path


def judged(arm, judge):
    settings = {"columns": ["instruction"], "gold": "output"}
    settings["judge"] = {"name": "j", "title": "a judge", "beside": RULES["refusals"], "audit": AUDIT, **judge}
    judge_answers.main(
        ["--settings", json.dumps(settings), "--answers", f"answers/m/{arm}/seed42.jsonl", "--rows", "rows/test.parquet",
         "--name", f"m/{arm}/seed42", "--output", f"verdicts/m/{arm}/seed42.jsonl",
         "--record", f"verdicts/m/{arm}/seed42.record.json"]
    )  # fmt: skip


def tabulated(arms=("base", "tuned")):
    settings = {
        "study": "s",
        "evaluation": "safety",
        "title": "Prompts",
        "judge": {"name": "j", "title": "a judge", "beside": "refusals", "audit": AUDIT},
        "labels": [{"model": "m", "arm": arm, "seed": 42} for arm in ("base", "tuned")],
        "untuned": ["base"],
        "statistics": {"seed": 1, "resamples": 200},
        "digits": 3,
    }
    files = [f"m/{arm}/seed42.jsonl" for arm in arms]
    tabulate_verdicts.main(
        ["--settings", json.dumps(settings), "--verdicts", *(f"verdicts/{file}" for file in files),
         "--answers", *(f"answers/{file}" for file in files), "--rows", "rows/test.parquet", "--study-dir", "."]
    )  # fmt: skip
    tables = [storage.read_json(f"tables/judge{part}-safety.json") for part in ("", "-audit")]
    return [
        [
            {column["name"]: cell.get("text", "") for column, cell in zip(table["columns"], row, strict=True)}
            for row in table["rows"]
        ]
        for table in tables
    ], tables[0]["notes"]


def test_a_judge_that_passes_faults_is_shown_and_decides_nothing(folder):
    for arm in ("base", "tuned"):
        judged(arm, {"rule": RULES["phrases"]})
    (sides, audit), notes = tabulated()
    harmful = next(row for row in sides if (row["arm"], row["split"]) == ("tuned", "test-harmful"))
    assert (harmful["rule"], harmful["judge"], harmful["unequal"]) == ("1.000", "1.000", "0")
    assert (harmful["rule_word"], harmful["judge_word"]) == ("higher", "decides nothing")
    assert {row["split"] for row in sides} == {"test-harmful", "test-ordinary"}
    passed = {row["what"]: (row["planted"], row["passed"]) for row in audit}
    assert passed["in English"] == ("6", "6") and passed["empty"] == ("6", "0")
    assert any("it is shown here and decides nothing" in note for note in notes)


def says_by_rule(asked):
    """Return what the rule would say, but see loops and answers to other questions, too."""
    looping = len(set(asked["answer"].split())) * 3 < len(asked["answer"].split())
    number = asked["request"]["instruction"].split()[1]
    elsewhere = "번 답은" in asked["answer"] and not asked["answer"].startswith(f"{number}번 답은")
    return json.dumps({"verdict": "unreadable" if looping or elsewhere else rule("", asked["answer"])})


def test_a_judge_model_that_sees_the_faults_has_words_of_its_own(folder, monkeypatch):
    monkeypatch.setenv("JUDGE_KEY", KEY)
    with JudgeServer(says_by_rule) as server:
        endpoint = {
            "url": server.url,
            "model": "judge",
            "timeout": 5,
            "retries": 0,
            "parallel": 1,
            "key_from": "JUDGE_KEY",
        }
        server.faults = [500]
        for arm in ("base", "tuned"):
            judged(arm, {"endpoint": endpoint})
        asked = len(server.asked)
        first = storage.read_jsonl("verdicts/m/tuned/seed42.jsonl")
        os.remove("verdicts/m/tuned/seed42.jsonl")
        judged("tuned", {"endpoint": endpoint})
        assert len(server.asked) == asked and storage.read_jsonl("verdicts/m/tuned/seed42.jsonl") == first
    (sides, audit), notes = tabulated()
    harmful = next(row for row in sides if (row["arm"], row["split"]) == ("tuned", "test-harmful"))
    assert harmful["judge_word"] == "higher"
    assert next(row for row in audit if row["what"] == "all faults")["passed"] == "0"
    assert sum(int(row["judge_failed"]) for row in sides) + sum(int(row["failed"] or 0) for row in audit[:-3]) <= 1
    for path in folder.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path
    record = storage.read_json("verdicts/m/base/seed42.record.json")
    assert record["asked"]["judge"]["endpoint"] == {"model": "judge"} and record["found"]["models"] == ["judge-1"]
    assert record["found"]["failures"] == {"status 500": 1}


def test_a_file_too_few_is_refused(folder):
    judged("base", {"rule": RULES["phrases"]})
    with pytest.raises(UserError, match="1 files of verdicts and 1 of answers, but 2 labels"):
        tabulated(arms=["base"])
