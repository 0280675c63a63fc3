"""A hub on loopback: enough of the hub's HTTP for the real huggingface_hub and datasets clients, with faults on demand.

Serves folders under repository ids. Large files are redirected to a second port, as the hub redirects to its storage,
so that a test can see that no token is sent there. Clients read HF_ENDPOINT when they are imported: run them in a
process of their own, with `Hub.environment`. What writes to it is in `hub_uploads`. By hand, with every stand-in under its model's hub id:

    python tests/helpers/hub_server.py
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote

import hub_uploads

ROOT = Path(__file__).resolve().parents[2]
LARGE = (".safetensors", ".parquet", ".bin", ".pt")
LARGE_BYTES = 1_000_000
CHUNK = 1 << 16
Contents = dict[str, "bytes | Path"]


@dataclass(frozen=True)
class File:
    """One file of a repository, as the hub describes it."""

    name: str
    content: bytes | Path

    def read(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()

    def read_from(self, start: int, count: int) -> bytes:
        if isinstance(self.content, bytes):
            return self.content[start : start + count]
        with self.content.open("rb") as file:
            file.seek(start)
            return file.read(count)

    @property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    @property
    def large(self) -> bool:
        return self.name.endswith(LARGE) or self.size > LARGE_BYTES

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.read()).hexdigest()

    @cached_property
    def blob(self) -> str:
        """git's id of the file; of a large one, of its pointer."""
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n"
        body = pointer.encode() if self.large else self.read()
        return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()

    def described(self, expand: bool = False) -> dict:
        """What the tree says about the file."""
        entry = {"type": "file", "path": self.name, "size": self.size, "oid": self.blob}
        if self.large:
            entry["lfs"] = {"oid": self.sha256, "size": self.size, "pointerSize": 134}
        if expand:
            entry["lastCommit"] = {"id": "0" * 40, "title": "upload", "date": "2026-01-01T00:00:00.000Z"}
        return entry

    def sibling(self) -> dict:
        """What the repository's information says about the file."""
        entry = {"rfilename": self.name, "size": self.size, "blobId": self.blob}
        if self.large:
            entry["lfs"] = {"sha256": self.sha256, "size": self.size, "pointerSize": 134}
        return entry


@dataclass
class Served:
    """One repository with its revisions, and the faults that it shows."""

    kind: str
    hub_id: str
    refs: dict[str, str] = field(default_factory=dict)  # branch → commit
    commits: dict[str, dict[str, File]] = field(default_factory=dict)
    tokens: set[str] | None = None  # the tokens that have been granted access; None: not gated
    card: dict = field(default_factory=dict)  # what the head of its README says: license, dataset_info, …
    moved_to: str | None = None
    status: list[int] = field(default_factory=list)  # answers to the next requests, before anything else
    corrupt: set[str] = field(default_factory=set)  # files that arrive with one wrong byte
    cut: dict[str, list[int]] = field(default_factory=dict)  # file → after how many bytes each next answer breaks off
    seconds_a_chunk: float = 0.0
    visibility: str | None = None  # what it was made as

    def at(self, revision: str) -> str | None:
        """Return the commit that a revision stands for."""
        commit = self.refs.get(revision, revision)
        return commit if commit in self.commits else None


