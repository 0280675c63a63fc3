"""A public code host on loopback: files by repository, commit and path, a page for each commit, and faults on demand."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class CodeHost:
    """The server; use it as a context manager. ``kept``: "owner/name/commit" → its files."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.status: list[int] = []  # answers to the next requests, before anything else
        host = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                host.asked.append((self.command, unquote(self.path)))
                body = host.found(unquote(self.path).strip("/"))
                status = host.status.pop(0) if host.status else 404 if body is None else 200
                body = body if status == 200 and body is not None else b""
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def found(self, path: str) -> bytes | None:
        """Return a file's bytes, or an empty page for a commit that is there."""
        owner, name, *rest = path.split("/")
        if rest[0] == "commit":
            return b"" if f"{owner}/{name}/{rest[1]}" in self.kept else None
        return self.kept.get(f"{owner}/{name}/{rest[0]}", {}).get("/".join(rest[1:]))

    def __enter__(self) -> CodeHost:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
