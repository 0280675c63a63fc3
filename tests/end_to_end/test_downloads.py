"""Downloads from a hub on loopback, with the real clients: what arrives, what is locked, and every way to fail."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import polars as pl
import pytest
import yaml
from checkout import ROOT
from hub_server import Hub, klue_mrc

HUB_ID, NAME = "google/gemma-2-2b-it", "gemma-2-2b-it"
STAND_IN = ROOT / "resources/mini/models/tiny-gemma2"
WEIGHTS = "model.safetensors"
NEEDED = {"chat_template.jinja", "config.json", "generation_config.json", WEIGHTS, "tokenizer.json", "tokenizer_config.json"}  # fmt: skip
ENTRY = {"hub_id": HUB_ID, "licence": "gemma"}
TOKEN = "hf_aSecretThatMustNotBeSeen"


@pytest.fixture
def hub():
    with Hub() as served:
        yield served


class Desk:
    """A work folder with its own cache, from which the scripts are run against the hub."""

    def __init__(self, hub, folder):
        self.hub, self.folder = hub, folder
        self.lock, self.models = folder / "config/hub.lock.yaml", folder / "resources/hub/models"

    def start(self, script, *arguments, token=None, **environment):
        return subprocess.Popen(
            [sys.executable, ROOT / script, *arguments, "--lock", "config/hub.lock.yaml"],
            cwd=self.folder,
            env=self.hub.environment(self.folder / "home", token, **environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def begin(self, kind="model", name=NAME, entry=ENTRY, folder=None, **environment):
        folder = folder or f"resources/hub/{kind}s/{name}"
        named = ["--name", name, "--entry", json.dumps(entry), "--folder", folder, "--log", f"logs/{name}.log"]
        return self.start(f"scripts/download_{kind}.py", *named, **environment)

    def download(self, *arguments, code=0, **more):
        process = self.begin(*arguments, **more)
        said, _ = process.communicate(timeout=90)
        assert process.returncode == code, said
        if code == 2:
            last = said.strip().splitlines()[-1]
            assert last.startswith("error: ") and "Traceback" not in said
        return said

    def pin(self, name=NAME, section="models"):
        return yaml.safe_load(self.lock.read_text())[section][name]

    def files(self, name=NAME):
        folder = self.models / name
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    def is_whole(self, name=NAME):
        """Every file as the hub has it, a snapshot that says so, and nothing else."""
        snapshot = json.loads((self.models / name / "snapshot.json").read_text())
        assert snapshot == self.pin(name)
        assert self.files(name) == {*snapshot["files"], "snapshot.json"}
        return all(
            (self.models / name / file).read_bytes() == (STAND_IN / file).read_bytes() for file in snapshot["files"]
        )


@pytest.fixture
def desk(hub, tmp_path):
    (tmp_path / "config").mkdir()
    hub.add("model", HUB_ID, {**{path.name: path for path in STAND_IN.iterdir()}, "pytorch_model.bin": b"x" * 10,
                              "modeling.py": b"import os", "original/consolidated.pth": b"x"})  # fmt: skip
    return Desk(hub, tmp_path)


@pytest.fixture
def repo(desk, hub):
    return hub.repos["model", HUB_ID]


def test_first_use_locks_the_commit_and_brings_only_what_is_needed(desk, hub, repo):
    said = desk.download()
    assert desk.is_whole() and set(desk.pin()["files"]) == NEEDED
    assert desk.pin()["revision"] == repo.refs["main"]
    assert f"{NAME}: locked to {HUB_ID} at {repo.refs['main'][:12]} in config/hub.lock.yaml" in said
    assert "6.3 MB of 6.5 MB to fetch" in said and "GB free" in said
    assert (
        f"model {NAME}: {HUB_ID} at {repo.refs['main'][:12]}, 6 files, 6.5 MB, each hash checked; 6.3 MB fetched"
        in said
    )


def test_later_use_takes_the_locked_commit_and_asks_nothing_of_the_hub_when_all_is_there(desk, hub, repo):
    desk.download()
    first = repo.refs["main"]
    hub.add("model", HUB_ID, {"config.json": b"{}", "tokenizer.json": b"{}", WEIGHTS: b"new"})
    assert repo.refs["main"] != first
    hub.requests.clear()
    assert "nothing to fetch" in desk.download()
    assert hub.requests == []
    (desk.models / NAME / WEIGHTS).unlink()  # somebody tidied up
    (desk.models / NAME / "config.json").write_text("{}")  # and somebody edited
    desk.download()
    assert desk.is_whole() and desk.pin()["revision"] == first


def test_a_gated_model_needs_an_accepted_licence_and_a_token_that_is_never_shown(desk, hub, repo):
    repo.tokens = {TOKEN}
    said = desk.download(code=2)
    assert f"model '{NAME}' is gated: accept its licence (gemma) at https://huggingface.co/{HUB_ID}; " in said
    assert "set HF_TOKEN, or run: hf auth login" in said
    assert "has not been granted access" in desk.download(code=2, token="hf_another")
    assert not desk.lock.exists() and "snapshot.json" not in desk.files()
    said = desk.download(token=TOKEN)
    assert desk.is_whole()
    assert all(request.authorised != request.storage for request in hub.requests[-10:])  # storage gets no token
    kept = [path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()]
    assert TOKEN not in said and not any(TOKEN.encode() in body for body in kept)


def test_a_token_stored_by_the_hub_client_is_used(desk, repo):
    repo.tokens = {TOKEN}
    (desk.folder / "home").mkdir()
    (desk.folder / "home/token").write_text(TOKEN)
    desk.download()
    assert desk.is_whole()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"hub_id": "google/gemma-2-2b"}, "the hub has no google/gemma-2-2b, or it is private: look at https://huggingface.co/google/gemma-2-2b, then correct hub_id in config/models.yaml, model 'gemma-2-2b-it'"),
        ({**ENTRY, "revision": "f" * 40}, f"{HUB_ID} has no revision '{'f' * 40}'"),
        ({**ENTRY, "requires_remote_code": True}, "runs on Python code of its own, which is not run unasked"),
    ],
)  # fmt: skip
def test_what_the_hub_does_not_have_is_named(desk, entry, message):
    assert message in desk.download(entry=entry, code=2)
    assert not desk.lock.exists() and desk.files() == set()


def test_a_repository_that_moved_is_named_and_a_locked_one_is_followed(desk, hub, repo):
    hub.add("model", "google/new-name", STAND_IN)
    repo.moved_to = "google/new-name"
    assert f"model '{NAME}': {HUB_ID} has moved to google/new-name; write hub_id: google/new-name" in desk.download(
        code=2
    )
    hub.repos["model", "google/new-name"].commits.update(repo.commits)
    repo.moved_to = None
    desk.download()
    (desk.models / NAME / WEIGHTS).unlink()
    repo.moved_to = "google/new-name"  # the bytes are what counts, and they are locked
    desk.download()
    assert desk.is_whole()


def test_a_passing_fault_of_the_hub_is_waited_out_and_a_lasting_one_named(desk, repo):
    repo.status = [503]
    assert "trying again in 1 s" in desk.download() and desk.is_whole()
    (desk.models / NAME / WEIGHTS).unlink()
    repo.status = [401]
    assert "does not accept the token in use: set HF_TOKEN to a valid one" in desk.download(code=2, token="hf_old")
    repo.status = [500] * 9
    assert "answers 500 (it has trouble); what has arrived is kept" in desk.download(code=2)


def test_no_connection_is_named(desk):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
        said = desk.download(code=2, HF_ENDPOINT=nowhere)
    assert f"no usable connection to {nowhere} (ConnectError)" in said and "docs/hub.md" in said


def test_a_line_that_breaks_is_resumed_where_it_broke(desk, hub, repo):
    repo.cut[WEIGHTS] = [3_500_000, 2_000_000]
    desk.download()
    assert desk.is_whole()
    starts = [request.bytes_from for request in hub.asked_for(WEIGHTS) if request.storage]
    assert len(starts) == 3 and starts[0] == 0 < 3_000_000 <= starts[1] < starts[2]


def test_a_line_that_stays_broken_keeps_what_arrived_and_counts_for_nothing(desk, hub, repo):
    repo.cut[WEIGHTS] = [3_500_000, *[0] * 20]
    assert "(RemoteProtocolError); what has arrived is kept" in desk.download(code=2)
    assert WEIGHTS not in desk.files() and "snapshot.json" not in desk.files()
    repo.cut.clear()
    hub.requests.clear()
    assert "3.2 MB of 6.5 MB to fetch" in desk.download()
    assert [request.bytes_from for request in hub.asked_for(WEIGHTS) if request.storage] == [3 << 20]
    assert desk.is_whole()


def test_a_killed_download_goes_on_in_the_middle_of_the_file(desk, hub, repo):
    repo.seconds_a_chunk = 0.05
    process = desk.begin()
    partial = desk.models / NAME / ".partial"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any(path.stat().st_size >= 2 << 20 for path in partial.glob("model*")):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert WEIGHTS not in desk.files() and "snapshot.json" not in desk.files()
    repo.seconds_a_chunk = 0
    hub.requests.clear()
    desk.download()
    assert desk.is_whole()
    assert [request.bytes_from for request in hub.asked_for(WEIGHTS) if request.storage][0] >= 2 << 20


def test_a_hub_that_falls_silent_is_given_up(desk, repo):
    repo.seconds_a_chunk = 30
    assert "(ReadTimeout); what has arrived is kept" in desk.download(code=2, HF_HUB_DOWNLOAD_TIMEOUT="1")


@pytest.mark.parametrize("name", [WEIGHTS, "config.json"])
def test_wrong_bytes_are_thrown_away(desk, repo, name):
    repo.corrupt = {name}
    assert f"{name} arrived with the wrong hash and was thrown away" in desk.download(code=2)
    assert name not in desk.files() and "snapshot.json" not in desk.files()
    repo.corrupt = set()
    desk.download()
    assert desk.is_whole()


def test_a_full_disk_is_named(desk):
    desk.download()
    (desk.models / NAME / WEIGHTS).unlink()
    partial = desk.models / NAME / ".partial"
    partial.mkdir()
    (partial / f"{WEIGHTS}.{desk.pin()['files'][WEIGHTS]['sha256'][:16]}").symlink_to("/dev/full")
    assert "the disk is full: free some space and run again" in desk.download(code=2)
    assert "snapshot.json" not in desk.files()


def test_parallel_downloads_keep_each_others_entries(desk, hub):
    names = [f"model-{number}" for number in range(4)]
    for name in names:
        hub.add("model", f"org/{name}", STAND_IN)
    processes = [desk.begin(name=name, entry={"hub_id": f"org/{name}"}) for name in [*names, names[0]]]
    assert [process.wait(timeout=90) for process in processes] == [0] * 5
    assert sorted(yaml.safe_load(desk.lock.read_text())["models"]) == names
    assert all(desk.is_whole(name) for name in names)


def test_without_a_network_the_clients_cache_is_enough_with_and_without_a_lock(desk, hub):
    fill = f"from huggingface_hub import snapshot_download; snapshot_download({HUB_ID!r})"
    environment = hub.environment(desk.folder / "home")
    subprocess.run([sys.executable, "-c", fill], env=environment, check=True, capture_output=True, timeout=60)
    hub.requests.clear()
    assert "nothing to fetch" in desk.download(HF_HUB_OFFLINE="1")
    assert desk.is_whole() and hub.requests == []
    online = desk.lock.read_bytes()
    assert os.stat(desk.models / NAME / WEIGHTS).st_nlink == 2  # no second copy on the same disk
    desk.download(folder="resources/hub/models/again", HF_HUB_OFFLINE="1")
    desk.lock.unlink()
    desk.download(folder="resources/hub/models/third")
    assert desk.lock.read_bytes() == online


def test_without_a_network_a_whole_folder_needs_neither_cache_nor_lock(desk, hub):
    desk.download()
    desk.lock.unlink()
    assert not (desk.folder / "home/hub").exists()
    assert "nothing to fetch" in desk.download(HF_HUB_OFFLINE="1")
    assert desk.is_whole()
    (desk.models / NAME / "snapshot.json").unlink()  # as Snakemake does before it runs the rule again
    desk.download(HF_HUB_OFFLINE="1")
    assert desk.is_whole()


def test_without_a_network_what_is_missing_is_named(desk):
    said = desk.download(code=2, HF_HUB_OFFLINE="1")
    assert f"{HUB_ID} is not in the hub client's cache, and HF_HUB_OFFLINE forbids the network" in said
    assert f"hf download {HUB_ID} --repo-type model --revision main" in said
    desk.download()
    (desk.models / NAME / WEIGHTS).unlink()
    said = desk.download(code=2, HF_HUB_OFFLINE="1")
    assert f"{WEIGHTS} of {HUB_ID} at {desk.pin()['revision']} is neither in" in said


def test_the_lock_is_refreshed_on_purpose_and_the_folder_follows(desk, hub, repo):
    desk.download()
    first = desk.pin()["revision"]
    newer = {path.name: path for path in STAND_IN.iterdir() if path.name != "chat_template.jinja"}
    hub.add("model", HUB_ID, {**newer, "generation_config.json": b'{"eos_token_id": [1, 107]}'})
    hub.requests.clear()
    entries = {"models": {NAME: ENTRY, "lost": {"hub_id": "org/lost"}}, "datasets": {}}
    process = desk.start("tools/refresh_lock.py", "--entries", json.dumps(entries))
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2 and "1 of 2 entries stay as they were" in said
    assert (
        f"{NAME}: {first[:12]} → {repo.refs['main'][:12]}" in said
        and "not locked: model 'lost': the hub has no" in said
    )
    assert hub.asked_for(WEIGHTS) == []  # locking is no download
    assert desk.pin()["revision"] == repo.refs["main"]
    desk.download()
    assert "chat_template.jinja" not in desk.files()  # the older version's, which would still be read
    assert [request.storage for request in hub.asked_for(WEIGHTS)] == []  # unchanged files stay


def test_the_news_of_klue_mrc_becomes_rows_of_a_study(desk, hub):
    hub.add("dataset", "klue/klue", klue_mrc())
    entry = yaml.safe_load((ROOT / "config/datasets.yaml").read_text())["datasets"]["klue-mrc-news"]
    said = desk.download("dataset", "klue-mrc-news", entry)
    folder = desk.folder / "resources/hub/datasets/klue-mrc-news"
    assert "rows: train 24, valid 6; left out: 20" in said
    train = pl.read_parquet(folder / "train.parquet")
    assert train.columns == ["id", "context", "question", "answer"] and train["answer"].to_list()[0] == [
        "0억 원",
        "0억",
    ]
    assert json.loads((folder / "snapshot.json").read_text()) == desk.pin("klue-mrc-news", "datasets")
    counts = json.loads((folder / "rows.json").read_text())["train"]
    assert counts["read"] == 40 and sum(counts["left_out"].values()) == 16

    from kotune.rows.prepare import prepare

    files = {split: str(folder / f"{split}.parquet") for split in ("train", "valid")}
    rows, audit = prepare({"dataset": "klue-mrc-news", "columns": {}, "files": files})
    assert rows["train"].height == 24 and audit["excluded"] == {}
    assert rows["train"]["answer"][0] == "0억 원", "the first of a row's gold answers is learned"
    hub.requests.clear()
    assert "nothing to fetch" in desk.download("dataset", "klue-mrc-news", entry, HF_HUB_OFFLINE="1")
    assert hub.requests == []


def test_rows_come_from_a_converted_branch_where_main_holds_a_script(desk, hub):
    columns = {"id": "guid", "context": "context", "question": "question", "answer": "answers.text"}
    entry = {"hub_id": "org/squad", "columns": columns, "splits": {"train": 40, "valid": 10}}
    hub.add("dataset", "org/squad", {"squad.py": b"", "README.md": b""})
    said = desk.download("dataset", "squad", entry, code=2)
    assert "org/squad at main has no file for 'train'" in said and "it holds README.md, squad.py" in said
    files = klue_mrc()
    converted = {
        f"squad/{split}/0000.parquet": files[f"mrc/{split}-00000-of-00001.parquet"] for split in ("train", "validation")
    }
    repo = hub.add("dataset", "org/squad", converted, revision="refs/convert/parquet")
    said = desk.download("dataset", "squad", {**entry, "revision": "refs/convert/parquet"})
    assert "rows: train 40, valid 10; left out: 0" in said
    assert desk.pin("squad", "datasets")["revision"] == repo.refs["refs/convert/parquet"]


def test_the_datasets_client_reads_the_same_hub(desk, hub):
    hub.add("dataset", "klue/klue", klue_mrc())
    read = "import datasets; print(datasets.load_dataset('klue/klue', 'mrc')['validation'][0]['answers']['text'])"
    environment = hub.environment(desk.folder / "home")
    done = subprocess.run([sys.executable, "-c", read], env=environment, capture_output=True, text=True, timeout=90)
    assert done.stdout.strip() == "['0억 원', '0억']", done.stderr
