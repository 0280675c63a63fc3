"""The bundled patterns and rows: valid, regenerable byte for byte, and with splits that do not leak into each other."""

import csv
import random
import re
from itertools import islice
from pathlib import Path

import make_mini_rows
import pytest

from kotune.core.errors import UserError
from kotune.mini import bundled, values
from kotune.mini.news import articles, build_article, build_rows
from kotune.mini.patterns import PatternError, Topic, load_topic, load_topics

FOLDER = make_mini_rows.FOLDER
GOOD = """
topic: 금리
lists: {loan: ["신용대출", "전세대출", "카드론"]}
patterns:
  - id: rates-01
    text: ["{bank:은} {loan} 금리를 {percent:으로} 올렸다.", "{bank:이} {percent:으로} {loan} 금리를 올렸다."]
    questions:
      - {q: ["{bank:이} 올린 금리는"], a: "{percent}"}
      - {q: ["금리를 올린 은행은"], a: "{bank}"}
distractors: ["지난해에는 {percent}였다.", "{country}도 금리를 올렸다. 시장은 놀랐다."]
"""


@pytest.fixture(scope="module")
def topics() -> tuple[Topic, ...]:
    return load_topics(FOLDER / "patterns")


@pytest.fixture(scope="module")
def splits() -> dict[str, list[dict[str, str]]]:
    found = {}
    for name in make_mini_rows.SPLITS:
        with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def test_the_patterns_are_many_and_varied(topics: tuple[Topic, ...]) -> None:
    patterns = [pattern for topic in topics for pattern in topic.patterns]
    assert len(topics) >= 12
    assert len(patterns) >= 150
    assert all(2 <= len(pattern.questions) <= 4 for pattern in patterns)
    assert all(len(topic.chosen(unseen=True)) >= 2 for topic in topics)
    assert all(len(topic.distractors) >= 10 for topic in topics)


def test_the_bundled_files_are_what_the_patterns_give() -> None:
    assert bundled.differing(FOLDER, make_mini_rows.make(FOLDER, make_mini_rows.SEED)) == []


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


def write(folder: Path, text: str) -> Path:
    file = folder / "rates.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_questions_of_an_article_share_its_context(tmp_path: Path) -> None:
    topic = load_topic(write(tmp_path, GOOD))
    rows = build_rows((topic,), "train", 6, 1, "train", unseen=False)
    assert [row["id"] for row in rows] == [f"TRAIN_{number:05d}" for number in range(6)]
    assert len({row["context"] for row in rows}) == 3


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("{percent:으로} 올렸다", "{rate:으로} 올렸다", "unknown slot {rate}"),
        ("{bank:은} {loan} 금리", "{bank}은 {loan} 금리", "typed directly behind {bank}"),
        ("{bank:은} {loan} 금리", "{bank:에서} {loan} 금리", "unknown particle '에서'"),
        ('a: "{percent}"', 'a: "연 {percent}"', "does not stand in the wording"),
        ('a: "{bank}"', 'a: "{bank:이}"', "carries a particle"),
        ('"{bank:이} {percent:으로} {loan} 금리를 올렸다."', '"{bank:이} 금리를 올렸다."', "use different slots"),
        ('q: ["{bank:이} 올린', 'q: ["{company:이} 올린', "uses 'company'"),
        ('      - {q: ["금리를 올린 은행은"], a: "{bank}"}\n', "", "has 1 questions"),
    ],
)
def test_a_faulty_pattern_is_named_with_file_and_fault(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in GOOD
    with pytest.raises(PatternError) as caught:
        load_topic(write(tmp_path, GOOD.replace(old, new)))
    assert "rates.yaml: pattern rates-01" in str(caught.value)
    assert fault in str(caught.value)


def test_a_percentage_may_carry_its_one_possible_particle(tmp_path: Path) -> None:
    load_topic(write(tmp_path, GOOD.replace("{percent:으로}", "{percent}로")))


def test_broken_yaml_and_an_empty_folder_are_user_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no pattern file"):
        load_topics(tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        load_topic(write(tmp_path, "topic: [금리"))
    with pytest.raises(UserError, match="missing"):
        load_topic(write(tmp_path, "topic: 금리"))


def test_check_names_the_changed_file(tmp_path: Path) -> None:
    (tmp_path / "patterns").symlink_to(FOLDER / "patterns")
    make_mini_rows.main(["--folder", str(tmp_path)])
    make_mini_rows.main(["--folder", str(tmp_path), "--check"])
    with (tmp_path / "test.csv").open("a", encoding="utf-8") as file:
        file.write("x")
    with pytest.raises(UserError, match="test.csv differ"):
        make_mini_rows.main(["--folder", str(tmp_path), "--check"])