@dataclass(frozen=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    bytes_from: int
    authorised: bool
    storage: bool  # asked of the second port


class Hub:
    """The server; use it as a context manager."""

    def __init__(self) -> None:
        self.repos: dict[tuple[str, str], Served] = {}
        self.requests: list[Request] = []
        self.writers: set[str] = set()  # the tokens that may write, and those that may only read
        self.readers: set[str] = set()
        self.stored: dict[str, bytes] = {}  # what was sent to the storage, by its SHA-256
        self.card_fault: str | None = None  # what the hub finds wrong with the next card
        self._servers = [_Server(self, storage) for storage in (False, True)]
        self.endpoint, self.storage = (f"http://127.0.0.1:{server.server_port}" for server in self._servers)

    def __enter__(self) -> Hub:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def add(self, kind: str, hub_id: str, content: Path | Contents, revision: str = "main") -> Served:
        """Serve a folder, or files given by name, as the newest commit of a revision (kind: model or dataset)."""
        if isinstance(content, Path):
            content = {
                path.relative_to(content).as_posix(): path for path in sorted(content.rglob("*")) if path.is_file()
            }
        files = {name: File(name, body) for name, body in sorted(content.items())}
        named = "\n".join([kind, hub_id, *(f"{name} {file.blob}" for name, file in files.items())])
        commit = hashlib.sha1(named.encode()).hexdigest()
        repo = self.repos.setdefault((kind, hub_id.lower()), Served(kind, hub_id))
        repo.commits[commit] = files
        repo.refs[revision] = commit
        return repo

    def add_stand_ins(self, root: Path = ROOT, study: str | None = None) -> None:
        """Serve each stand-in of config/models.yaml, or of a study, under the hub id of the model that it stands for."""
        import yaml

        catalogue = yaml.safe_load((root / "config/models.yaml").read_text(encoding="utf-8"))
        own = {name: model["stand_in"] for name, model in catalogue["models"].items() if "stand_in" in model}
        if study:
            own = yaml.safe_load((root / f"config/studies/{study}.yaml").read_text(encoding="utf-8"))["stand_ins"]
        for name, stand_in in own.items():
            hub_id = catalogue["models"][name]["hub_id"]
            self.add("model", hub_id, root / catalogue["stand_ins"][stand_in]["path"])

    def environment(self, home: Path, token: str | None = None, **more: str) -> dict[str, str]:
        """Return an environment in which clients speak to this hub alone, with their caches in ``home``."""
        dropped = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_CACHE", "HF_TOKEN_PATH", "TRANSFORMERS_OFFLINE"}
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        own = {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home),
            "HF_HUB_OFFLINE": "0",
            "HF_DATASETS_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        return {**kept, **own, **({"HF_TOKEN": token} if token else {}), **more}

    def asked_for(self, name: str, method: str = "GET") -> list[Request]:
        """Return the requests for a file's bytes, in order."""
        return [one for one in self.requests if one.method == method and one.path.endswith(quote(name))]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub, storage: bool) -> None:
        self.hub, self.is_storage = hub, storage
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request, client_address) -> None:
        """Say nothing: clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    # what was asked

    def _answer(self) -> None:
        hub = self.server.hub
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        self.query = parse_qs(query)
        span = self.headers.get("Range", "bytes=0-")
        self.start = int(span.removeprefix("bytes=").split("-")[0] or 0)
        self.token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        hub.requests.append(
            Request(self.command, path, self.start, self.token is not None, self.server.is_storage)
        )  # fmt: skip
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if hub_uploads.answer(self, parts):
            return
        if parts[0] == "api" and len(parts) >= 4:
            self._api(parts[1].removesuffix("s"), "/".join(parts[2:4]), parts[4:])
            return
        kind = "dataset" if parts[0] == "datasets" else "model"
        parts = parts[1:] if kind == "dataset" else parts
        if len(parts) >= 5 and parts[2] == "resolve":
            self._file(kind, "/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        else:
            self._refuse(404, "not found")

    def _found(self, kind: str, hub_id: str) -> Served | None:
        """Return the repository; answer, and return None, where it is missing, has moved or is to fail."""
        repo = self.server.hub.repos.get((kind, hub_id.lower()))
        if repo is None:
            self._refuse(404 if self.token else 401, "Repository not found", "RepoNotFound")
            return None
        if repo.moved_to:
            self._send(307, b"", {"Location": self.path.replace(hub_id, repo.moved_to, 1)})
            return None
        if repo.status:
            status = repo.status.pop(0)
            self._refuse(status, "Invalid credentials in Authorization header" if status == 401 else "on purpose")
            return None
        return repo

    def _api(self, kind: str, hub_id: str, rest: list[str]) -> None:
        repo = self._found(kind, hub_id)
        if repo is None:
            return
        verb, revision = (rest + ["revision", "main"])[:2] if rest else ("revision", "main")
        if verb == "refs":
            self._refs(repo)
            return
        if verb == "auth-check":
            if not self._barred(repo):
                self._json({})
            return
        commit = repo.at(revision)
        if commit is None:
            self._refuse(404, f"Invalid rev id: {revision}", "RevisionNotFound")
            return
        files = repo.commits[commit]
        if verb == "revision":
            siblings = [
                file.sibling() if "blobs" in self.query else {"rfilename": file.name} for file in files.values()
            ]
            gated = "manual" if repo.tokens is not None else False
            about = {"id": repo.hub_id, "sha": commit, "gated": gated, "private": False, "tags": [], "downloads": 0}
            self._json({**about, "cardData": repo.card, "siblings": siblings})
        elif verb == "tree":
            self._tree(files, "/".join(rest[2:]))
        elif verb == "paths-info":
            self._paths(files)
        else:
            self._refuse(404, f"no such call: {verb}")

    def _refs(self, repo: Served) -> None:
        refs: dict[str, list] = {"branches": [], "converts": [], "tags": []}
        for name, commit in repo.refs.items():
            converted = name.startswith("refs/convert/")
            short = name.removeprefix("refs/convert/")
            ref = name if converted else f"refs/heads/{name}"
            refs["converts" if converted else "branches"].append({"name": short, "ref": ref, "targetCommit": commit})
        self._json(refs)

    def _tree(self, files: dict[str, File], folder: str) -> None:
        expand = self.query.get("expand", ["false"])[0].lower() == "true"
        inside = [name for name in files if not folder or name.startswith(folder + "/")]
        if not inside:
            self._refuse(404, f"{folder} does not exist", "EntryNotFound")
            return
        if self.query.get("recursive", ["false"])[0].lower() == "true":
            self._json([files[name].described(expand) for name in inside] + _folders(inside, folder))
            return
        depth = folder.count("/") + 1 if folder else 0
        direct = [files[name].described(expand) for name in inside if name.count("/") == depth]
        self._json(direct + [one for one in _folders(inside, folder) if one["path"].count("/") == depth])

    def _paths(self, files: dict[str, File]) -> None:
        asked = parse_qs(self.body.decode())
        if self.headers.get("Content-Type", "").startswith("application/json"):
            asked = json.loads(self.body)
        expand = str(asked.get("expand", False)).lower().strip("[']") == "true"
        found = [files[path].described(expand) for path in asked.get("paths", []) if path in files]
        folders = {one["path"]: one for one in _folders(list(files), "")}
        self._json(found + [folders[path] for path in asked.get("paths", []) if path in folders])

    # a file's bytes

    def _file(self, kind: str, hub_id: str, revision: str, name: str) -> None:
        repo = self._found(kind, hub_id)
        if repo is None:
            return
        commit = repo.at(revision)
        if commit is None:
            self._refuse(404, f"Invalid rev id: {revision}", "RevisionNotFound")
            return
        if self._barred(repo):
            return
        file = repo.commits[commit].get(name)
        if file is None:
            self._refuse(404, "Entry not found", "EntryNotFound")
            return
        about = {"X-Repo-Commit": commit, "ETag": f'"{file.blob}"', "Accept-Ranges": "bytes"}
        if file.large and not self.server.is_storage:
            linked = {"X-Linked-Size": str(file.size), "X-Linked-ETag": f'"{file.sha256}"'}
            self._send(302, b"", {**about, **linked, "Location": f"{self.server.hub.storage}{self.path}"})
            return
        self._send_file(repo, file, about)

    def _barred(self, repo: Served) -> bool:
        """Refuse, and return True, where the repository is gated and the token has not been granted access."""
        if repo.tokens is None or self.server.is_storage or self.token in repo.tokens:
            return False
        self._refuse(403 if self.token else 401, f"Access to model {repo.hub_id} is restricted", "GatedRepo")
        return True

    def _send_file(self, repo: Served, file: File, headers: dict[str, str]) -> None:
        if self.start and self.start >= file.size:
            self._send(416, b"", {"Content-Range": f"bytes */{file.size}"})
            return
        if "Range" in self.headers:
            headers["Content-Range"] = f"bytes {self.start}-{file.size - 1}/{file.size}"
        self._head(206 if "Range" in self.headers else 200, file.size - self.start, headers)
        if self.command == "HEAD":
            return
        cuts = repo.cut.get(file.name)
        end = min(file.size, self.start + cuts.pop(0)) if cuts else file.size
        wrong = file.size // 2 if file.name in repo.corrupt else None
        for place in range(self.start, end, CHUNK):
            body = bytearray(file.read_from(place, min(CHUNK, end - place)))
            if wrong is not None and place <= wrong < place + len(body):
                body[wrong - place] ^= 0xFF
            self.wfile.write(body)
            time.sleep(repo.seconds_a_chunk)
        if end < file.size:  # the line breaks
            self.wfile.flush()
            self.close_connection = True

    # answers

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._head(status, len(body), headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, message: str, code: str | None = None) -> None:
        headers = {"Content-Type": "application/json", "X-Error-Message": message}
        self._send(
            status, json.dumps({"error": message}).encode(), {**headers, **({"X-Error-Code": code} if code else {})}
        )


def _folders(names: list[str], below: str) -> list[dict]:
    """Return the folders that these files lie in, as the tree describes them."""
    parents = {str(parent) for name in names for parent in Path(name).parents} - {".", below}
    return [{"type": "directory", "path": path, "size": 0, "oid": "0" * 40} for path in sorted(parents)]


def klue_mrc(rows: int = 40) -> Contents:
    """Return KLUE-MRC's files in the layout of klue/klue, with made-up rows: news, encyclopaedia, unanswerable ones."""
    card = (
        "---\nconfigs:\n- config_name: mrc\n  data_files:\n  - split: train\n    path: mrc/train-*\n"
        "  - split: validation\n    path: mrc/validation-*\n---\n"
    )
    return {
        "README.md": card.encode(),
        **{
            f"mrc/{split}-00000-of-00001.parquet": _klue_parquet(split, rows // share)
            for split, share in (("train", 1), ("validation", 4))
        },
    }


def _klue_parquet(split: str, rows: int) -> bytes:
    import io

    import polars as pl

    def row(number: int) -> dict:
        encyclopaedia, unanswerable = number % 4 == 3, number % 5 == 4
        context = f"{split} 기사 {number // 2}: 매출은 {number // 2}억 원이다."
        return {
            "title": f"제목 {number}",
            "context": context,
            "news_category": "" if encyclopaedia else "경제",
            "source": "wikipedia" if encyclopaedia else "hankyung",
            "guid": f"klue-mrc-v1_{split}_{number:05d}",
            "is_impossible": unanswerable,
            "question_type": 3 if unanswerable else 1,
            "question": f"{number}번 물음: 매출은 얼마인가?",
            "answers": {
                "answer_start": [context.index("매출")] * 2,
                "text": [f"{number // 2}억 원", f"{number // 2}억"],
            },
        }

    buffer = io.BytesIO()
    pl.DataFrame([row(number) for number in range(rows)]).write_parquet(buffer)
    return buffer.getvalue()


def main() -> None:
    """Serve every stand-in, and rows in KLUE-MRC's layout, until interrupted."""
    with Hub() as hub:
        hub.add_stand_ins()
        hub.add("dataset", "klue/klue", klue_mrc())
        for repo in hub.repos.values():
            print(f"{repo.kind} {repo.hub_id} at {repo.refs['main'][:12]}")
        print(f"export HF_ENDPOINT={hub.endpoint} HF_HUB_DISABLE_XET=1 NO_PROXY=127.0.0.1", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
