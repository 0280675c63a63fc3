"""A preflight of a hub on loopback: every fault of every entry at once, and nothing large asked for."""

import json
import subprocess
import sys

import pytest
from checkout import ROOT
from hub_server import Hub, klue_mrc

from kotune.hub import findings, preflight
from kotune.hub.findings import Asked, Found

STAND_IN = ROOT / "resources/mini/models/tiny-gemma2"
WHOLE = {path.name: path for path in STAND_IN.iterdir()}
ROWS = {"subset": "mrc", "splits": {"train": 1, "valid": 1}, "licence": "cc-by-sa-4.0",
        "columns": {"id": "guid", "answer": "answers.text"}}  # fmt: skip
TOKEN = "hf_aSecretThatMustNotBeSeen"


def without(*names, **more):
    return {name: path for name, path in WHOLE.items() if name not in names} | more


@pytest.fixture(scope="module")
def hub():
    with Hub() as served:
        served.add("model", "org/whole", WHOLE).card = {"license": "gemma"}
        served.add("model", "org/gated", WHOLE).tokens = {TOKEN}
        served.add("model", "org/bin", without("model.safetensors") | {"pytorch_model.bin": b"x"})
        served.add("model", "org/mute", without(*(name for name in WHOLE if name.startswith("tokenizer"))))
        config = json.loads((STAND_IN / "config.json").read_text()) | {
            "model_type": "own",
            "auto_map": {"AutoConfig": "a.B"},
        }
        served.add("model", "org/code", {**WHOLE, "config.json": json.dumps(config).encode(), "a.py": b"import os"})
        features = [
            {"name": "guid", "dtype": "string"},
            {"name": "answers", "sequence": [{"name": "texts", "dtype": "string"}]},
        ]
        rows = served.add("dataset", "org/rows", klue_mrc())
        rows.card = {"license": "cc-by-4.0", "dataset_info": [{"config_name": "mrc", "features": features}]}
        served.add("dataset", "org/plain", klue_mrc()).card = {"license": "cc-by-sa-4.0"}
        yield served


def thing(name, kind="model", **entry):
    return {"kind": kind, "name": name, "entry": {"hub_id": f"org/{name}", **entry}, "folder": f"hub/{name}"}


def asked(hub, folder, *things, code=0, token=None, **environment):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/preflight.py", "--asked", json.dumps(things), "--lock", "hub.lock.yaml"],
        cwd=folder, env=hub.environment(folder / "home", token, **environment), text=True, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert (done.returncode != 0) == bool(code), done.stdout
    assert "Traceback" not in done.stdout and TOKEN not in done.stdout
    return done.stdout


def test_all_faults_are_said_at_once_and_no_weights_are_fetched(hub, tmp_path):
    hub.requests.clear()
    said = asked(
        hub, tmp_path, thing("whole", licence="apache-2.0"), thing("gated", licence="gemma"), thing("bin"),
        thing("mute"), thing("code"), thing("none"), thing("whole", revision="v9"), thing("rows", "dataset", **ROWS),
        thing("plain", "dataset", **ROWS), {"kind": "rows", "name": "mine", "entry": {}, "folder": "my.csv"}, code=1,
    )  # fmt: skip
    for sentence in (
        "look at: config/models.yaml, model 'whole': its licence is 'apache-2.0', and the hub states 'gemma'",
        "bars the run: model 'gated' is gated: accept its licence (gemma) at https://huggingface.co/org/gated",
        "bars the run: config/models.yaml, model 'bin': org/bin holds no weights as safetensors",
        "bars the run: config/models.yaml, model 'mute': org/mute holds no tokenizer",
        "bars the run: config/models.yaml, model 'code': org/code runs on Python code of its own",
        "bars the run: model 'none': the hub has no org/none, or it is private",
        "bars the run: model 'whole': org/whole has no revision 'v9'",
        "bars the run: config/datasets.yaml, dataset 'rows': correct columns and only",
        "by its card there is no column 'answers.text'; did you mean 'texts'?",
        "look at: config/datasets.yaml, dataset 'rows': its licence is 'cc-by-sa-4.0', and the hub states 'cc-by-4.0'",
        "bars the run: rows of mine: there is no file my.csv",
        "error: preflight: 8 faults would bar the run",
    ):
        assert sentence in said
    lines = {line.split("  ")[0]: line for line in said.splitlines() if "  " in line}
    assert "not known" in lines["data set plain"] and "differ" in lines["data set rows"]
    fetched = [one.path for one in hub.requests if "/resolve/" in one.path]
    assert fetched and all(path.endswith(("config.json", ".index.json")) for path in fetched)
    assert list(tmp_path.glob("hub*")) == []


