"""A judge on loopback: an OpenAI-compatible endpoint whose replies a test writes, with faults in a row of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOW = 1.0  # seconds that a reply takes which comes too late


def completion(text: object) -> bytes:
    """Return a chat completion with a text."""
    message = {"role": "assistant", "content": text}
    return json.dumps({"model": "judge-1", "choices": [{"message": message, "finish_reason": "stop"}]}).encode()


class JudgeServer:
    """Serves POST /v1/chat/completions; ``says`` makes the reply's text of what was asked.

    ``faults`` are taken first, one a question: a status, "slow", "redirect", or the bytes of a reply. What was asked is in
    ``asked`` (the data message, as JSON), the headers in ``headers``.
    """

    def __init__(self, says: Callable[[dict], str]) -> None:
        self.says, self.faults, self.asked, self.bodies, self.headers = says, [], [], [], []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1"

    def __enter__(self) -> JudgeServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        judge = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                judge.bodies.append(body)
                judge.headers.append(dict(self.headers))
                judge.asked.append(json.loads(body["messages"][1]["content"]))
                fault = judge.faults.pop(0) if judge.faults else None
                if fault == "slow":
                    time.sleep(SLOW)
                if isinstance(fault, int):
                    text = json.dumps({"error": {"message": f"no: {self.headers.get('Authorization')}"}}).encode()
                    return self._send(fault, text, {"Retry-After": "7"} if fault == 429 else {})
                if fault == "redirect":
                    return self._send(307, b"", {"Location": "http://127.0.0.1:9/elsewhere"})
                raw = fault if isinstance(fault, bytes) else completion(judge.says(judge.asked[-1]))
                return self._send(200, raw, {})

            def _send(self, status: int, raw: bytes, headers: dict[str, str]) -> None:
                try:
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(raw)), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(raw)
                except OSError:  # whoever asked has gone
                    pass

        return Handler
