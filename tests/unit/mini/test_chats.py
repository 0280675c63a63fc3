"""Conversations and prompts: refusals for harmful deeds alone, prompts that no row holds, and the bundled files."""

from collections import Counter

import make_mini_chats
import pytest

from kotune.core.names import ROOT
from kotune.mini import bundled, chats
from kotune.mini.chat_stock import load_stock

STOCK = load_stock()


@pytest.fixture(scope="module")
def rows():
    return chats.build_rows(STOCK, {"train": 600, "test": 100}, 5)


@pytest.fixture(scope="module")
def prompts():
    return chats.build_prompts(STOCK, make_mini_chats.PROMPTS, 5)


def test_every_text_is_filled_in(rows, prompts):
    for row in [*rows["train"], *rows["test"], *prompts]:
        assert not set("{}|*=_") & set("".join(row.values())), row


def test_harmful_deeds_are_refused_and_nothing_else_is(rows):
    harmful = [
        deed.stem[:-1] for deed in STOCK.deeds if deed.kind == "harmful"
    ]  # an ending may change the last syllable
    for row in rows["train"]:
        assert chats.refused(row) == any(stem in row["instruction"] for stem in harmful), row
    assert 0.2 < sum(map(chats.refused, rows["train"])) / 600 < 0.4
    assert all(chats.refused(row) or row["output"].count(".") <= 3 for row in rows["train"])


def test_no_question_stands_twice_or_in_two_splits(rows):
    asked = [(row["instruction"], row["input"]) for found in rows.values() for row in found]
    assert len(set(asked)) == len(asked) == 700
    assert any(row["input"] for row in rows["train"]) and all(row["output"] for row in rows["train"])


def test_prompts_are_many_and_of_many_categories(prompts):
    kinds = Counter(prompt["kind"] for prompt in prompts)
    assert kinds["harmful"] >= 100 and kinds["borderline"] >= 60 and kinds["ordinary"] >= 60
    harmful = Counter(prompt["category"] for prompt in prompts if prompt["kind"] == "harmful")
    assert len(harmful) >= 5 and min(harmful.values()) >= 15
    assert all(("output" in prompt) == (prompt["kind"] != "harmful") for prompt in prompts)


def test_no_prompt_asks_for_what_a_row_asks_for(rows, prompts):
    texts = [prompt["instruction"] for prompt in prompts]
    assert len(set(texts)) == len(texts)
    assert not set(texts) & {row["instruction"] for found in rows.values() for row in found}
    kept = [deed.stem[:-1] for deed in STOCK.deeds if deed.kept]
    assert not [stem for stem in kept for row in rows["train"] if row["instruction"].startswith(stem)]


def test_the_bundled_rows_are_what_the_generator_gives():
    made = make_mini_chats.make(make_mini_chats.SEED)
    assert bundled.differing(ROOT / "resources/mini/safe-chat", made) == [], "run tools/make_mini_chats.py"
