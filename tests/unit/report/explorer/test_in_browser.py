"""The page in a real browser: filters, keys, counts, and that no text runs or is fetched. Skips without a Chromium."""

import explorers
import pytest
from browser import CHROMIUM, MISSING, browser

from kotune.core.storage import read_json, write_text
from kotune.printing.numbers import flips_key
from kotune.report.explorer import page as pages

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
ROWS = "[...document.querySelectorAll('.option .id')].map((node) => node.textContent)"
COUNT = "document.getElementById('count').textContent"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def study(hostile, tmp_path_factory):
    """The page of a study whose wrong answers are hostile."""
    settings = explorers.settings_of(hostile.settings, hostile.study)
    return explorers.write_page(tmp_path_factory.mktemp("page") / "답변 탐색기.html", settings)


def written(folder, document, **more):
    path = folder / "explorer.html"
    write_text(path, pages.page_of({**explorers.index_of(document), **more}, [document]))
    return path


def flips(page):
    """Return the numbers on the buttons, by their words."""
    found = page.run("[...document.querySelectorAll('#flips button')].map((node) => node.textContent)")
    return {text.rpartition(" ")[0]: int(text.rpartition(" ")[2]) for text in found}


def test_hostile_texts_run_nowhere_and_are_seen(page, tmp_path):
    texts = explorers.HOSTILE
    made = explorers.document(texts, {"base": texts, "tuned": texts[::-1]}, ids=texts)
    made["kinds"] = [{"name": texts[0], "values": [texts[1]]}]
    made["rows"]["kinds"] = [[0] * len(texts)]
    notes = [{"dataset": texts[0], "licence": texts[1], "keep_local": True}]
    before = len(page.requests)
    page.open(written(tmp_path, made, title=texts[1], notice=texts[0], notes=notes))
    for _ in texts:
        page.press("j")
    page.choose("search", "hacked")
    page.choose("show", "chosen")
    assert page.run("window.hacked") is None and page.errors == []
    assert [url[:5] for url in page.requests[before:]] == ["file:"] and len(page.requests) == before + 1
    assert page.run("document.querySelectorAll('body img, body svg, body iframe, #detail script').length") == 0
    page.choose("show", "all")
    page.choose("search", "뒤집힌")
    spelt = page.run("[...document.querySelectorAll('.card .unseen')].map((node) => node.textContent).join(' ')")
    assert "\\u202e" in spelt and "\\x00" in spelt and "\\x1b" in spelt
    everything = page.run("document.body.innerText")
    assert not set("\u202e\u2066\u200b\x00\x1b") & set(everything)


def test_the_policy_stops_a_script_that_somebody_puts_in(page, tmp_path):
    made = explorers.document(["a"], {"base": ["a"], "tuned": ["1"]})
    path = written(tmp_path, made)
    write_text(path, path.read_text(encoding="utf-8").replace("</body>", "<script>window.hacked=1</script></body>"))
    page.open(path)
    assert page.run("window.hacked") is None and "Content Security Policy" in "".join(page.errors)
    page.errors.clear()


def test_rows_that_turned_are_those_of_the_numbers(page, study, hostile):
    page.open(study)
    page.choose("split", "1")  # test, after valid
    numbers = {
        name: hostile.numbers[f"{flips_key('econ-qa', 'own', 'tiny-gemma2', 'qlora', 'test')}.{name}"]["value"]
        for name in ("broken", "mended", "before", "after", "answers")
    }
    found = flips(page)
    assert (found["right → wrong"], found["wrong → right"]) == (numbers["broken"], numbers["mended"])
    assert found["both right"] == numbers["before"] - numbers["broken"] and sum(found.values()) == numbers["answers"]
    page.run("document.querySelectorAll('#flips button')[1].click()")
    assert page.run(COUNT) == f"{numbers['mended']} of 114 rows"
    words = set(page.run("[...document.querySelectorAll('.option .turn')].map((node) => node.textContent)"))
    assert words == {"wrong → right"}


