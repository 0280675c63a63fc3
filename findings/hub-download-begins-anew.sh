#!/usr/bin/env bash
# Finding: a hub download that was killed begins anew, though the client's documentation speaks of resuming.
#
# Guess:      hf_hub_download goes on where a killed download of the same file, commit and folder stopped; for a model of
#             20 GB over a home line that is the difference between an evening and a night.
# Behaviour:  huggingface_hub 2.4.0 gathers each call's bytes in a file of a new random name. A second call asks for the
#             whole file (its request has no Range header), and what the first one brought is not used. Only a connection
#             that breaks while the process lives is resumed.
# Here:       scripts/kotune/hub/files.py gathers bytes under a name made of the file's hash and calls the client's
#             http_get with resume_size; tests/end_to_end/test_downloads.py kills downloads and counts bytes.
# Runs:       a server on loopback with one file of 8 MiB that sends slowly; no network but for installing the package.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check huggingface_hub==2.4.0
export HF_HOME="$folder/home" HF_HUB_DISABLE_XET=1 HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_PROGRESS_BARS=1
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import hashlib
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub

SIZE, COMMIT = 8 << 20, "0" * 40
CONTENT = bytes(range(256)) * (SIZE // 256)
asked = []


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def headers_of(self, status, start=0):
        self.send_response(status)
        self.send_header("ETag", f'"{hashlib.sha256(CONTENT).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(SIZE - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{SIZE - 1}/{SIZE}")
        self.end_headers()

    def do_HEAD(self):
        self.headers_of(200)

    def do_GET(self):
        wanted = self.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        asked.append(start)
        self.headers_of(206 if start else 200, start)
        try:
            for place in range(start, SIZE, 1 << 18):
                self.wfile.write(CONTENT[place : place + (1 << 18)])
                time.sleep(0.1 if len(asked) == 1 else 0)
        except OSError:
            pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=server.serve_forever, daemon=True).start()
target = Path(sys.argv[1], "model")
call = (
    "import sys; from huggingface_hub import hf_hub_download; hf_hub_download('a/model', 'model.safetensors', "
    "revision=sys.argv[2], local_dir=sys.argv[1], endpoint=sys.argv[3], token=False)"
)
command = [sys.executable, "-c", call, str(target), COMMIT, f"http://127.0.0.1:{server.server_port}"]


def gathered():
    return [path.stat().st_size for path in target.rglob("*.incomplete")]


first = subprocess.Popen(command)
while not any(size > SIZE // 4 for size in gathered()):
    time.sleep(0.05)
    assert first.poll() is None, "the first download ended before it could be killed"
first.kill()
first.wait()
left = max(gathered())
subprocess.run(command, check=True)
assert (target / "model.safetensors").read_bytes() == CONTENT
print(f"huggingface_hub {huggingface_hub.__version__}")
print(f"a download of {SIZE:,} bytes was killed with {left:,} bytes on disk; the second call asked from byte {asked[1]:,}")
assert left > SIZE // 4 and asked == [0, 0], "the behaviour has changed: the second call resumes"
PYTHON
