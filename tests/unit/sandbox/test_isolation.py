"""The command that isolates, and what a user is told where there is none."""

import os

import pytest

from kotune.sandbox import candidate, isolation
from kotune.sandbox.limits import MIB, Limits


def test_the_command_gives_no_network_no_environment_and_one_folder():
    command = isolation.command(candidate, ["3", "0"], Limits(folder=MIB), user=0, filter_at=4)
    assert {"--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-user", "--clearenv"} <= {*command}
    assert {"--die-with-parent", "--new-session"} <= {*command}
    writable = [word for word in command if word in ("--bind", "--tmpfs", "--dev")]
    assert writable == ["--tmpfs"]
    assert command[command.index("--tmpfs") - 1 : command.index("--tmpfs") + 2] == [str(MIB), "--tmpfs", "/work"]
    assert command[command.index("--cap-drop") + 1] == "ALL"
    assert command[-2:] == ["3", "0"]


def test_root_keeps_only_the_rights_to_become_somebody_else():
    command = isolation.command(candidate, [], Limits(), user=70000, filter_at=4)
    added = [command[place + 1] for place, word in enumerate(command) if word == "--cap-add"]
    assert added == ["CAP_SETUID", "CAP_SETGID"]
    assert "--unshare-user" not in command


def test_programs_of_root_are_users_apart(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(isolation, "_mapped", lambda: [(0, 0, 4294967295)])
    users = {isolation.user_of(slot) for slot in range(8)}
    assert len(users) == 8
    assert min(users) >= 0x60000000
    monkeypatch.setattr(isolation, "_mapped", lambda: [(0, 1000, 1), (1, 100000, 65536)])
    assert all(20000 <= isolation.user_of(slot) < 60000 for slot in range(8))


def test_a_user_stays_who_he_is(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert isolation.user_of(3) == 0


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        ({"found": lambda: None}, "bubblewrap, which is not here; install bubblewrap 0.8 or later"),
        ({"found": lambda: "/bin/true", "_help": lambda: "--perms"}, r"bubblewrap is too old \(it lacks --size\)"),
    ],
)
def test_what_is_missing_is_said(monkeypatch, replaced, said):
    for name, function in replaced.items():
        monkeypatch.setattr(isolation, name, function)
    assert pytest.importorskip("re").search(said, isolation.unusable())
