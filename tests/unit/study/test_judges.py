"""A judge is named by a study or an evaluation; what cannot be is refused before anything runs."""

import pytest
import yaml

from kotune.core.errors import UserError
from kotune.study.judges import judge_at

AUDIT = {"planted": 2, "seed": 1, "max_passed_faults": 0.2}
REAL, STAND_INS = {"stand_ins": False}, {"stand_ins": True}


@pytest.fixture
def root(tmp_path):
    write(tmp_path, "rule", rule="phrases")
    return tmp_path


def write(root, name, **given):
    (root / "config/judges").mkdir(parents=True, exist_ok=True)
    content = {"title": name, "audit": AUDIT, **given}
    (root / f"config/judges/{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def endpoint(url="https://judge.example/v1", **given):
    return {"endpoint": {"url": url, "model": "m", **given}}


def test_nobody_judges_where_none_is_named(root):
    assert judge_at(None, "a study", REAL, root) is None


def test_a_judge_is_whole(root):
    write(root, "model", **endpoint(retries=1))
    found = judge_at("model", "a study", REAL, root)
    assert found["endpoint"] == {
        "url": "https://judge.example/v1",
        "model": "m",
        "timeout": 60,
        "retries": 1,
        "parallel": 1,
    }
    assert found["beside"] == "refusals" and found["audit"] == AUDIT
    assert judge_at("rule", "a study", STAND_INS, root)["rule"] == "phrases"


def test_at_a_scale_of_stand_ins_its_stand_in_judges(root):
    write(root, "model", **endpoint(), stand_in="rule")
    assert judge_at("model", "a study", STAND_INS, root)["name"] == "rule"
    assert judge_at("model", "a study", REAL, root)["name"] == "model"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "a study, judge: 'model' has no stand_in .*not there at this scale"),
        ({"stand_in": "rul"}, "no file 'rul.yaml'; did you mean 'rule'"),
        ({"stand_in": "model"}, "stand_in: 'model' is a judge model; name a judge that is a rule"),
    ],
)
def test_a_judge_model_without_a_stand_in_that_is_a_rule(root, given, line):
    write(root, "model", **endpoint(), **given)
    with pytest.raises(UserError, match=line):
        judge_at("model", "a study", STAND_INS, root)


@pytest.mark.parametrize(
    "url",
    ["http://judge.example/v1", "http://10.0.0.7:8000/v1", "http://localhost.example/v1"],
)
def test_a_key_does_not_travel_in_the_open(root, url):
    write(root, "model", **endpoint(url, key_from="JUDGE_KEY"))
    with pytest.raises(UserError, match="with key_from it must be https"):
        judge_at("model", "a study", REAL, root)
    write(root, "model", **endpoint(url))
    assert judge_at("model", "a study", REAL, root)


@pytest.mark.parametrize("url", ["http://localhost:8000/v1", "http://127.0.0.1/v1", "http://[::1]:8000/v1"])
def test_on_this_machine_it_may(root, url):
    write(root, "model", **endpoint(url, key_from="JUDGE_KEY"))
    assert judge_at("model", "a study", REAL, root)["endpoint"]["url"] == url


@pytest.mark.parametrize(
    "url", ["ftp://a/v1", "https://user:secret@a/v1", "https://a/v1?api-key=secret", "a/v1", "https://a:port/v1"]
)
def test_an_address_is_one_and_holds_no_key(root, url):
    write(root, "model", **endpoint(url))
    with pytest.raises(UserError, match=r"model.yaml.*endpoint\.url"):
        judge_at("model", "a study", REAL, root)
