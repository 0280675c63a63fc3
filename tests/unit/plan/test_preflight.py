"""What a preflight is asked: all that studies take from the hub once each, or what a run's jobs would download."""

from types import SimpleNamespace

import pytest
from studies import configuration

from kotune.core.names import ROOT
from kotune.plan import preflight, start


def plan(**more):
    return start.plan_of(configuration() | more, ROOT)


def job(rule, name):
    return SimpleNamespace(rule=SimpleNamespace(name=rule), wildcards=SimpleNamespace(hub_name=name))


FULL = {"scale": "full", "data": {"econ-qa": "klue-mrc-news"}}


def test_every_model_embedder_and_data_set_is_asked_about_once():
    asked = preflight.everything(plan(**FULL))
    names = [(one["kind"], one["name"]) for one in asked]
    assert len(names) == len(set(names)) and ("dataset", "klue-mrc-news") in names
    assert ("model", "ko-gemma-2-9b-it") in names
    model = next(one for one in asked if one["name"] == "ko-gemma-2-9b-it")
    assert model["entry"]["hub_id"] == "rtzr/ko-gemma-2-9b-it" and model["folder"].endswith(
        "hub/models/ko-gemma-2-9b-it"
    )


@pytest.mark.parametrize("scale", ["mini", "rehearsal"])
def test_stand_ins_and_rehearsals_ask_nothing(scale):
    assert preflight.everything(plan(scale=scale)) == []


def test_a_run_is_asked_about_what_it_would_download_and_may_do_without(monkeypatch):
    full = plan(**FULL)
    jobs = [job("download_model", "kure-v1"), job("download_dataset", "klue-mrc-news"), job("prepare_rows", "x")]
    assert [one["kind"] for one in preflight.to_download(full, jobs)] == ["dataset", "embedder"]
    seen = []
    monkeypatch.setattr(preflight.preflight, "inspected", lambda things, lock: seen.append(things) or [])
    preflight.begin(full, jobs)
    preflight.begin(plan(**FULL, preflight=False), jobs)
    preflight.begin(full, [])
    assert [len(things) for things in seen] == [2, 0, 0]


def test_a_fault_that_bars_ends_the_run_with_the_way_around_it(monkeypatch, capsys):
    def barred(things, lock):
        return [preflight.findings.Found(one, bars=["it is gone"]) for one in things]

    monkeypatch.setattr(preflight.preflight, "inspected", barred)
    with pytest.raises(SystemExit, match="error: preflight: 1 fault would bar the run; .* --config preflight=False"):
        preflight.begin(plan(**FULL), [job("download_model", "kure-v1")])
    assert "bars the run: it is gone" in capsys.readouterr().err