def test_the_rows_chosen_by_rule_are_those_of_the_paper(page, study, hostile):
    page.open(study)
    best = read_json(hostile.study / "selection.json")["winner"]["model"]
    wanted = f"[...document.getElementById('b').options].find((one) => one.textContent === '{best} · qlora').value"
    page.choose("b", page.run(wanted))
    page.choose("show", "chosen")
    page.choose("each", "split")
    page.choose("split", "1")
    rules = dict(
        page.run(
            "[...document.querySelectorAll('.option')].map((node) => [node.querySelector('.answer').textContent, "
            "node.querySelector('.id').textContent])"
        )
    )
    for rule in ("gain", "loss"):
        entry = hostile.numbers.get(f"econ-qa.example.{rule}.test.qlora.{best}")
        assert rules.get(f"test: largest {rule} from A to B") == (entry and entry["row"])
    assert "Chosen by rule, never by hand: of each split" in page.run(
        "document.getElementById('chosen-rule').textContent"
    )


def test_search_and_filters_work_together_and_can_be_cleared(page, study):
    page.open(study)
    assert page.run(COUNT) == "114 of 114 rows"
    page.choose("search", "실적 발표가 열린 곳")
    some = page.run(COUNT)
    page.choose("split", "2")
    page.choose("outcome", "b1")
    assert int(page.run(COUNT).split()[0]) < int(some.split()[0]) < 114
    assert page.run("document.querySelector('.text mark').textContent") in ("실적", "발표가", "열린", "곳")
    page.choose("search", "이런 말은 없다 xyz")
    assert page.run(COUNT) == "No row passes the filters."
    page.run("document.getElementById('reset').click()")
    assert page.run(COUNT) == "114 of 114 rows"
    page.choose("arm", "oracle")
    names = page.run("[...document.querySelectorAll('.card')].map((node) => node.getAttribute('aria-label'))")
    assert names == ["tiny-gemma2 · base", "tiny-gemma2 · qlora", "ensemble · oracle"]


def test_the_keyboard_is_enough(page, study):
    page.open(study)
    chosen = "document.querySelector('.option[aria-selected=true] .id').textContent"
    first = page.run(chosen)
    page.press("/")
    assert page.run("document.activeElement.id") == "search"
    page.press("j")  # a letter of the search, now
    assert page.run("document.getElementById('search').value") == "j"
    page.choose("search", "")
    page.press("Escape")
    assert page.run("document.activeElement.id") == "list"
    page.press("ArrowDown")
    second = page.run(chosen)
    page.press("ArrowUp")
    assert second != first == page.run(chosen)
    page.press("End")
    assert page.run("document.getElementById('list').getAttribute('aria-activedescendant')") == "row-113"
    assert page.run("document.querySelectorAll('.option').length") < 40  # only those in sight are there
    page.press("Home")
    page.press("n")
    assert page.run("document.querySelector('.option[aria-selected=true] .turn').textContent").count("→") == 1
    page.press("Enter")
    assert page.run("document.activeElement.id") == "detail"
    unnamed = (
        "[...document.querySelectorAll('select, input, button')].filter((node) => !(node.labels && node.labels.length)"
        " && !node.textContent.trim() && !node.getAttribute('aria-label')).length"
    )
    assert page.run(unnamed) == 0


def test_the_address_brings_back_what_was_seen(page, study):
    page.open(study)
    page.choose("outcome", "turn01")
    page.press("j")
    address, row = page.run("location.hash"), page.run("document.querySelector('#detail h2 .id').textContent")
    page.open(study, address)
    assert page.run("document.querySelector('#detail h2 .id').textContent") == row
    assert page.run("document.getElementById('outcome').value") == "turn01"


def test_korean_words_and_a_phone_s_width(page, study):
    page.open(study, width=390, height=800)
    page.run("document.getElementById('language').click()")
    assert page.run("document.documentElement.lang") == "ko" and page.run(COUNT) == "114개 중 114개 문항"
    assert page.run("document.documentElement.scrollWidth") <= 390
    assert page.run("getComputedStyle(document.getElementById('detail')).display") == "none"
    page.run("document.querySelector('.option').click()")
    assert page.run("document.getElementById('detail').getBoundingClientRect().width") == 390
    page.run("document.querySelector('.back').click()")
    assert page.run("getComputedStyle(document.getElementById('detail')).display") == "none"
