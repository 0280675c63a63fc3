"""A repository of the hub as the catalogue names it; an entry that names none, or needs code, is refused."""

import pytest
from checkout import ROOT

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.hub import repository

COMMIT = "1234567890abcdef1234567890abcdef12345678"


def repo(**entry):
    return repository.repository("model", "x", {"hub_id": "org/x", "licence": "own", **entry})


def test_sizes_are_said_as_a_person_says_them():
    assert [repository.size_text(size) for size in (18_480_000_000, 250_000_000, 6_300_000, 812)] == [
        "18.5 GB", "0.2 GB", "6.3 MB", "0.8 kB"
    ]  # fmt: skip


def test_an_entry_without_a_hub_id_is_named():
    with pytest.raises(UserError, match="config/datasets.yaml, dataset 'd': no hub_id"):
        repository.repository("dataset", "d", {"source": "user"})


def test_shipped_models_can_be_downloaded_unless_they_need_code_of_their_own():
    for name, entry in read_yaml(ROOT / "config/models.yaml")["models"].items():
        if entry.get("requires_remote_code") and not entry.get("trust_remote_code"):
            with pytest.raises(UserError, match=f"'{name}': {entry['hub_id']} runs on Python code of its own"):
                repository.repository("model", name, entry)
        else:
            assert repository.repository("model", name, entry).hub_id == entry["hub_id"]


def test_code_is_allowed_only_at_one_commit():
    with pytest.raises(UserError, match="runs on Python code of its own"):  # before anything is asked of the hub
        repo(requires_remote_code=True)
    with pytest.raises(UserError, match="revision must name a commit .40 hex digits., not 'main'"):
        repo(requires_remote_code=True, trust_remote_code=True)
    assert repo(requires_remote_code=True, trust_remote_code=True, revision=COMMIT).remote_code


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "the hub does not accept the token in use"),
        (403, r"accept its licence \(own\) at https://huggingface.co/org/x and set HF_TOKEN"),
        (429, "answers 429 .it limits requests.; what has arrived is kept: run again later"),
        (503, "answers 503 .it has trouble."),
    ],
)
def test_a_refusal_of_the_hub_says_what_to_do(status, said):
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    response = httpx2.Response(status, request=httpx2.Request("GET", "https://huggingface.co/org/x"))
    with pytest.raises(UserError, match=f"^model 'x': .*{said}"), repository.asking(repo()):
        raise HfHubHTTPError("refused", response=response)


def test_a_passing_fault_is_waited_for_and_a_lasting_one_is_not(monkeypatch):
    import httpx2

    said, waited = [], []
    monkeypatch.setattr(repository.console, "say", said.append)
    monkeypatch.setattr(repository.time, "sleep", waited.append)
    faults = iter([httpx2.ConnectError("down"), httpx2.ConnectError("down"), None])

    def call():
        if fault := next(faults):
            raise fault
        return "here"

    assert repository.patiently(call, waits=(1, 3)) == "here"
    assert waited == [1, 3] and said[0] == "the hub cannot be reached (ConnectError); trying again in 1 s"
    faults = iter([httpx2.ConnectError("down")])
    with pytest.raises(httpx2.ConnectError):
        repository.patiently(call, waits=(1, 3), final=(httpx2.ConnectError,))
    assert waited == [1, 3]
