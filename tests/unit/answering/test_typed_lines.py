"""Lines that are typed: from a pipe as they are, on a terminal as readline edits them."""

import io
import os
import pty
import subprocess
import sys
import time

import pytest

from kotune.answering import typed_lines
from kotune.core.names import ROOT


@pytest.fixture
def piped(monkeypatch):
    def read(given):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        out = io.StringIO()
        return list(typed_lines.piped(out)), out.getvalue()

    return read


def test_a_pipe_is_read_line_by_line_and_written_out_again(piped):
    lines, out = piped("\ufeff안녕?\r\n\n첫 줄\\\n둘째 줄\n/quit".encode())
    assert lines == ["안녕?", "", "첫 줄\n둘째 줄", "/quit"]
    assert out == "> 안녕?\n> 첫 줄\n둘째 줄\n> /quit\n"


def test_a_line_that_would_go_on_and_does_not_is_heard(piped):
    assert piped("끝\\".encode())[0] == ["끝"]


def test_commands_to_the_terminal_are_not_written_out(piped):
    assert "\x1b" not in piped(b"\x1b[2J\n")[1]


def test_broken_bytes_reach_the_conversation(piped):
    assert piped("한".encode("cp949") + b"\n")[0] == ["\udcc7\udcd1"]


@pytest.mark.parametrize("language", ["C.UTF-8", "C"])
def test_backspace_takes_a_whole_syllable_and_a_pasted_text_stays_whole(language):
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r})\n"
        "from kotune.answering.typed_lines import typed\n"
        "for line in typed(): print('heard', ascii(line), flush=True)"
    )
    master, slave = pty.openpty()
    environment = {**os.environ, "LC_ALL": language, "TERM": "xterm"}
    done = subprocess.Popen([sys.executable, "-c", program], stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    shown = b""

    def until(words, after=b""):
        nonlocal shown
        ends = time.monotonic() + 60
        while words not in (shown.rpartition(after)[2] if after else shown):
            assert time.monotonic() < ends, shown
            shown += os.read(master, 4096)

    until(b"> ")
    os.write(master, "한국의 수도\x7f\x7f도\r".encode())
    until(ascii("한국의 도").encode())
    os.write(master, "\x1b[200~첫 줄\n둘째 줄\x1b[201~\r".encode())
    until(ascii("첫 줄\n둘째 줄").encode())
    # only once it asks again: before, the end of the file would be the line discipline's, and lost
    until(b"> ", after=ascii("첫 줄\n둘째 줄").encode())
    os.write(master, b"\x04")
    assert done.wait(timeout=60) == 0
    os.close(master)
