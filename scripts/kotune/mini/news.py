"""Articles and rows of Korean economic news, filled from the patterns. Reads and writes no files.

An article holds one to three patterns of a topic and one or two distractors; its slots are filled with random values
(``kotune.mini.values``), all values of a kind differ, and every answer stands in exactly one of its statements.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kotune.mini.patterns import PatternError, Topic
from kotune.mini.values import Pool, sample

_SENTENCE_END = re.compile(r"[.?!](?=\s|$)")
_ATTEMPTS = 400


@dataclass(frozen=True)
class Asked:
    """A filled-in question with its answer and the pattern that it came from."""

    question: str
    answer: str
    pattern: str


@dataclass(frozen=True)
class Article:
    """A finished article and every question that its patterns allow."""

    topic: str
    context: str
    patterns: tuple[str, ...]
    asked: tuple[Asked, ...]


class _Exhausted(Exception):
    """No further distinct value of a kind: the article is drawn again."""


def _draw(
    slots: Mapping[str, str], topic: Topic, used: dict[str, set[str]], rng: random.Random, pool: Pool
) -> dict[str, str]:
    """A value for every slot; no value of a kind comes twice in an article."""
    filled = {}
    for name, kind in slots.items():
        taken = used.setdefault(kind, set())
        for _ in range(20):
            value = rng.choice(topic.lists[kind]) if kind in topic.lists else sample(kind, rng, pool)
            if value not in taken:
                break
        else:
            raise _Exhausted
        taken.add(value)
        filled[name] = value
    return filled


def _try_article(topic: Topic, rng: random.Random, pool: Pool, unseen: bool) -> Article | None:
    """One draw of an article; None when it breaks a rule: length, or an answer in two statements or in its question."""
    candidates = topic.chosen(unseen)
    count = rng.choices((1, 2, 3), (15, 45, 40) if not unseen else (60, 40, 0))[0]
    patterns = rng.sample(candidates, min(count, len(candidates)))
    chosen = rng.sample(topic.distractors, 2 if len(patterns) == 1 else rng.randint(1, 2))
    used: dict[str, set[str]] = {}
    statements, asked = [], []
    for pattern in patterns:
        filled = _draw(pattern.slots, topic, used, rng, pool)
        statements.append(rng.choice(pattern.texts).fill(filled))
        for question in pattern.questions:
            asked.append(Asked(rng.choice(question.wordings).fill(filled), question.answer.fill(filled), pattern.id))
    for distractor in chosen:
        filled = _draw({slot.name: slot.kind for slot in distractor.slots}, topic, used, rng, pool)
        statements.append(distractor.fill(filled))
    # A distractor never opens an article: many begin with words such as 앞서 that refer back.
    rest = statements[1:]
    rng.shuffle(rest)
    statements = statements[:1] + rest
    context = " ".join(statements)
    if not 3 <= len(_SENTENCE_END.findall(context)) <= 6:
        return None
    if any(
        sum(one.answer in statement for statement in statements) != 1 or one.answer in one.question for one in asked
    ):
        return None
    if len({one.question for one in asked}) != len(asked):
        return None
    return Article(topic.slug, context, tuple(pattern.id for pattern in patterns), tuple(asked))


def build_article(topic: Topic, rng: random.Random, pool: Pool, unseen: bool = False) -> Article:
    """One article of a topic whose every answer stands in exactly one of its statements.

    Raises PatternError when many draws in a row found none.
    """
    for _ in range(_ATTEMPTS):
        try:
            article = _try_article(topic, rng, pool, unseen)
        except _Exhausted:
            continue
        if article is not None:
            return article
    raise PatternError(
        f"{topic.slug}.yaml: no valid article in {_ATTEMPTS} draws; are its answers hidden in its distractors?"
    )


def articles(topics: tuple[Topic, ...], seed: str, pool: Pool, unseen: bool = False) -> Iterator[Article]:
    """Endless articles, the topics in turn; article n depends on the seed and n alone."""
    number = 0
    while True:
        yield build_article(topics[number % len(topics)], random.Random(f"{seed}/{number}"), pool, unseen)
        number += 1


def build_rows(
    topics: tuple[Topic, ...], split: str, count: int, seed: int, pool: Pool, unseen: bool
) -> list[dict[str, str]]:
    """``count`` rows ``id, context, question, answer`` of a split; two to four questions share an article."""
    prefix = "UNSEEN" if unseen else split.upper()
    rows: list[dict[str, str]] = []
    for article in articles(topics, f"{seed}/{split}", pool, unseen):
        rng = random.Random(f"{seed}/{split}/{article.context}")
        asked = rng.sample(article.asked, min(len(article.asked), rng.randint(2, 4)))
        for one in asked[: count - len(rows)]:
            name = f"{prefix}_{len(rows):05d}"
            rows.append({"id": name, "context": article.context, "question": one.question, "answer": one.answer})
        if len(rows) == count:
            return rows
    raise AssertionError("articles never end")
