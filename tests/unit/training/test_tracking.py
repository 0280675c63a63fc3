"""Tracking: an offline run holds what curve.jsonl holds, and nothing that the mirror does can lose a training."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.training import tracking

CURVE = [
    {"step": 5, "epoch": 0.25, "loss": 3.5, "tokens": 100},
    {"step": 10, "epoch": 0.5, "loss": 2.5, "tokens": 200},
]


ASKED = {"recipe": "0123", "prompts": "4567", "seed": "89ab"}


def settings(folder, mode="offline"):
    named = {"study": "econ-qa", "scale": "mini", "model": "tiny", "arm": "qlora"}
    return {"mode": mode, "project": "kotune", **named, "folder": str(folder)}


@pytest.fixture
def said(monkeypatch):
    """What the user is told, as one text."""
    monkeypatch.setattr(console, "_terminal", io.StringIO())
    return lambda: console._terminal.getvalue()


def inspect(folder, *words):
    """Read an offline run back as `wandb` itself does."""
    (run,) = Path(folder).glob("wandb/offline-run-*/*.wandb")
    command = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", *words, str(run)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_offline_run_read_back(tmp_path):
    run = tracking.start(settings(tmp_path), {"recipe": {"lora": {"r": 6}}, "seed": 42}, ASKED, CURVE[:1])
    run.log(CURVE[1])
    run.finish({"final_loss": 2.5, "tokens_per_second": 99.0})
    summary = json.loads(inspect(tmp_path, "--summary"))
    named = tracking.names_of(settings(tmp_path), 42, ASKED)
    assert (summary["run_id"], summary["project"], summary["state"]) == (named["id"], "kotune", "finished")
    where = {"study": "econ-qa", "scale": "mini", "arm": "qlora"}
    assert summary["config"] == {"recipe": {"lora": {"r": 6}}, "seed": 42, **where}
    assert summary["summary"]["final_loss"] == 2.5
    assert summary["summary"]["loss"] == 2.5
    records = [json.loads(line) for line in inspect(tmp_path).splitlines()]
    assert sum(record["type"] == "history" for record in records) == len(CURVE)
    assert named["group"] in inspect(tmp_path)


def test_ids_name_study_scale_and_what_was_asked(tmp_path):
    def names(asked=ASKED, seed=42, **changes):
        return tracking.names_of({**settings(tmp_path), **changes}, seed, asked)

    first = names()
    assert re.fullmatch("econ-qa-mini-tiny-qlora-seed42-[0-9a-f]{8}", first["id"])
    assert re.fullmatch("econ-qa-mini-tiny-qlora-[0-9a-f]{8}", first["group"])
    assert names(dict(reversed(ASKED.items()))) == first, "a resumed training goes on in its run"
    others = [
        names(study="context-qa"), names(scale="full"), names(model="other"), names(arm="lora"),
        names({**ASKED, "recipe": "9"}), names({**ASKED, "seed": "9"}, 43), names({**ASKED, "prompts": "9"}),
    ]  # fmt: skip
    assert len({first["id"], *(one["id"] for one in others)}) == 8
    shared = [one["group"] == first["group"] for one in others]
    assert shared == [False] * 5 + [True] * 2, "the seeds of one treatment are one group"


def test_a_long_or_odd_name_is_still_one_that_wandb_takes(tmp_path):
    named = tracking.names_of({**settings(tmp_path), "study": "경제/qa#" + "x" * 200, "arm": "a?b:c"}, 7, ASKED)
    for name in named.values():
        assert len(name) <= 128 and re.fullmatch("[0-9A-Za-z._-]+", name)
    assert named["id"] != named["group"]


def test_samples_become_a_table(tmp_path):
    row = {"id": "valid-0", "answer": "금리", "gold": "물가"}
    run = tracking.start(settings(tmp_path), {"seed": 42}, ASKED, [*CURVE, {"step": 10, "samples": [row]}])
    run.log({"step": 15, "samples": [{**row, "answer": "물가"}]})
    run.finish({"best_step": 10}, 10)
    summary = json.loads(inspect(tmp_path, "--summary"))
    assert summary["config"] == {"seed": 42, "study": "econ-qa", "scale": "mini", "arm": "qlora"}
    tables = {}
    for path in tmp_path.glob("wandb/offline-run-*/files/media/table/*.table.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        assert content["columns"] == ["step", "id", "answer", "gold"]
        tables.setdefault(path.name.split("_")[0], []).append(content["data"])
    first, second = [10, "valid-0", "금리", "물가"], [15, "valid-0", "물가", "물가"]
    assert sorted(tables["samples"], key=len) == [[first], [first, second]]
    assert tables["examples"] == [[first]]
    assert {"samples", "examples", "loss"} <= set(summary["summary"])


def test_disabled_never_imports_wandb():
    program = (
        "import sys; from kotune.training import tracking; run = tracking.start({'mode': 'disabled'}, {}, {});"
        "run.log({'step': 1}); run.finish({}); sys.exit('wandb' in sys.modules)"
    )
    scripts = ROOT / "scripts"
    assert subprocess.run([sys.executable, "-c", program], cwd=scripts, check=False).returncode == 0


def test_online_without_a_key_is_kept_offline(tmp_path, monkeypatch, said):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    tracking.start(settings(tmp_path, "online"), {"seed": 42}, ASKED, CURVE).finish({})
    assert "WANDB_API_KEY is not set, so the run is kept offline" in said()
    assert json.loads(inspect(tmp_path, "--summary"))["summary"]["loss"] == 2.5


def test_a_mirror_that_cannot_start_is_said_and_passed_over(tmp_path, said):
    (tmp_path / "file").write_text("in the way")
    run = tracking.start(settings(tmp_path / "file"), {"seed": 42}, ASKED, CURVE)
    run.log(CURVE[1])
    run.finish({})
    assert said().count("tracking: wandb could not start") == 1
    assert "the training goes on" in said()


def test_a_mirror_that_breaks_is_said_once(said):
    class Broken:
        def log(self, *_, **__):
            raise RuntimeError("the service\nis gone")

    run = tracking.Run(Broken())
    for line in CURVE:
        run.log(line)
    run.finish({})
    assert said().count("wandb could not log (the service is gone)") == 1


def test_unknown_mode(tmp_path):
    with pytest.raises(UserError, match="unknown mode 'ofline'; did you mean 'offline'"):
        tracking.start(settings(tmp_path, "ofline"), {}, {})
