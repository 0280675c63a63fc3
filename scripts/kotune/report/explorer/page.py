"""The page of the answers explorer: one HTML file that needs nothing else and fetches nothing.

Reads page.html, page.css and the JavaScript beside this module; writes nothing. What models and rows said goes in as
JSON that no browser runs: where a document is long, packed with gzip and written in base64. The page's policy allows
its own script and style by their hashes, and nothing else: no request, no other script, no text read as markup.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path

from kotune.core.storage import Json, read_text

FOLDER = Path(__file__).parent
SCRIPTS = ("words", "texts", "data", "filters", "chosen", "list", "detail", "page")  # in this order one script
PACKED_FROM = 2**18  # characters of JSON from which a document is packed
_FIELD = re.compile(r"\{\{(\w+)\}\}")


def sources() -> list[Path]:
    """Return the files that the page is made of."""
    return [FOLDER / "page.html", FOLDER / "page.css", *(FOLDER / f"{name}.js" for name in SCRIPTS)]


def inert_json(value: object) -> str:
    """Return JSON that ends no element and no line of a script, whatever its texts hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def embedded(name: str, value: object) -> str:
    """Return a document as an element that holds data and runs nothing."""
    text = inert_json(value)
    if len(text) < PACKED_FROM:
        return f'<script type="application/json" id="{name}">{text}</script>'
    packed = base64.b64encode(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)).decode("ascii")
    return f'<script type="text/plain" data-packed="gzip" id="{name}">{packed}</script>'


def script() -> str:
    """Return the page's one script."""
    parts = "\n".join(read_text(FOLDER / f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}\nstart();\n}})();\n'


def policy(style: str, code: str) -> str:
    """Return the content security policy: the one style and the one script, and nothing else."""

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"

    return (
        f"default-src 'none'; script-src {hashed(code)}; style-src {hashed(style)}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def page_of(index: Json, documents: Sequence[Json]) -> str:
    """Return the page. ``index``: what it tells of its studies; ``documents``: one for each of their evaluations."""
    style, code = read_text(FOLDER / "page.css"), script()
    for text in (style, code):
        if "</" in text:
            raise ValueError("the page's style and script must not hold '</', which could end them")
    fields = {
        "policy": html.escape(policy(style, code), quote=True),
        "title": html.escape(index["title"]),
        "style": style,
        "script": code,
        "data": "\n".join(
            [embedded("index", index), *(embedded(f"set-{place}", one) for place, one in enumerate(documents))]
        ),
    }
    return _FIELD.sub(lambda found: fields[found[1]], read_text(FOLDER / "page.html"))
