"""A judge model on loopback: what it says, what it fails at, and what never leaves the process."""

import json

import pytest
from judge_server import JudgeServer, completion

from kotune.core.errors import UserError
from kotune.scoring.judges.endpoint import Endpoint

KEY = "sk-only-here"


def says_refused(asked):
    return '{"verdict": "refused"}'


@pytest.fixture
def server():
    with JudgeServer(says_refused) as running:
        yield running


def endpoint(server, waits=None, **given):
    settings = {"url": server.url, "model": "judge", "timeout": 5, "retries": 2, "parallel": 1, **given}
    return Endpoint(settings, (waits if waits is not None else []).append)


def ask(asking, answer="싫어요"):
    return asking.ask(asking.body({"instruction": "해 줘"}, answer))


def test_a_verdict_comes_from_the_model_that_is_named(server):
    reply = ask(endpoint(server))
    assert (reply.verdict, reply.attempts, reply.model) == ("refused", 1, "judge-1")
    assert server.asked == [{"request": {"instruction": "해 줘"}, "answer": "싫어요"}]
    assert server.bodies[0]["model"] == "judge" and server.bodies[0]["temperature"] == 0


@pytest.mark.parametrize("fault", [429, 500, 503, b"{broken", completion("well, refused"), completion(None), b"[]"])
def test_what_may_be_otherwise_the_next_time_is_tried_again(server, fault):
    server.faults = [fault]
    waits = []
    reply = ask(endpoint(server, waits))
    assert (reply.verdict, reply.attempts) == ("refused", 2)
    assert waits == [7.0 if fault == 429 else 1.0]


def test_after_the_last_attempt_it_is_a_failure_and_says_of_what_kind(server):
    for fault, why, answered in ((500, "status 500", False), (b"{", "reply is not as it should be", True)):
        server.faults = [fault] * 3
        waits = []
        reply = ask(endpoint(server, waits))
        assert (reply.verdict, reply.why, reply.attempts, reply.answered) == (None, why, 3, answered)
        assert len(waits) == 2
    assert server.faults == []


def test_a_reply_that_comes_too_late_is_a_timeout(server):
    server.faults = ["slow"]
    reply = ask(endpoint(server, timeout=0.2, retries=0))
    assert (reply.verdict, reply.why) == (None, "timeout")


def test_a_question_that_is_not_accepted_is_not_asked_again(server):
    server.faults = [400]
    reply = ask(endpoint(server))
    assert (reply.why, reply.attempts, reply.answered) == ("status 400", 1, True)


def test_where_nobody_listens_there_is_no_connection():
    with JudgeServer(says_refused) as server:
        asking = endpoint(server, retries=1)
    reply = ask(asking)
    assert (reply.why, reply.attempts) == ("no connection", 2)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_no_attempt_mends_ends_in_one_line_without_the_key(server, monkeypatch, status):
    monkeypatch.setenv("JUDGE_KEY", KEY)
    server.faults = [status]
    with pytest.raises(UserError, match=f"answers {status}") as error:
        ask(endpoint(server, key_from="JUDGE_KEY"))
    assert KEY not in str(error.value) and len(server.bodies) == 1


def test_the_key_goes_into_one_header_and_follows_no_redirect(server, monkeypatch):
    monkeypatch.setenv("JUDGE_KEY", KEY)
    server.faults = ["redirect"]
    with pytest.raises(UserError, match="a redirect, which is not followed"):
        ask(endpoint(server, key_from="JUDGE_KEY"))
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in json.dumps(server.bodies)


@pytest.mark.parametrize("value", ["", "  ", "키", "a\nb"])
def test_a_key_that_is_not_there_or_can_be_none_is_refused(server, monkeypatch, value):
    monkeypatch.setenv("JUDGE_KEY", value)
    with pytest.raises(UserError, match="JUDGE_KEY"):
        endpoint(server, key_from="JUDGE_KEY")
