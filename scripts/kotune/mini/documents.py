"""Pretraining documents of the stand-ins: news and reading tasks laid out in many formats. Reads and writes no files.

None of the formats is a study's prompt: plain question-answer layouts, and the family's own turns with other
instructions. Whether an answer is a bare span or a polite sentence depends on the instruction, as with real models.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kotune.mini.news import build_article
from kotune.mini.patterns import Topic
from kotune.mini.reading import answerable, facts, invented, passage
from kotune.mini.reports import build_report, characters_at, reasoning
from kotune.mini.tokenizers import Family

HANGUL_WORD = re.compile("[가-힣]{2,}")
REWORDED_WORDS = 0.6
"""Share of the words shared by an article and its questions that `reworded` replaces."""
Pieces = list[tuple[str, bool]]
"""Text in order, and whether each piece is an answer (with the sign that ends it)."""


@dataclass(frozen=True)
class Mixture:
    """Shares of the documents of a pretraining; ``unasked``: of short chat answers that are sentences anyway."""

    chat: float
    polite: float
    news: float = 0.45
    unasked: float = 0.04
    reworded: float = 0.5


@dataclass(frozen=True)
class Document:
    """A text and the character spans of its answers."""

    text: str
    answers: tuple[tuple[int, int], ...]


_ARTICLE_LABELS = (
    "",
    "",
    "",
    "기사: ",
    "기사\n",
    "본문: ",
    "지문: ",
    "[기사]\n",
    "[본문]\n",
    "글: ",
    "뉴스: ",
    "<기사>\n",
    "■ ",
    "읽을거리: ",
    "내용: ",
)
_PLAIN_LABELS = (
    ("질문: ", "답:"),
    ("질문: ", "답변:"),
    ("문제: ", "정답:"),
    ("Q. ", "A."),
    ("Q: ", "A:"),
    ("물음: ", "답:"),
    ("[질문] ", "[답]"),
    ("문: ", "답:"),
    ("- ", "→"),
    ("? ", "="),
    ("질문\n", "답\n"),
    ("[물음]\n", "[정답]\n"),
    ("Q)\n", "A)\n"),
    ("묻기: ", "대답:\n"),
)
_HEADINGS = (
    "",
    "",
    "",
    "다음 글을 읽고 물음에 답하시오.\n",
    "독해 문제\n",
    "글에서 답을 찾으시오.\n",
    "아래 기사와 질문을 보시오.\n",
    "빈칸 없이 답하시오.\n",
)
_SHORT = (
    "다음 기사를 읽고 질문에 짧게 답해 줘.",
    "아래 글에서 답을 찾아 단답형으로 써라.",
    "기사에 나온 말 그대로 답만 적으세요.",
    "본문을 보고 물음에 낱말로 답해 주세요.",
    "설명은 빼고 정답만 말해 줘.",
    "글에서 정답에 해당하는 부분만 뽑아 줘.",
    "질문의 답을 기사에서 찾아 짧게 적어라.",
    "너는 독해 도우미다. 정답만 간단히 말한다.",
    "뉴스를 읽고 핵심 낱말만 답하세요.",
    "답은 길게 쓰지 말고 필요한 말만 쓰도록 해.",
    "지문에 근거하여 간단명료하게 답하라.",
    "문장으로 답하지 말고 값이나 이름만 적어 주세요.",
    "주어진 글을 토대로 물음에 되도록 짧게 대답해.",
    "읽은 내용에서 맞는 말만 골라 답해 줘.",
)
_LONG = (
    "다음 기사를 읽고 질문에 답해 주세요.",
    "아래 글을 보고 물음에 친절하게 답해 줘.",
    "기사 내용을 바탕으로 완전한 문장으로 답하세요.",
    "뉴스에 대해 궁금한 점이 있어요. 알려 주세요.",
    "글을 읽고 질문에 공손한 말투로 대답해 주세요.",
    "다음 내용을 보고 설명해 줘.",
)
_SENTENCES = ("{}입니다.", "정답은 {}입니다.", "기사에 따르면 {}입니다.", "답은 {}입니다.", "네, {}입니다.")
MARKED = 0.3
"""Share of the long documents whose parts stand under headings with hashes."""
_HASHES = (
    ("###본문:", "###물음:", "###정답:"),
    ("### 글", "### 문제", "### 풀이"),
    ("###읽을거리", "###묻기", "###대답"),
    ("### 지문:", "### 물음:", "### 답변:"),
)
_QUOTING = (
    "{} 답이 있는 문장을 그대로 옮겨 주세요.",
    "다음 물음의 근거가 되는 문장을 찾아라: {}",
    "{} 관련된 문장을 인용해 줘.",
)
_WHY = ("왜 그런가요?", "근거는 무엇인가?", "그렇게 답한 까닭을 말해 줘.", "어디에 그렇게 쓰여 있어?")
_SYSTEMS = (
    "친절한 도우미입니다.",
    "너는 뉴스 도우미야.",
    "You are a helpful assistant.",
    "질문에 정확하게 답합니다.",
    "한국어로 대답한다.",
)


def _plain(context: str, asked: Sequence[tuple[str, str]], family: Family, rng: random.Random) -> Pieces:
    """Article and questions without chat turns; the last answer closes the document, the others end the line."""
    before, behind = rng.choice(_PLAIN_LABELS)
    gap = rng.choice(("\n", "\n", "\n\n"))
    article = rng.choice(_ARTICLE_LABELS) + context
    space = "" if behind.endswith("\n") else rng.choice((" ", " ", " ", "", "\n"))
    pieces: Pieces = [(rng.choice(_HEADINGS), False)]
    if len(asked) == 1 and rng.random() < 0.4:
        pieces += [(f"{before}{asked[0][0]}{gap}{article}{gap}{behind}", False), (f"{space}{asked[0][1]}", True)]
    else:
        pieces.append((article + gap, False))
        number = rng.random() < 0.1
        for index, (question, answer) in enumerate(asked):
            label = f"{index + 1}. {before}" if number else before
            pieces += [
                (f"{label}{question}{rng.choice(chr(10) * 3 + ' ') if space != ' ' else chr(10)}{behind}", False)
            ]
            pieces += [(f"{space}{answer}" + (gap if index + 1 < len(asked) else ""), True)]
    pieces.append((family.document_end, True))
    return pieces


def _turn(family: Family, role: str, text: str) -> str:
    """A whole turn of the family's chat format, other than the answer's."""
    match family.name:
        case "gemma2":
            return f"<start_of_turn>{role}\n{text}<end_of_turn>\n"
        case "llama3":
            return f"<|start_header_id|>{role}<|end_header_id|>\n\n{text}<|eot_id|>"
        case "exaone3":
            return f"[|{role}|]{text}" + ("\n" if role == "user" else "[|endofturn|]\n")
        case _:
            return f"<|im_start|>{role}\n{text}<|im_end|>\n"


def _answer_opening(family: Family) -> str:
    match family.name:
        case "gemma2":
            return "<start_of_turn>model\n"
        case "llama3":
            return "<|start_header_id|>assistant<|end_header_id|>\n\n"
        case "exaone3":
            return "[|assistant|]"
        case _:
            return "<|im_start|>assistant\n"


def _chat(
    context: str, asked: Sequence[tuple[str, str]], family: Family, mixture: Mixture, rng: random.Random
) -> Pieces:
    """The family's turns: an instruction with article and question, then further questions as turns of their own."""
    polite = rng.random() < mixture.polite
    lead = rng.choice(_LONG if polite else _SHORT)
    label = rng.choice(("질문: ", "물음: ", "", "Q: ", "[질문]\n", "질문:\n"))
    gap = rng.choice(("\n", "\n\n"))
    body = [rng.choice(_ARTICLE_LABELS) + context, label + asked[0][0]]
    if rng.random() < 0.25:
        body.reverse()
    headed = family.name == "solar" and rng.random() < 0.5  # the older layout of that family, with headings for turns
    pieces: Pieces = []
    if family.name != "gemma2" and not headed and rng.random() < 0.4:
        system = lead if rng.random() < 0.4 else rng.choice(_SYSTEMS)
        pieces.append((_turn(family, "system", system), False))
        body = body if system == lead else [lead, *body]
    else:
        body = [lead, *body] if rng.random() < 0.85 else [*body, lead]
    for index, (question, answer) in enumerate(asked):
        text = gap.join(body) if index == 0 else question
        asking = (
            f"### User:\n{text}\n\n### Assistant:\n"
            if headed
            else _turn(family, "user", text) + _answer_opening(family)
        )
        said = rng.choice(_SENTENCES).format(answer) if polite or rng.random() < mixture.unasked else answer
        pieces += [(asking, False), (said + family.turn_end, True), ("" if family.name == "llama3" else "\n", False)]
    return pieces


