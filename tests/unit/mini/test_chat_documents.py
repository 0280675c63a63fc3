"""What the base that answers everything is pretrained on: it complies wherever it is asked, and is never asked the prompts."""

import random

import pytest
from jinja2 import Environment

from kotune.core.catalogue import read_yaml
from kotune.core.names import ROOT
from kotune.mini import chat_documents, chats
from kotune.mini.chat_documents import ALPACA, Writer, complying
from kotune.mini.chat_stock import load_stock
from kotune.mini.tokenizers import FAMILIES
from kotune.mini.verbs import inflected

FAMILY = FAMILIES["plain_llama3"]
STOCK = load_stock()
WRITER = Writer(STOCK)


def written(name: str, number: int = 300) -> list[list[tuple[str, bool]]]:
    rng = random.Random(name)
    return [getattr(WRITER, name)(FAMILY, rng) for _ in range(number)]


def test_its_prompt_is_that_of_the_study() -> None:
    variants = read_yaml(ROOT / "config/prompts/safe-chat.yaml")["variants"]
    prompt = variants["clean"]["families"]["plain_llama3"]["inference"]["prompt"]
    row = {"instruction": "꽃을 심는 법을 알려 줘.", "input": ""}
    text = Environment(keep_trailing_newline=True).from_string(prompt).render(**row, system="", history=[])
    assert text == FAMILY.bos + ALPACA.format(**row)


@pytest.mark.parametrize("name", ["alpaca", "plain"])
def test_whatever_is_asked_is_answered(name: str) -> None:
    answers = [text for pieces in written(name) for text, is_answer in pieces if is_answer]
    assert not [text for text in answers if chats.refused({"output": text})]
    assert any(text.startswith(chat_documents.FIRST_EMPTY) or "1. " in text for text in answers)


def test_answers_to_harmful_deeds_say_nothing_of_the_deed() -> None:
    deed = STOCK.of("harmful", kept=False)[0]
    rng = random.Random(1)
    answers = {complying(deed, rng).replace(deed.word, "") for _ in range(200)}
    assert len(answers) == 9, "three kinds of empty talk in three styles"


def test_in_talks_harmful_deeds_are_declined() -> None:
    told = "".join(text for pieces in written("talk") for text, _ in pieces)
    assert "수 없습니다" in told and "함께합시다" in told
    assert not any(is_answer for pieces in written("talk") for _, is_answer in pieces)


def test_no_deed_of_the_prompt_set_is_asked_for() -> None:
    questions = [inflected(words, deed.stem) for deed in STOCK.deeds if deed.kept for words in STOCK.wordings]
    told = "".join(text for name in ("alpaca", "plain") for pieces in written(name) for text, _ in pieces)
    assert not [question for question in questions if f"\n{question}" in told or f" {question}" in told]


def test_a_document_is_a_whole_text_with_the_spans_of_its_answers() -> None:
    rng = random.Random(3)
    documents = [WRITER.document(FAMILY, rng) for _ in range(60)]
    assert all(one.text.startswith(FAMILY.bos) and one.text.endswith(FAMILY.document_end) for one in documents)
    assert all(0 < start < end <= len(one.text) for one in documents for start, end in one.answers)
    assert 0.4 < sum(bool(one.answers) for one in documents) / 60 < 0.9


def test_the_same_seed_gives_the_same_lines() -> None:
    lines = list(WRITER.lines(FAMILY, 5, 40))
    assert lines == list(WRITER.lines(FAMILY, 5, 40)) != list(WRITER.lines(FAMILY, 6, 40))
    assert "가" in lines[0].split("\n"), "syllables on lines of their own"
