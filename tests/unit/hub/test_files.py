"""Files of the hub count only when they are whole and right; what is wrong never stays."""

import hashlib

import pytest

from kotune.core.errors import UserError
from kotune.hub import files, repository

COMMIT = "1234567890abcdef1234567890abcdef12345678"


def repo(**entry):
    return repository.repository("model", "x", {"hub_id": "org/x", "licence": "own", **entry})


def test_a_file_is_right_when_size_and_hash_are(tmp_path):
    path, body = tmp_path / "f", "금리".encode()
    path.write_bytes(body)
    sha256, blob = hashlib.sha256(body).hexdigest(), hashlib.sha1(b"blob 6\0" + body).hexdigest()
    assert files.sha256_if_right(path, {"size": 6, "sha256": sha256}) == sha256
    assert files.sha256_if_right(path, {"size": 6, "blob": blob}) == sha256
    assert files.sha256_if_right(path, {"size": 7, "sha256": sha256}) is None
    assert files.sha256_if_right(path, {"size": 6, "sha256": "0" * 64}) is None
    assert files.sha256_if_right(path, {"size": 6, "blob": "0" * 40}) is None
    assert files.sha256_if_right(tmp_path / "none", {"size": 6, "sha256": sha256}) is None


@pytest.mark.parametrize("name", ["../../.bashrc", "/etc/passwd"])
def test_a_file_name_cannot_lead_out_of_the_folder(tmp_path, name):
    expected = {"size": 1, "sha256": "0" * 64}
    with pytest.raises(UserError, match="a file whose name leads out of the folder"):
        files.fetch_file(repo(), COMMIT, name, expected, tmp_path, files.Meter("x", 1))


def test_a_disk_without_room_is_refused_before_anything_is_fetched(tmp_path):
    pin = {"hub_id": "org/x", "revision": COMMIT, "files": {"model.safetensors": {"size": 10**18, "sha256": "0" * 64}}}
    with pytest.raises(UserError, match=r"model 'x' needs 1000000000.0 GB more, but only .* are free; make room"):
        files.fetch_all(repo(), pin, tmp_path)


def test_progress_is_said_in_megabytes_with_the_time_left(monkeypatch):
    said = []
    monkeypatch.setattr(files.console, "say", said.append)
    meter = files.Meter("tiny", 50_000_000, done=10_000_000)
    meter.progress.every = 0
    meter.update(15_000_000)
    assert said and said[0].startswith("tiny, MB fetched: 25/50, about ") and said[0].endswith(" left")


BODY = "금리".encode()
EXPECTED = {"size": len(BODY), "sha256": hashlib.sha256(BODY).hexdigest()}


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """The folder of a commit in the hub client's cache; there is no network."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(files, "cached_folder", lambda repo, commit: folder)
    monkeypatch.setattr(files, "offline", lambda: True)
    return folder


def fetched(tmp_path):
    return files.fetch_file(repo(), COMMIT, "config.json", EXPECTED, tmp_path / "here", files.Meter("x", 1))


def test_a_file_of_the_clients_cache_is_taken_without_the_network(tmp_path, cached):
    (cached / "config.json").write_bytes(BODY)
    assert fetched(tmp_path) == EXPECTED["sha256"]
    assert (tmp_path / "here/config.json").read_bytes() == BODY
    (cached / "config.json").unlink()
    assert fetched(tmp_path) == EXPECTED["sha256"]  # it lies here already


def test_a_damaged_file_of_the_cache_is_left_aside_and_said(tmp_path, cached, monkeypatch):
    said = []
    monkeypatch.setattr(files.console, "say", said.append)
    (cached / "config.json").write_bytes(BODY[:-1] + b"!")
    with pytest.raises(UserError, match="HF_HUB_OFFLINE forbids the network.* hf download org/x .*--revision 1234"):
        fetched(tmp_path)
    assert said == ["x: config.json in the hub client's cache is damaged and was left aside"]
    assert not (tmp_path / "here/config.json").exists()


def test_what_arrives_with_the_wrong_hash_is_thrown_away(tmp_path, monkeypatch, cached):
    monkeypatch.setattr(files, "offline", lambda: False)

    def altered(repo, commit, name, expected, partial, meter):
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(b"x" * expected["size"])

    monkeypatch.setattr(files, "_download", altered)
    with pytest.raises(UserError, match="config.json arrived with the wrong hash and was thrown away; run again"):
        fetched(tmp_path)
    assert [path for path in (tmp_path / "here").rglob("*") if path.is_file()] == []


def test_bytes_of_two_versions_of_a_file_never_mix(tmp_path):
    other = {"size": 6, "sha256": "1" * 64}
    places = {files.partial_file(tmp_path, "a/config.json", one) for one in (EXPECTED, other)}
    assert len(places) == 2 and all(place.parent == tmp_path / files.PARTIAL for place in places)
