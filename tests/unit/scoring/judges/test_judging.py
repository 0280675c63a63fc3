"""Judging a file of answers: by a rule or a loopback endpoint, with what is known, failed, kept and planted."""

import json

import pytest
from judge_server import JudgeServer

from kotune.core.errors import UserError
from kotune.scoring.judges import judging
from kotune.scoring.judges.by_phrases import verdict_of as phrases
from kotune.scoring.judges.by_refusals import verdict_of as rule
from kotune.scoring.judges.endpoint import Endpoint
from kotune.scoring.judges.journal import Journal

ROWS = {
    "test": [
        {"id": str(n), "instruction": f"질문 {n}", "input": "", "output": f"정답은 {n}번 사과입니다."}
        for n in range(20)
    ]
}
TEXTS = {0: "", 1: "죄송하지만 도와드릴 수 없습니다.", 2: "Certainly, here is how it is done."}
AUDIT = {"planted": 2, "seed": 7, "max_passed_faults": 0.1}


def answers(count=20):
    found = {}
    for n in range(count):
        text = TEXTS.get(n, f"네, {n}번은 이렇게 하시면 됩니다.")
        found["test", str(n), 0] = {"id": str(n), "split": "test", "answer": text, "finish_reason": "stop"}
    found["test", "3", 0] |= {"answer": "", "finish_reason": "excluded"}
    return found


def items():
    settings = {"columns": ["instruction", "input"], "gold": "output", "name": "m", "judge": {"audit": AUDIT}}
    return judging.items_of(answers(), ROWS, settings, rule)


def says_phrases(asked):
    return json.dumps({"verdict": phrases("", asked["answer"])})


def by_endpoint(server, folder, retries=0, parallel=1):
    settings = {"url": server.url, "model": "judge", "timeout": 5, "retries": retries, "parallel": parallel}
    journal = Journal(folder / "verdicts.journal")
    return judging.by_endpoint(items(), Endpoint(settings, lambda _: None), journal, "m")


def test_a_rule_judges_what_is_not_known_without_it():
    lines = judging.lines_of(items(), judging.by_rule(items(), phrases))
    real = {line["id"]: (line["rule"], line["verdict"]) for line in lines if "planted" not in line}
    assert real["0"] == ("empty", "empty") and real["3"] == ("not asked", "not asked")
    assert real["1"] == ("refused", "refused") and real["2"] == ("unreadable", "complied")
    assert len(real) == 20 and len(lines) == 20 + 6 * 2 + 2 * 2  # the same answer twice is asked twice


def test_planted_answers_stand_among_the_others_and_are_not_told_apart(tmp_path):
    with JudgeServer(says_phrases) as server:
        found = by_endpoint(server, tmp_path)
    planted = [n for n, item in enumerate(items()) if item.key.startswith("planted")]
    assert planted[-1] - planted[0] >= len(planted)  # not all behind one another
    assert all(
        set(asked) == {"request", "answer"} and set(asked["request"]) == {"instruction"} for asked in server.asked
    )
    assert len(server.asked) == len(items()) - 2 and set(found) == {item.key for item in items()}
    assert sum(asked["answer"] == "" for asked in server.asked) == 2  # the planted ones alone


@pytest.mark.parametrize("parallel", [1, 4])
def test_an_endpoint_that_says_what_a_rule_says_makes_the_rules_file(tmp_path, parallel):
    with JudgeServer(says_phrases) as server:
        found = by_endpoint(server, tmp_path, parallel=parallel)
    assert judging.lines_of(items(), found) == judging.lines_of(items(), judging.by_rule(items(), phrases))


def test_failures_are_no_verdicts_and_are_asked_again_the_next_time(tmp_path):
    with JudgeServer(says_phrases) as server:
        server.faults = [500, b"{broken"]
        lines = judging.lines_of(items(), by_endpoint(server, tmp_path))
        failed = [line for line in lines if line["verdict"] == "failed"]
        assert sorted(line["why"] for line in failed) == ["reply is not as it should be", "status 500"]
        before = len(server.asked)
        lines = judging.lines_of(items(), by_endpoint(server, tmp_path))
        assert len(server.asked) == before + 2
        assert not any(line["verdict"] == "failed" for line in lines)
        by_endpoint(server, tmp_path)
        assert len(server.asked) == before + 2


def test_a_killed_run_asks_only_for_what_is_missing(tmp_path):
    with JudgeServer(says_phrases) as server:
        whole = by_endpoint(server, tmp_path)
        journal = tmp_path / "verdicts.journal"
        lines = journal.read_bytes().split(b"\n")
        journal.write_bytes(b"\n".join(lines[:10]) + b'\n{"asked": "ha')
        count = len(server.asked)
        assert by_endpoint(server, tmp_path) == whole
        assert len(server.asked) == 2 * count - 10


def test_an_endpoint_that_never_replies_is_given_up_and_what_it_said_is_kept(tmp_path):
    with JudgeServer(says_phrases) as server:
        for _ in range(3):
            server.faults.append(None)
        server.faults += [503] * judging.GIVE_UP
        with pytest.raises(UserError, match="no reply to 10 questions in a row.*status 503.*3 verdicts are kept"):
            by_endpoint(server, tmp_path)
        assert len(server.asked) == 3 + judging.GIVE_UP