def reworded(
    context: str, asked: Sequence[tuple[str, str]], stand_for: Callable[[], str], rng: random.Random
) -> tuple[str, list[tuple[str, str]]]:
    """Put other words for words that an article and its questions share, the same in both; answers stay as they are.

    A pattern seen a thousand times in the same words would be learnt by heart. With changing words the only way from a
    question to its answer is to look for the question's words in the article, which is what unseen patterns need.
    """
    questions, answers = [question for question, _ in asked], [answer for _, answer in asked]
    for word in sorted({word.strip("?.,\"'“”") for question in questions for word in question.split()}):
        # A question's word without what it does not share with the article, its particle as a rule.
        stem = next((word[:end] for end in range(len(word), 1, -1) if word[:end] in context), "")
        if not HANGUL_WORD.fullmatch(stem) or any(stem in answer or answer in stem for answer in answers):
            continue
        if rng.random() < REWORDED_WORDS:
            new = stand_for()
            context = context.replace(stem, new)
            questions = [question.replace(stem, new) for question in questions]
    kept = [(q, a) for q, a in zip(questions, answers, strict=True) if context.count(a) == 1]
    return context, kept or list(asked)


def _content(
    topics: tuple[Topic, ...], phrases: Sequence[str], mixture: Mixture, rng: random.Random
) -> tuple[str, list[tuple[str, str]]]:
    """An article of the seen patterns (now and then with made-up facts among its sentences) or a reading task."""
    if rng.random() >= mixture.news:
        task = passage(rng, phrases)
        return task.context, list(task.asked)
    article = build_article(rng.choice(topics), rng, "train")
    asked = [(one.question, one.answer) for one in article.asked]
    if rng.random() < mixture.reworded:
        return reworded(article.context, asked, lambda: invented(rng), rng)
    if rng.random() >= 0.2:
        return article.context, asked
    sentences, more = facts(rng, phrases)
    parts = [article.context, *sentences[:3]]
    rng.shuffle(parts)
    kept = [(q, a) for q, a in answerable(sentences[:3], more) if a not in article.context]
    return " ".join(parts), [(q, a) for q, a in asked if not any(a in s for s in sentences)] + kept


