"""Client of the fork server: what a rule's `python` is while the server runs; it stands for the job until that ends.

A file of its own, without kotune and site-packages (`python -I -S client.py SOCKET SCRIPT …`): it starts in hundredths
of a second. It hands the server its words, folder, environment, umask and three streams, passes signals on, and ends as
the fork ends. Where there is no server, or it says no, the script is started plainly in its place.
"""

import json
import os
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

FORKED, REFUSED = b"F", b"R"  # the server's first byte
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def plainly(words: list[str], why: str) -> NoReturn:
    """Start the script as if there were no server, and say why."""
    print(f"note: {os.path.basename(words[0])} loads its libraries itself: {why}", file=sys.stderr, flush=True)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    os.execv(sys.executable, [sys.executable, *words])


def asked(server: socket.socket, words: list[str]) -> str | None:
    """Ask for a fork; return None where there is one now, else why there is none."""
    job = {"words": words, "folder": os.getcwd(), "variables": dict(os.environ), "umask": os.umask(0)}
    os.umask(job["umask"])  # it can only be read by setting it
    text = json.dumps(job).encode()
    try:
        socket.send_fds(server, [len(text).to_bytes(8, "big")], [0, 1, 2])
        server.sendall(text)
        answer = server.recv(1)
        if answer == FORKED:
            return None
        return server.makefile().read() if answer == REFUSED else "the fork server has ended"
    except OSError as error:
        return f"the fork server cannot be asked: {error}"


def end_like(status: int) -> NoReturn:
    """End as the fork did: with its exit status, or by the signal that it died of."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -code)
    os._exit(code)


def main(address: str, words: list[str]) -> NoReturn:
    """Let the server do what `python SCRIPT …` would, and end with its exit status."""
    # none may end this process between the fork and the moment from which they are passed on
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(address)
    except OSError:
        plainly(words, "the fork server has ended")
    why = asked(server, words)
    if why is not None:
        plainly(words, why)

    def pass_on(number: int, _: FrameType | None) -> None:
        server.send(bytes([number]))

    for number in PASSED_ON:
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup: the fork ignores it, too
            signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    try:
        status = server.recv(4, socket.MSG_WAITALL)
    except OSError:
        status = b""
    if len(status) < 4:
        print("error: the fork server was killed, and the job with it", file=sys.stderr)
        os._exit(1)
    end_like(int.from_bytes(status, "big"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
