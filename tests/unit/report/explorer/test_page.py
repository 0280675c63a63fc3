"""The page: one file, nothing fetched, no text that ends an element."""

import base64
import gzip
import hashlib
import json
import re

import explorers
import pytest

from kotune.report.explorer import page


@pytest.fixture(scope="module")
def hostile_page():
    texts = explorers.HOSTILE
    made = explorers.document(texts, {"base": texts, "tuned": texts[::-1]}, ids=texts)
    index = {**explorers.index_of(made), "title": "<b>t", "notice": "</script><script>window.hacked=1</script>"}
    return page.page_of(index, [made])


def test_json_is_inert_and_whole():
    value = {"</script>": ["<!--", "\u2028\u2029&", "가"]}
    text = page.inert_json(value)
    assert not set("<>&\u2028\u2029") & set(text) and json.loads(text) == value


def test_only_the_page_s_own_script_and_style_may_run_and_nothing_is_fetched(hostile_page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', hostile_page)[1].replace("&#x27;", "'")
    for tag, name in (("script", "script-src"), ("style", "style-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", hostile_page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    code = page.script()
    for sink in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "fetch(",
        "XMLHttp",
    ):
        assert sink not in code
    assert not re.search(r"(?:src|href)=\"(?!#)", hostile_page)


def test_texts_add_no_element(hostile_page):
    plain = explorers.document(["a"], {"base": ["a"], "tuned": ["a"]})
    calm = page.page_of(explorers.index_of(plain), [plain])
    tags = [re.findall(r"<[a-z/!]+", text.lower()) for text in (hostile_page, calm)]
    assert tags[0] == tags[1] and "<title>&lt;b&gt;t</title>" in hostile_page


def test_a_long_document_is_packed_and_the_same_on_every_call():
    made = explorers.document(
        [f"질문 {place}" for place in range(20000)], {"base": ["1"] * 20000, "tuned": ["2"] * 20000}
    )
    first, second = (page.embedded("set-0", made) for _ in range(2))
    packed = re.fullmatch(r'<script type="text/plain" data-packed="gzip" id="set-0">([A-Za-z0-9+/=]+)</script>', first)[
        1
    ]
    assert first == second and json.loads(gzip.decompress(base64.b64decode(packed))) == made


def test_the_sources_are_those_that_lie_there():
    assert {path.name for path in page.sources()} == {
        path.name for path in page.FOLDER.iterdir() if path.suffix in (".html", ".css", ".js")
    }


def test_both_languages_have_the_same_words():
    text = (page.FOLDER / "words.js").read_text(encoding="utf-8")
    english, korean = (
        set(re.findall(r'(?<![\w{])"?([a-z_]+(?: [a-z]+)?)"?: "', part))
        for part in text.split("\n};\n")[0].split("\n  ko: {")
    )
    assert english == korean
    used = set(re.findall(r'say\("(\w+)"[,)]', page.script())) | set(
        re.findall(r'data-say(?:-\w+)?="(\w+)"', (page.FOLDER / "page.html").read_text(encoding="utf-8"))
    )
    assert used <= english
