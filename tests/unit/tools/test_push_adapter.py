"""push_adapter: lists, refuses with one line, and pushes to a hub on loopback in one commit."""

import subprocess
import sys

import push_adapter
import pytest
import toy_cards
from hub_server import Hub

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.export import card_metadata

TOOL = str(ROOT / "tools/push_adapter.py")
OURS = ("--study", "safe-chat", "--arm", "tuned", "--stand-in")
FULL = ("--study", "safe-chat", "--scale", "full")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A work folder with an adapter of a stand-in and one of a real base, each with its card."""
    folder = tmp_path_factory.mktemp("push")
    toy_cards.with_card(folder)
    toy_cards.with_card(folder, "full")
    return folder


@pytest.fixture
def hub():
    with Hub() as served:
        served.writers, served.readers = {"hf_write"}, {"hf_read"}
        yield served


def run(work, hub, *arguments, token=None, **more):
    """Run the tool in a process of its own, which reads HF_ENDPOINT; return status, output and what was said."""
    environment = hub.environment(work / "home", token, **more)
    done = subprocess.run([sys.executable, TOOL, *arguments], cwd=work, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr.strip()


def test_a_dry_run_lists_files_with_sizes_and_needs_no_token(work, monkeypatch, capsys):
    monkeypatch.chdir(work)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    push_adapter.main([*OURS, "--repo", "me/test", "--dry-run"])
    listed = capsys.readouterr().out
    assert "would go to me/test; nothing is sent:" in listed and "6 files, " in listed
    assert "adapter_model.safetensors" in listed and "optimizer" not in listed and "record.json" not in listed


def test_a_push_is_one_commit_of_adapter_and_card_under_the_repository_s_name(work, hub):
    code, _, said = run(work, hub, *OURS, "--repo", "me/my-test", token="hf_write")
    repo = hub.repos[("model", "me/my-test")]
    assert code == 0 and f"pushed to {hub.endpoint}/me/my-test/commit/{repo.refs['main']}" in said
    files = repo.commits[repo.refs["main"]]
    assert files["adapter_model.safetensors"].read() == b"weights" and repo.visibility == "private"
    card = files["README.md"].read().decode()
    assert card_metadata.name_of(card) == "my-test" and card_metadata.faults(card) == []
    assert "Apache License" in files["LICENSE"].read().decode()
    assert not any(one.authorised for one in hub.requests if one.storage), "the storage gets no token"


def test_an_existing_repository_gets_another_commit(work, hub):
    repo = hub.add("model", "me/old", {"old.txt": b"kept"})
    code, _, said = run(work, hub, *OURS, "--repo", "me/old", "--public", token="hf_write")
    assert code == 0, said
    assert {"old.txt", "README.md"} <= set(repo.commits[repo.refs["main"]])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*OURS,), "--repo: name where it goes"),
        ((*OURS, "--repo", "test"), "--repo: 'test' is no repository of the hub"),
        ((*OURS, "--repo", "me/test"), "HF_TOKEN is not set"),
        ((*OURS[:-1], "--repo", "me/test"), "not pushed: its base is a tiny stand-in"),
        (
            ("--study", "safe-chat", "--arm", "without_eos", "--dry-run"),
            "without_eos/seed3407 is not trained yet; this",
        ),
        ((*FULL, "--repo", "me/ko"), "wants the name to begin with 'Llama', and it is 'ko'"),
        ((*FULL, "--repo", "me/Llama-ko"), "a copy of the licence (llama3.1) goes with this model: name its text"),
    ],
)
def test_what_may_not_be_pushed_is_one_line(work, monkeypatch, arguments, told):
    monkeypatch.chdir(work)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(push_adapter.repository, "offline", lambda: False)
    with pytest.raises(UserError) as raised:
        push_adapter.main([*arguments])
    assert told in str(raised.value) and "\n" not in str(raised.value)


def test_no_network_is_touched_where_that_is_forbidden(work, monkeypatch):
    monkeypatch.chdir(work)
    monkeypatch.setattr(push_adapter.repository, "offline", lambda: True)
    with pytest.raises(UserError, match="HF_HUB_OFFLINE forbids the network: unset it to push"):
        push_adapter.main([*OURS, "--repo", "me/test"])


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("hf_nobody", "me/test: not pushed: the hub does not accept HF_TOKEN"),
        ("hf_read", "me/test: not pushed: this token may not write there"),
    ],
)
def test_a_token_that_the_hub_refuses(work, hub, token, told):
    code, _, said = run(work, hub, *OURS, "--repo", "me/test", token=token)
    assert code == 2 and said.startswith(f"error: {told}") and "\n" not in said
    assert hub.repos == {} and token not in said


def test_a_real_base_goes_with_licence_and_notice(work, hub):
    (work / "llama").write_text("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT")
    code, _, said = run(work, hub, *FULL, "--repo", "me/Llama-ko", "--licence-text", "llama", token="hf_write")
    assert code == 0, said
    repo = hub.repos[("model", "me/llama-ko")]
    files = {name: file.read().decode() for name, file in repo.commits[repo.refs["main"]].items()}
    assert files["LICENSE"].startswith("LLAMA 3.1") and files["NOTICE"].startswith("Llama 3.1 is licensed under")
    assert "**Built with Llama**" in files["README.md"]


def test_what_the_hub_finds_wrong_with_a_card_is_told(work, hub):
    hub.card_fault = '"license" must be one of a list'
    code, _, said = run(work, hub, *OURS, "--repo", "me/test", token="hf_write")
    assert code == 2 and 'the hub refuses it: Invalid metadata in README.md. - "license" must be one of a list' in said


def test_a_hub_that_is_not_there(work, hub):
    code, _, said = run(work, hub, *OURS, "--repo", "me/t", token="hf_write", HF_ENDPOINT="http://127.0.0.1:9")
    assert code == 2 and "no usable connection to http://127.0.0.1:9" in said


def test_where_the_card_lies_is_told(work, monkeypatch, capsys):
    monkeypatch.chdir(work)
    push_adapter.main([*OURS, "--where"])
    where = "results/mini/safe-chat/cards/plain-llama-chat/tuned/seed3407/README.md\n"
    assert capsys.readouterr().out == where
