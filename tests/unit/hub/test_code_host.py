"""A public code host on loopback: what arrives and is checked, a user's own copy, and one line for every way to fail."""

import hashlib
import json

import download_dataset
import polars as pl
import pytest
from checkout import ROOT
from code_host_server import CodeHost

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.hub import code_host, findings
from kotune.hub.code_host import CodeFiles, code_files, fetch_all

COMMIT = "4cf20d13fc46"
ROWS = "Q,A,label\n12시 땡!,하루가 또 가네요.,0\n반가워,저도요.,1\n".encode()
SUM = hashlib.sha256(ROWS).hexdigest()
ENTRY = {
    "repository": "songys/Chatbot_data",
    "commit": COMMIT,
    "files": {"train": {"path": "data/a b.csv", "sha256": SUM}},
    "licence": "mit",
    "columns": {"instruction": "Q", "output": "A", "kind": "label"},
    "values": {"kind": {"0": "everyday"}},
    "splits": {"train": 3},
}


@pytest.fixture
def host(monkeypatch):
    monkeypatch.setattr(code_host, "offline", lambda: False)
    monkeypatch.setattr(code_host, "WAITS", (0,))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with CodeHost() as served:
        served.kept[f"songys/Chatbot_data/{COMMIT}"] = {"data/a b.csv": ROWS}
        monkeypatch.setenv("KOTUNE_CODE_HOST", served.endpoint)
        yield served


@pytest.fixture
def told(monkeypatch):
    lines = []
    monkeypatch.setattr(download_dataset.console, "say", lines.append)
    return lines


def fetched(folder, **changes):
    return fetch_all(code_files("talk", ENTRY | changes), folder)


def refused(folder, **changes):
    with pytest.raises(UserError) as refusal:
        fetched(folder, **changes)
    said = str(refusal.value)
    assert "\n" not in said and not [path for path in folder.rglob("*") if path.is_file()]
    return said


def test_a_file_arrives_by_commit_with_its_sum_and_is_not_fetched_again(host, tmp_path):
    pin, count = fetched(tmp_path)
    assert (tmp_path / "data/a b.csv").read_bytes() == ROWS and count == len(ROWS)
    assert pin == {
        "repository": "songys/Chatbot_data", "commit": COMMIT,
        "files": {"data/a b.csv": {"size": len(ROWS), "sha256": SUM}},
    }  # fmt: skip
    assert fetched(tmp_path) == (pin, 0) and len(host.asked) == 1
    (tmp_path / "data/a b.csv").write_bytes(b"damaged")
    assert fetched(tmp_path)[1] == len(ROWS)


def test_a_passing_fault_is_waited_for(host, tmp_path):
    host.status = [503]
    assert fetched(tmp_path)[1] == len(ROWS)
    host.status = [503, 503]
    assert "answers 503; run again later" in refused(tmp_path / "other")


def test_a_wrong_sum_a_moved_file_a_gone_commit_and_no_network_are_one_line_each(host, tmp_path, monkeypatch):
    wrong = {"train": {"path": "data/a b.csv", "sha256": "0" * 64}}
    assert "arrived with the SHA-256" in refused(tmp_path, files=wrong)
    moved = {"train": {"path": "rows.csv", "sha256": SUM}}
    assert "has no file rows.csv; correct its path, or bring a copy: --config data='{talk: path}'" in refused(
        tmp_path, files=moved
    )
    assert "Chatbot_data at 0123456 is gone: the host has not that commit" in refused(tmp_path, commit="0123456")
    assert "nobody/nothing at 4cf20d13fc46 is gone" in refused(tmp_path, repository="nobody/nothing")
    monkeypatch.setenv("KOTUNE_CODE_HOST", "http://127.0.0.1:9")
    assert "data set 'talk': no usable connection to 127.0.0.1:9" in refused(tmp_path)
    monkeypatch.setattr(code_host, "offline", lambda: True)
    assert "HF_HUB_OFFLINE forbids the network" in refused(tmp_path)


