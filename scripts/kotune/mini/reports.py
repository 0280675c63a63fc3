"""Long reports: many sections of economic news behind one another, with questions on a sentence somewhere within.

Reads and writes no files. A section is an article of `news`; no sentence pattern comes twice in a report, and every
answer that may be asked for stands in exactly one sentence of the whole report, which the reasoning quotes.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kotune.core.particles import attach
from kotune.mini.news import Article, build_article
from kotune.mini.patterns import Topic
from kotune.mini.values import Pool

_SENTENCE = re.compile(r".+?[.?!](?=\s|$)")
_HEADING = re.compile(r"\d+\. [^.]*$")
_MISSES = 60  # sections in a row that found no place: the patterns are used up, the report ends early
_REASONS = (
    "본문에 “{sentence}”라는 문장이 있다. 따라서 답은 {answer}.",
    "“{sentence}”라고 쓰여 있으므로 답은 {answer}.",
    "근거는 “{sentence}”라는 문장이다. 그래서 답은 {answer}.",
)


@dataclass(frozen=True)
class Asked:
    """A question on a report, its answer, and the one sentence of the report that the answer stands in."""

    question: str
    answer: str
    sentence: str


@dataclass(frozen=True)
class Report:
    """A report and every question that it allows, in the order of their places in the text."""

    context: str
    asked: tuple[Asked, ...]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with its full stop; a heading's line is none."""
    lines = [line for line in text.split("\n") if line and not _HEADING.match(line)]
    return [match.group().strip() for line in lines for match in _SENTENCE.finditer(line)]


def _sections(topics: Sequence[Topic], characters: int, rng: random.Random, pool: Pool, unseen: bool) -> list[Article]:
    """Return articles of random topics until they hold so many characters; no pattern comes twice."""
    chosen: list[Article] = []
    used: set[str] = set()
    length = misses = 0
    while length < characters and misses < _MISSES:
        article = build_article(rng.choice(topics), rng, pool, unseen)
        if used & set(article.patterns):
            misses += 1
            continue
        misses = 0
        used |= set(article.patterns)
        chosen.append(article)
        length += len(article.context) + 8
    return chosen


def _questions(sections: Sequence[Article], context: str) -> list[Asked]:
    """Return the questions whose answer stands in one sentence of the report and in no other question's words."""
    every = sentences(context)
    asked = [one for section in sections for one in section.asked]
    times = [one.question for one in asked]
    found = []
    for one in asked:
        holding = [sentence for sentence in every if one.answer in sentence]
        if len(holding) == 1 and times.count(one.question) == 1:
            found.append(Asked(one.question, one.answer, holding[0]))
    return found


def build_report(
    topics: Sequence[Topic], characters: int, rng: random.Random, pool: Pool, unseen: bool = False
) -> Report:
    """Return a report of at least ``characters`` characters, as far as the patterns reach, and its questions."""
    names = {topic.slug: topic.name for topic in topics}
    while True:
        sections = _sections(topics, characters, rng, pool, unseen)
        parts = [f"{place}. {names[one.topic]}\n{one.context}" for place, one in enumerate(sections, start=1)]
        context = "\n\n".join(parts) if len(parts) > 1 else sections[0].context
        if asked := _questions(sections, context):
            return Report(context, tuple(asked))


def reasoning(asked: Asked, rng: random.Random) -> str:
    """Return the reasoning for an answer in words: it quotes the sentence and ends with the answer."""
    return rng.choice(_REASONS).format(sentence=asked.sentence.rstrip("."), answer=attach(asked.answer, "이다"))


def characters_at(place: float, low: int, high: int) -> int:
    """Return a length between ``low`` and ``high``, evenly on a log scale; ``place``: from 0 to 1."""
    return round(low * (high / low) ** place)


def build_rows(
    topics: Sequence[Topic], split: str, count: int, seed: int, pool: Pool, lengths: tuple[int, int]
) -> list[dict[str, str]]:
    """Return ``count`` rows ``id, context, question, answer, cot_answer``; two questions share a report, where it can.

    The lengths of the reports go evenly over the log scale, in random order. A report's questions are drawn from all of
    its places, so that most answers stand deep inside.
    """
    reports = -(-count // 2)
    order = random.Random(f"{seed}/{split}/lengths").sample(range(reports), reports)
    rows: list[dict[str, str]] = []
    for number, place in enumerate(order):
        rng = random.Random(f"{seed}/{split}/{number}")
        report = build_report(topics, characters_at((place + 0.5) / reports, *lengths), rng, pool)
        for one in rng.sample(report.asked, min(2, len(report.asked))):
            row = {"id": f"{split.upper()}_{len(rows):05d}", "context": report.context, "question": one.question}
            rows.append(row | {"answer": one.answer, "cot_answer": reasoning(one, rng)})
    return rows[:count]