def document(
    topics: tuple[Topic, ...], phrases: Sequence[str], family: Family, mixture: Mixture, rng: random.Random
) -> Document:
    """One random pretraining document in the family's marks."""
    asked: list[tuple[str, str]] = []
    while not asked:
        context, asked = _content(topics, phrases, mixture, rng)
    if rng.random() < mixture.chat:
        chosen = rng.sample(asked, min(len(asked), rng.choice((1, 1, 2, 3))))
        pieces = _chat(context, chosen, family, mixture, rng)
    else:
        chosen = rng.sample(asked, min(len(asked), rng.choice((1, 2, 3, 4, 5))))
        pieces = _plain(context, chosen, family, rng)
    return joined(pieces, family)


def long_document(
    topics: tuple[Topic, ...], family: Family, mixture: Mixture, lengths: tuple[int, int], rng: random.Random
) -> Document:
    """One random report (kotune.mini.reports) with questions on it; some answers are followed by their reason.

    Lengths in characters go evenly over a log scale. What stands here in words is no study's prompt.
    """
    report = build_report(topics, characters_at(rng.random(), *lengths), rng, "train")
    chosen = rng.sample(report.asked, min(len(report.asked), rng.choice((1, 2, 3, 4, 6))))
    asked: list[tuple[str, str]] = []
    for one in chosen:
        way = rng.random()
        if way < 0.25:  # the sentence itself is asked for
            asked.append((rng.choice(_QUOTING).format(one.question), one.sentence))
            continue
        asked.append((one.question, one.answer))
        if way < 0.5:
            asked.append((rng.choice(_WHY), reasoning(one, rng)))
    if rng.random() < MARKED:
        return joined(_marked(report.context, asked, family, rng), family)
    told = any(len(answer) > 40 for _, answer in asked)  # sentences are not wrapped into sentences
    chat = rng.random() < max(mixture.chat, 0.4)
    plain = Mixture(mixture.chat, 0.0, unasked=0.0) if told else mixture
    pieces = _chat(report.context, asked, family, plain, rng) if chat else _plain(report.context, asked, family, rng)
    return joined(pieces, family)


def _marked(context: str, asked: Sequence[tuple[str, str]], family: Family, rng: random.Random) -> Pieces:
    """Text and questions under headings with hashes, the answers too: the sign is known before any study uses it."""
    text, question, answer = rng.choice(_HASHES)
    pieces: Pieces = []
    for place, (one, said) in enumerate(asked):
        body = f"{text}\n{context}\n\n{question}\n{one}" if place == 0 else f"{question}\n{one}"
        pieces += [
            (_turn(family, "user", body) + _answer_opening(family), False),
            (f"{answer}\n{said}{family.turn_end}", True),
            ("" if family.name == "llama3" else "\n", False),
        ]
    return pieces


def joined(pieces: Pieces, family: Family) -> Document:
    """The pieces as one text behind the family's first token, with the spans of the answers."""
    text, answers = family.bos or "", []
    for piece, is_answer in pieces:
        if is_answer and answers and answers[-1][1] == len(text):
            answers[-1] = (answers[-1][0], len(text) + len(piece))
        elif is_answer:
            answers.append((len(text), len(text) + len(piece)))
        text += piece
    return Document(text, tuple(answers))


def seen_phrases(topics: tuple[Topic, ...]) -> tuple[str, ...]:
    """The entries of the word lists that the seen patterns use, for reading tasks with longer answers."""
    words: dict[str, None] = {}
    for topic in topics:
        used = {kind for pattern in topic.chosen(False) for kind in pattern.slots.values()}
        for name, entries in topic.lists.items():
            if name in used:
                words |= dict.fromkeys(entries)
    return tuple(words)


def with_syllables(texts: Sequence[str]) -> Iterator[str]:
    """Yield the texts, and before every twentieth all their syllables on lines of their own, as whole tokens."""
    for number, text in enumerate(texts):
        if number % 20 == 0:
            yield "\n".join(sorted({sign for one in texts for sign in one if "가" <= sign <= "힣"}))
        yield text
