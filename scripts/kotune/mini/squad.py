"""Articles with a title and several paragraphs of news, in SQuAD's layout. Reads and writes no files.

A paragraph is an article of `mini.news`; those of one document have its topic. A question may have a second gold
answer, a part of the first: a name without its title, a number without its unit.
"""

from __future__ import annotations

import random
import re
from typing import Any

from kotune.mini.news import Article, Asked, build_article
from kotune.mini.patterns import Topic
from kotune.mini.values import Pool

PARAGRAPHS = (2, 4)
QUESTIONS = (2, 4)  # of a paragraph, as far as its patterns allow
SHORTER = re.compile(
    r"([가-힣]{2,4})(?= (?:교수|원장|대표|과장|연구위원|연구원|팀장)$)|([\d.]+)(?=(?:명|곳|건|가구|%)$)"
)


def golds(answer: str) -> list[str]:
    """Return the gold answers of a question: the whole one, and the part of it that is as right."""
    part = SHORTER.match(answer)
    return [answer, part[0]] if part else [answer]


def _question(asked: Asked, article: Article, name: str) -> dict[str, Any]:
    start = article.context.index(asked.answer)
    answers = [{"text": gold, "answer_start": start} for gold in golds(asked.answer)]  # each is how the first begins
    return {"id": name, "question": asked.question, "answers": answers}


def build_document(topic: Topic, title: str, name: str, rng: random.Random, pool: Pool) -> dict[str, Any]:
    """Return one document of SQuAD's layout; ids are ``name``, the paragraph's and the question's number."""
    paragraphs = []
    for number in range(rng.randint(*PARAGRAPHS)):
        article = build_article(topic, rng, pool)
        asked = rng.sample(article.asked, min(len(article.asked), rng.randint(*QUESTIONS)))
        questions = [_question(one, article, f"{name}-{number}-{place}") for place, one in enumerate(asked)]
        paragraphs.append({"context": article.context, "qas": questions})
    return {"title": title, "paragraphs": paragraphs}


def build_data(topics: tuple[Topic, ...], count: int, seed: int, pool: Pool) -> list[dict[str, Any]]:
    """Return ``count`` documents, the topics in turn; document n depends on the seed and n alone."""
    return [
        build_document(
            topics[number % len(topics)],
            f"{topics[number % len(topics)].name} 소식 {number // len(topics) + 1}",
            f"news-{number:03d}",
            random.Random(f"{seed}/{number}"),
            pool,
        )
        for number in range(count)
    ]