def test_a_token_that_is_granted_access_opens_a_gated_model(hub, tmp_path):
    assert "gated, granted" in asked(hub, tmp_path, thing("gated"), token=TOKEN)
    refused = asked(hub, tmp_path, thing("gated"), token="hf_other", code=1)
    assert "the token in use belongs to an account that has not been granted access" in refused


def test_a_commit_that_moved_on_is_said_and_one_that_is_gone_bars(hub, tmp_path):
    name = "moving"
    repo = hub.add("model", f"org/{name}", WHOLE)
    first = repo.refs["main"]
    size = (STAND_IN / "config.json").stat().st_size
    (tmp_path / "hub.lock.yaml").write_text(
        f"models: {{{name}: {{hub_id: org/{name}, revision: {first}, files: {{config.json: {{size: {size}, sha256: {'a' * 64}}}}}}}}}"
    )
    assert f"{first[:12]} locked" in asked(hub, tmp_path, thing(name))
    hub.add("model", f"org/{name}", without("tokenizer.json", **{"tokenizer.json": b"{}"}))
    said = asked(hub, tmp_path, thing(name))
    assert f"the lock holds {first[:12]}, and main of org/{name} stands at {repo.refs['main'][:12]} now" in said
    del repo.commits[first]
    assert f"org/{name} has no revision '{first}'" in asked(hub, tmp_path, thing(name), code=1)


def test_nothing_is_asked_offline_or_of_what_is_here(hub, tmp_path):
    hub.requests.clear()
    said = asked(hub, tmp_path, thing("whole"), HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE forbids to ask the hub" in said
    gguf = thing("mine", gguf={"packages": ["a==1"], "sha256": "0" * 64, "bytes": 2_000_000}, parameters=1000)
    assert "2.0 MB" in asked(hub, tmp_path, gguf)
    assert "no.gguf" in asked(hub, tmp_path, thing("mine", gguf={"path": "no.gguf"}), code=1)
    (tmp_path / "hub/whole").mkdir(parents=True)
    pin = {"hub_id": "org/whole", "revision": "0" * 40, "files": {"config.json": {"size": 1, "sha256": "0" * 64}}}
    (tmp_path / "hub/whole/snapshot.json").write_text(json.dumps(pin))
    assert "is here" in asked(hub, tmp_path, thing("whole"))
    assert hub.requests == []


def test_a_hub_that_cannot_be_reached_is_said_of_each(hub, tmp_path):
    said = asked(hub, tmp_path, thing("whole"), code=1, HF_ENDPOINT="http://127.0.0.1:9")
    assert "bars the run: model 'whole': no usable connection to http://127.0.0.1:9" in said


def test_all_downloads_together_must_have_room(tmp_path, monkeypatch):
    def of_three(asked, lock):
        return Found(asked, room=3_000_000_000)

    monkeypatch.setattr(preflight, "_inspected", of_three)
    things = [Asked("model", name, {}, tmp_path / name) for name in ("a", "b")]
    assert findings.verdict(preflight.inspected(things, tmp_path / "lock", free=6_000_000_000)) is None
    found = preflight.inspected(things, tmp_path / "lock", free=5_000_000_000)
    assert "2 downloads need 6.0 GB together, but only 5.0 GB are free" in findings.report(found)
    assert findings.verdict(found).startswith("preflight: 1 fault would bar the run")
