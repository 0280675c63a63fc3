"""The bundled patterns and rows: valid, regenerable byte for byte, and with splits that do not leak into each other."""

import csv
import random
import re
from itertools import islice
from pathlib import Path

import make_mini_rows
import pytest
from bundled_rows import econ_news, opened
from pattern_file import GOOD, write

from kotune.mini import values
from kotune.mini.news import articles, build_article, build_rows
from kotune.mini.patterns import Topic, load_topic, load_topics

FOLDER = make_mini_rows.FOLDER


@pytest.fixture(scope="module")
def topics() -> tuple[Topic, ...]:
    return load_topics(FOLDER / "patterns")


@pytest.fixture(scope="module")
def splits() -> dict[str, list[dict[str, str]]]:
    found = {}
    for name in make_mini_rows.SPLITS:
        with opened(econ_news(name)) as file:
            found[name] = list(csv.DictReader(file))
    return found


def test_splits_have_their_sizes_columns_and_ids(splits: dict[str, list[dict[str, str]]]) -> None:
    assert {name: len(rows) for name, rows in splits.items()} == {
        "train": 1200,
        "valid": 80,
        "test": 120,
        "test-unseen": 80,
    }
    assert list(splits["train"][0]) == ["id", "context", "question", "answer"]
    assert splits["train"][0]["id"] == "TRAIN_00000"
    assert splits["test-unseen"][-1]["id"] == "UNSEEN_00079"


def test_no_article_stands_in_two_splits(splits: dict[str, list[dict[str, str]]]) -> None:
    contexts = [{row["context"] for row in rows} for rows in splits.values()]
    assert len(set.union(*contexts)) == sum(map(len, contexts))


def test_every_answer_stands_in_its_article_and_not_in_its_question(splits: dict[str, list[dict[str, str]]]) -> None:
    for row in (row for rows in splits.values() for row in rows):
        assert row["answer"] in row["context"], row["id"]
        assert row["answer"] not in row["question"], row["id"]
        assert not re.search(r"[{}]", row["context"] + row["question"]), row["id"]


@pytest.mark.parametrize("kind", ["company", "bank", "brokerage", "institute", "person", "brand"])
def test_train_never_names_a_held_out_entity(splits: dict[str, list[dict[str, str]]], kind: str) -> None:
    # Names may be parts of longer words (a given name inside a noun), so whole words are compared, particles cut off.
    words = {word for row in splits["train"] for word in re.findall(r"[가-힣]+", row["context"])}
    stems = words | {word[:-1] for word in words} | {word[:-2] for word in words}
    used = stems & set(values.names(kind, "held-out"))
    train = set(values.names(kind, "train"))
    assert {name for name in used if not any(one.startswith(name) for one in train)} == set()


def test_seen_splits_hold_no_unseen_pattern(topics: tuple[Topic, ...], splits: dict[str, list[dict[str, str]]]) -> None:
    # The longest fixed piece of each unseen wording is looked for in the seen splits' articles.
    text = "\n".join({row["context"] for name in ("train", "valid", "test") for row in splits[name]})
    for topic in topics:
        for pattern in topic.chosen(unseen=True):
            for wording in pattern.texts:
                piece = max((part for part in wording.parts if isinstance(part, str)), key=len).strip(" .")
                assert len(piece) < 8 or piece not in text, f"{pattern.id}: {piece!r}"


def test_unseen_articles_ask_unseen_patterns_only(topics: tuple[Topic, ...]) -> None:
    unseen = {pattern.id for topic in topics for pattern in topic.chosen(unseen=True)}
    for article in islice(articles(topics, "a", "held-out", unseen=True), 60):
        assert set(article.patterns) <= unseen
    for article in islice(articles(topics, "a", "train"), 60):
        assert not set(article.patterns) & unseen


def test_articles_are_short_and_every_pattern_is_used(topics: tuple[Topic, ...]) -> None:
    used: set[str] = set()
    for topic in topics:
        for number in range(80):
            article = build_article(topic, random.Random(number), "train")
            assert 3 <= len(re.findall(r"[.?!](?=\s|$)", article.context)) <= 6
            used |= set(article.patterns)
    assert used == {pattern.id for topic in topics for pattern in topic.chosen(unseen=False)}


def test_questions_of_an_article_share_its_context(tmp_path: Path) -> None:
    topic = load_topic(write(tmp_path, GOOD))
    rows = build_rows((topic,), "train", 6, 1, "train", unseen=False)
    assert [row["id"] for row in rows] == [f"TRAIN_{number:05d}" for number in range(6)]
    assert len({row["context"] for row in rows}) == 3
