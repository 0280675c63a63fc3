"""The lock: what it says stays, a hand's slip in it is named, and a snapshot tells of whole folders only."""

import os
import subprocess
import sys
import time

import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.hub import lock as hub_lock
from kotune.hub import repository

ONE, TWO = "1" * 40, "2" * 40


def repo(name="x", **entry):
    return repository.repository("model", name, {"hub_id": "org/x", **entry})


def pin(revision=ONE, hub_id="org/x"):
    files = {"b.json": {"sha256": "b" * 64, "size": 2}, "a.json": {"sha256": "a" * 64, "size": 1}}
    return {"hub_id": hub_id, "revision": revision, "files": files}


def test_the_lock_is_sorted_readable_and_independent_of_who_came_first(tmp_path):
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    for path, names in ((one, ["b", "a"]), (other, ["a", "b"])):
        for name in names:
            hub_lock.write_pin(path, repo(name), pin())
        hub_lock.write_pin(path, repository.repository("dataset", "d", {"hub_id": "org/d"}), pin(hub_id="org/d"))
    assert one.read_bytes() == other.read_bytes()
    text = one.read_text()
    assert text.startswith("# Which commit of each hub repository was used")
    assert "  a:\n    hub_id: org/x\n    revision: '" + ONE in text
    assert f"      a.json: {{size: 1, sha256: {'a' * 64}}}\n" in text
    assert hub_lock.locked_pin(one, repo("a")) == pin()


def test_an_entry_stays_until_it_is_refreshed_on_purpose(tmp_path):
    lock = tmp_path / "hub.lock.yaml"
    hub_lock.write_pin(lock, repo(), pin(ONE))
    assert hub_lock.write_pin(lock, repo(), pin(TWO))["revision"] == ONE
    assert hub_lock.write_pin(lock, repo(), pin(TWO), replace=True)["revision"] == TWO
    assert hub_lock.locked_pin(lock, repo())["revision"] == TWO


@pytest.mark.parametrize("entry", [{"hub_id": "org/y"}, {"revision": TWO}])
def test_a_catalogue_that_went_another_way_is_named(tmp_path, entry):
    lock = tmp_path / "hub.lock.yaml"
    hub_lock.write_pin(lock, repo(), pin(ONE))
    with pytest.raises(
        UserError, match="config/models.yaml, model 'x': asks for .* is locked to org/x at 1111.* make lock"
    ):
        hub_lock.locked_pin(lock, repo(**entry))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: {x: {hub_id: org/x, revision: main, files: {a: {size: 1, sha256: z}}}}", "revision must be a commit"),
        (
            f"models: {{x: {{hub_id: org/x, revision: '{ONE}', files: {{a: {{size: 1, sha256: z}}}}}}}}",
            "a must have a size",
        ),
        (f"models: {{x: {{hub_id: org/x, revision: '{ONE}', files: {{}}}}}}", "files must name at least one file"),
        ("models: {x: org/x}", "lock.yaml, x: not a lock entry, it must hold hub_id, revision and files"),
        ("modells: {}", "holds models, datasets and nothing else"),
        ("models: {x: [", r"lock.yaml, line \d: not YAML"),
    ],
)
def test_a_slip_in_the_lock_is_named(tmp_path, text, message):
    lock = tmp_path / "lock.yaml"
    lock.write_text(text)
    with pytest.raises(UserError, match=message):
        hub_lock.locked_pin(lock, repo())


def test_a_lock_that_is_not_there_yet_is_empty(tmp_path):
    assert hub_lock.locked_pin(tmp_path / "none.yaml", repo()) is None


def test_a_snapshot_is_written_last_and_does_not_survive_a_fault(tmp_path):
    path = tmp_path / "snapshot.json"
    with hub_lock.completing(tmp_path, pin()):
        assert not path.exists()
    assert read_json(path) == pin()
    age = path.stat().st_mtime_ns
    with hub_lock.completing(tmp_path, pin()):  # nothing is new: nothing that hangs on it reruns
        assert path.exists()
    assert path.stat().st_mtime_ns == age
    with pytest.raises(RuntimeError), hub_lock.completing(tmp_path, pin()):
        raise RuntimeError
    assert not path.exists()
    path.write_text("{")
    with hub_lock.completing(tmp_path, pin(TWO)):
        assert not path.exists()
    assert hub_lock.read_snapshot(tmp_path)["revision"] == TWO


def test_make_lock_refreshes_what_the_lock_holds_and_nothing_else(tmp_path):
    import refresh_lock
    import yaml

    lock, catalogue = tmp_path / "hub.lock.yaml", tmp_path / "models.yaml"
    pin = {"hub_id": "a/locked", "revision": "0" * 40, "files": {"config.json": {"size": 2, "sha256": "1" * 64}}}
    lock.write_text(yaml.safe_dump({"models": {"locked": pin, "was": pin}, "datasets": {}}), encoding="utf-8")
    now_of_a_file = {"hub_id": "a/locked", "gguf": {"path": "a.gguf"}}
    entries = {"locked": {"hub_id": "a/locked"}, "never-used": {"hub_id": "a/other"}, "was": now_of_a_file}
    catalogue.write_text(yaml.safe_dump({"models": entries}), encoding="utf-8")
    assert refresh_lock.locked_entries([catalogue], lock)["models"] == {"locked": {"hub_id": "a/locked"}}
    lock.unlink()
    with pytest.raises(UserError, match="a first download locks it"):
        refresh_lock.locked_entries([catalogue], lock)


def test_a_holder_that_was_killed_holds_up_nobody(tmp_path):
    path = tmp_path / "hub.lock"
    program = (
        "import sys, time; from pathlib import Path; from kotune.hub.lock import exclusive\n"
        "with exclusive(Path(sys.argv[1]), 'waiting'): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait(10)
    holder.stdout.close()
    began = time.monotonic()
    with hub_lock.exclusive(path, "waiting"):
        assert time.monotonic() - began < 5
