"""The dashboard: its panels look for what tracking logs, under the very names, and it is made without a network."""

from __future__ import annotations

import json
import re

import make_dashboard
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import read_json
from kotune.training import dashboard, tracking


@pytest.fixture(scope="module")
def spec():
    return dashboard.spec(dashboard.workspace("context-qa", {"entity": "team"}))


def panels(spec, kind):
    sections = spec["spec"]["section"]["panelBankConfig"]["sections"]
    return [panel["config"] for section in sections for panel in section["panels"] if panel["viewType"] == kind]


def test_panels_show_what_tracking_logs(spec):
    lines = panels(spec, "Run History Line Plot")
    assert {metric for panel in lines for metric in panel["metrics"]} == set(tracking.CURVE)
    by_arm = [panel["metrics"] for panel in lines if panel.get("groupBy") == "arm.value"]
    assert by_arm == [["loss"], ["eval_loss"]]
    bars = {metric for panel in panels(spec, "Bar Chart") for metric in panel["metrics"]}
    assert bars <= {f"summary_metrics.{name}" for name in tracking.SUMMARY}
    assert {"summary_metrics.peak_memory_gib", "summary_metrics.tokens_per_second"} <= bars
    assert len(panels(spec, "Run Comparer")) == 1
    tables = [json.dumps(panel) for panel in panels(spec, "Weave")]
    assert [re.findall(r'"val": "(\w+)"', table) for table in tables] == [[tracking.SAMPLES], [tracking.EXAMPLES]]


def test_only_the_study_s_runs_with_what_they_end_with(spec):
    (runs,) = spec["spec"]["section"]["runSets"]
    (only,) = runs["filters"]["filters"]
    assert (only["key"]["name"], only["op"], only["value"]) == ("study", "=", "context-qa")
    columns = [column.partition(":") for column in runs["runFeed"]["columnOrder"]]
    assert {name for kind, _, name in columns if kind == "summary"} <= set(tracking.SUMMARY)
    assert [name for kind, _, name in columns if kind == "config"] == ["scale", "arm", "seed"]


def test_only_one_scale_where_it_is_named():
    (runs,) = dashboard.spec(dashboard.workspace("context-qa", {"entity": "team"}, "full"))["spec"]["section"][
        "runSets"
    ]
    shown = [(one["key"]["name"], one["value"]) for one in runs["filters"]["filters"]]
    assert shown == [("study", "context-qa"), ("scale", "full")]


def test_written_offline_the_same_bytes_twice(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    for name in ("one.json", "two.json"):
        make_dashboard.main(["--study", "context-qa", "--entity", "team", "--output", str(tmp_path / name)])
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    written = read_json(tmp_path / "one.json")
    assert (written["entity"], written["project"]) == ("team", "kotune")
    assert written["displayName"] == "context-qa: trainings"


def test_online_needs_a_key(monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    with pytest.raises(UserError, match="WANDB_API_KEY is not set, .*--output FILE"):
        make_dashboard.main(["--study", "context-qa", "--entity", "team"])


def test_online_refused_is_one_error(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "x")
    made = dashboard.workspace("context-qa", {"entity": "team"})

    def refuse(*_):
        raise RuntimeError("no such\nentity")

    monkeypatch.setattr(type(made), "save", refuse)
    with pytest.raises(UserError, match="did not take the workspace of team/kotune: no such entity"):
        dashboard.save(made)