def test_a_copy_of_the_users_own_is_taken_if_it_is_the_same(host, tmp_path):
    (tmp_path / "mine.csv").write_bytes(ROWS)
    (tmp_path / "clone/data").mkdir(parents=True)
    (tmp_path / "clone/data/a b.csv").write_bytes(ROWS)
    for own in ("mine.csv", "clone", "clone/data"):
        assert fetched(tmp_path / f"to/{own}", own=str(tmp_path / own))[1] == len(ROWS)
    assert host.asked == []
    (tmp_path / "mine.csv").write_bytes(ROWS + b"\n")
    assert "mine.csv: its SHA-256 is" in refused(tmp_path / "other", own=str(tmp_path / "mine.csv"))
    assert "there is no data/a b.csv of the data set 'talk'" in refused(tmp_path / "other", own=str(tmp_path / "none"))


def test_a_preflight_says_what_is_to_come_and_what_bars_it(host, tmp_path):
    def found(**changes):
        one = findings.Found(findings.Asked("dataset", "talk", ENTRY | changes, tmp_path))
        code_host.inspect(one)
        return one

    told = found()
    assert told.row()[1:5] == ["songys/Chatbot_data", COMMIT, "open", "mit"] and told.room == len(ROWS)
    assert host.asked[-1][0] == "HEAD"
    with pytest.raises(UserError, match="is gone"):
        found(commit="0123456")


def test_the_download_leaves_rows_in_the_studys_columns(host, tmp_path, told):
    run = download_dataset.main
    folder = tmp_path / "talk"
    given = ["--name", "talk", "--entry", json.dumps(ENTRY), "--folder", str(folder), "--lock", str(tmp_path / "lock")]
    run(given)
    frame = pl.read_parquet(folder / "train.parquet")
    assert frame.columns == ["instruction", "output", "kind"] and frame.row(1) == ("반가워", "저도요.", "1")
    assert frame["kind"].to_list() == ["everyday", "1"], "a value without a word for it stays"
    assert "talk: train has 2 rows, the catalogue says 3" in told and "each sum checked" in told[-1]
    assert json.loads((folder / "snapshot.json").read_text())["commit"] == COMMIT
    before = (folder / "snapshot.json").stat().st_mtime_ns
    run(given)
    assert (folder / "snapshot.json").stat().st_mtime_ns == before and not (tmp_path / "lock").exists()


def test_a_benchmark_is_a_folder_of_files_with_sums(tmp_path, host):
    host.kept["a/b/1234567"] = {"v1/X/dev.tsv": b"a\tb\n"}
    entry = {"repository": "a/b", "commit": "1234567", "folder": "v1",
             "sums": {"X/dev.tsv": hashlib.sha256(b"a\tb\n").hexdigest()}}  # fmt: skip
    files = code_files("bench", entry)
    assert files == CodeFiles("bench", "a/b", "1234567", {"v1/X/dev.tsv": next(iter(entry["sums"].values()))})
    fetch_all(files, tmp_path)
    assert (tmp_path / "v1/X/dev.tsv").read_bytes() == b"a\tb\n"


SHARED = ROOT.parent / "shared/data"
COPIES = {
    "chatbot-data": "chatbot-data/ChatbotData.csv", "square-acceptable": "square", "square-responses": "square",
    "square-questions": "square", "kobbq": "kobbq", "kr-humaneval": "kr-humaneval/KR_HumanEval.v1.jsonl",
    "korquad-1.0-dev": "korquad-v1.0", "kobest-v1-tsv": "kobest-v1.0",
}  # fmt: skip


@pytest.mark.skipif(not SHARED.is_dir(), reason="the makers' files are not in ../shared/data")
@pytest.mark.parametrize("name", sorted(COPIES))
def test_the_catalogues_entries_fit_the_makers_files(name, tmp_path, told):
    entry = read_yaml(ROOT / "config/datasets.yaml")["datasets"][name] | {"own": str(SHARED / COPIES[name])}
    download_dataset.main(
        ["--name", name, "--entry", json.dumps(entry), "--folder", str(tmp_path / name), "--lock", str(tmp_path / "l")]
    )
    assert len(told) == 1 and "copied" in told[0], told
