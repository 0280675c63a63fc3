"""Endless synthetic reading tasks: short passages of made-up facts with questions. Reads and writes no files.

The stand-in models are pretrained on these beside the news, so that they learn to find a span by matching a question
with a sentence at all, and not only to fill in the patterns that they know. Facts are put together from word stocks
(``kotune.mini.wordstock``), with invented nouns among them, and are worded at random.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from kotune.core.particles import attach
from kotune.mini import wordstock as stock
from kotune.mini.values import sample

Asked = list[tuple[str, str]]
"""Questions with their answers."""


@dataclass(frozen=True)
class Passage:
    """A text and its questions with their answers; each answer is a span of the text."""

    context: str
    asked: tuple[tuple[str, str], ...]


def _one_of(rng: random.Random, options: str) -> str:
    """One of several wordings, which are written with bars between them."""
    return rng.choice(options.split("|"))


def invented(rng: random.Random) -> str:
    """A noun that means nothing: two to four random syllables, now and then with a model number or a common noun."""
    word = "".join(rng.choice(stock.SYLLABLES) for _ in range(rng.choice((2, 2, 3, 3, 4))))
    chance = rng.random()
    if chance < 0.25:
        return f"{word} {rng.choice(stock.PLACE_NOUNS)}"
    return f"{word} {rng.choice('ABCDEFGHKMPSTX')}{rng.randint(1, 99)}" if chance < 0.3 else word


def subject(rng: random.Random) -> str:
    """Somebody or something that facts can be about."""
    if rng.random() < 0.45:
        return invented(rng)
    return sample(rng.choice(stock.SUBJECT_KINDS), rng)


def _attribute(rng: random.Random, amount: bool = False) -> tuple[str, str]:
    """An attribute's name and the kind of its value; now and then an invented name whose value is an invented noun.

    With ``amount`` it is always one that is counted or measured.
    """
    if not amount and rng.random() < 0.12:
        return invented(rng), "invented"
    kind = rng.choice(stock.AMOUNTS if amount else stock.KINDS)
    name = rng.choice(stock.ATTRIBUTES[kind])
    return (f"{rng.choice(stock.MODIFIERS)} {name}" if rng.random() < 0.4 else name), kind


def _value(kind: str, rng: random.Random) -> str:
    return invented(rng) if kind == "invented" else sample(kind, rng)


def _states(s: str, a: str, v: str, kind: str, rng: random.Random) -> str:
    """One sentence saying that the attribute ``a`` of ``s`` is ``v``."""
    forms = [
        f"{s}의 {attach(a, '은')} {attach(v, '이다')}.",
        f"{s}의 {attach(a, '은')} {attach(v, '으로')} {_one_of(rng, '집계됐다|나타났다|확인됐다|조사됐다|알려졌다')}.",
        f"{attach(s, '은')} {attach(a, '이')} {attach(v, '이라고')} {_one_of(rng, '밝혔다|전했다|설명했다|발표했다')}.",
        f"{attach(s, '은')} {attach(a, '을')} {attach(v, '으로')} {_one_of(rng, '정했다|공시했다|제시했다|바꿨다')}.",
        f"{attach(a, '은')} {attach(s, '이')} {attach(v, '이었다')}.",
        f"{s}의 경우 {attach(a, '이')} {v}인 것으로 {_one_of(rng, '나타났다|전해졌다|보인다')}.",
        f"{attach(v, '이')} {s}의 {attach(a, '으로')} {_one_of(rng, '결정됐다|꼽혔다|확인됐다')}.",
    ]
    if kind in stock.NUMERIC:
        forms += [
            f"{attach(s, '은')} {attach(a, '이')} {v}에 {_one_of(rng, '달했다|이른다|그쳤다|머물렀다')}.",
            f"{attach(s, '은')} {v}의 {attach(a, '을')} {_one_of(rng, '기록했다|올렸다|나타냈다|보였다')}.",
            f"{attach(s, '이')} {_one_of(rng, '기록한|밝힌|집계한')} {attach(a, '은')} {attach(v, '이었다')}.",
        ]
    return rng.choice(forms)


def _asks_value(s: str, a: str, kind: str, rng: random.Random) -> str:
    """A question for the attribute's value; some end without a verb, as headlines do."""
    asking = rng.choice(stock.ASKING.get(kind, stock.HOW_MUCH if kind in stock.NUMERIC else stock.WHAT))
    told = f"{attach(s, '이')} {_one_of(rng, '밝힌|기록한|정한')} {attach(a, '은')}"
    base = rng.choice((f"{s}의 {attach(a, '은')}", f"{s}의 {attach(a, '은')}", told))
    return f"{base} {asking}" if asking else base + rng.choice(("", "?"))


def _asks_subject(a: str, v: str, rng: random.Random) -> str:
    """A question for whoever the attribute's value belongs to."""
    tail = _one_of(rng, "곳은 어디인가?|곳은|곳은 어디야?|것은 무엇인가?|대상은")
    return rng.choice((f"{attach(a, '이')} {v}인 {tail}", f"{attach(v, '을')} {attach(a, '으로')} 밝힌 {tail}"))


def attribute_facts(rng: random.Random) -> tuple[list[str], Asked]:
    """Facts about one to three subjects with one to four attributes each: sentences and questions."""
    subjects = [subject(rng) for _ in range(rng.choice((1, 2, 2, 3)))]
    attributes = [_attribute(rng) for _ in range(rng.choice((1, 2, 2, 3) if len(subjects) > 1 else (2, 3, 4)))]
    stated = [(s, a, _value(kind, rng), kind) for s in subjects for a, kind in attributes]
    rng.shuffle(stated)
    stated = stated[:6]
    sentences = [_states(*fact, rng) for fact in stated]
    asked = []
    for s, a, v, kind in stated:
        asked.append((_asks_subject(a, v, rng), s) if rng.random() < 0.25 else (_asks_value(s, a, kind, rng), v))
    return sentences, asked


def _event(rng: random.Random, verb: str) -> tuple[str, Asked]:
    """Somebody does something: a sentence whose parts come in changing order, and a question for each part."""
    s = subject(rng)
    o = invented(rng) if rng.random() < 0.5 else sample(rng.choice(("product", "item", "brand", "company")), rng)
    when = sample(rng.choice(("date", "date", "month", "quarter", "year")), rng)
    where = sample(rng.choice(("city", "country", "region")), rng)
    cost = sample(rng.choice(("won", "dollar")), rng)
    use_when, use_where, use_cost = rng.random() < 0.6, rng.random() < 0.5, rng.random() < 0.45
    parts = [attach(s, rng.choice(("은", "이")))]
    if use_when:
        parts.insert(rng.randint(0, 1), when + _one_of(rng, "|에|까지" if when[-1] in "월기년" else "||까지"))
    if use_where:
        parts.insert(rng.randint(0, len(parts)), where + _one_of(rng, "에서|에서|에"))
    if use_cost:
        parts.append(_one_of(rng, f"{attach(cost, '을')} 들여|{cost} 규모로|{attach(cost, '을')} 투입해"))
    done = _one_of(rng, "||새로 |추가로 |공동으로 ") + verb + _one_of(rng, stock.DEED_ENDINGS)
    parts += [attach(o, "을"), done]
    deed, whole = f"{verb}{_one_of(rng, '한|하기로 한|하는|할')}", f"{attach(s, '이')} {attach(o, '을')}"
    asked = [
        (f"{attach(o, '을')} {deed} {_one_of(rng, '곳은 어디인가?|곳은|주체는|것은 누구인가?|곳은 어디야?')}", s),
        (f"{attach(s, '이')} {deed} {_one_of(rng, '것은 무엇인가?|것은|대상은 무엇인가?|것은 뭐야?')}", o),
    ]
    if use_when:
        asked.append((f"{whole} {deed} {_one_of(rng, '때는 언제인가?|시점은|시기는 언제인가?|것은 언제인가?')}", when))
    if use_where:
        asked.append((f"{whole} {deed} {_one_of(rng, '곳은 어디인가?|장소는|지역은 어디인가?')}", where))
    if use_cost:
        paid = _one_of(rng, "들이는 돈은 얼마인가?|투입하는 금액은|쓴 금액은 얼마인가?")
        asked.append((f"{whole} {verb}하는 데 {paid}", cost))
    return " ".join(parts) + ".", asked


def _cause(rng: random.Random) -> str:
    """A noun phrase such as 수요 둔화, or two of them."""

    def single() -> str:
        modifier = f"{rng.choice(stock.MODIFIERS)} " if rng.random() < 0.3 else ""
        return f"{modifier}{rng.choice(stock.REASON_NOUNS)} {rng.choice(stock.REASON_TURNS)}"

    return single() if rng.random() < 0.7 else f"{attach(single(), '과')} {single()}"


def _change(rng: random.Random) -> tuple[str, Asked]:
    """A value that changes, with its cause: two values of one kind in a sentence."""
    s, (a, kind) = subject(rng), _attribute(rng, amount=True)
    before, after, cause = _value(kind, rng), _value(kind, rng), _cause(rng)
    while after == before:
        after = _value(kind, rng)
    up = "늘었다 늘어난 늘었나 증가했나|올랐다 오른 올랐나 상승했나"
    down = "줄었다 줄어든 줄었나 감소했나|내렸다 내린 내렸나 하락했나"
    said, past, *how = _one_of(rng, up if rng.random() < 0.5 else down).split()
    sentence = rng.choice(
        (
            f"{s}의 {attach(a, '은')} {cause} 영향으로 {before}에서 {attach(after, '으로')} {said}.",
            f"{attach(cause, '으로')} {s}의 {attach(a, '은')} {before}에서 {attach(after, '으로')} {said}.",
            f"{s}의 {attach(a, '이')} {before}에서 {attach(after, '으로')} {past} 것은 {cause} 때문이다.",
        )
    )
    why = _one_of(rng, "이유는 무엇인가?|이유는|원인은|배경은 무엇인가?|까닭은 무엇인가?")
    return sentence, [
        (f"{s}의 {attach(a, '은')} 얼마로 {rng.choice(how)}?", after),
        (f"{s}의 {attach(a, '은')} {_one_of(rng, '바뀌기 전에 얼마였나?|원래 얼마였나?|이전에는 얼마였나?')}", before),
        (f"{s}의 {attach(a, '이')} {past} {why}", cause),
    ]


def _quote(rng: random.Random) -> tuple[str, Asked]:
    """Somebody of some institute says something about an attribute."""
    person, role = sample("person", rng), sample("role", rng)
    house = sample(rng.choice(("institute", "company", "agency", "bank")), rng)
    topic, (a, kind) = subject(rng), _attribute(rng, amount=True)
    v = _value(kind, rng)
    said = f"{topic}의 {attach(a, '이')} {v}까지 {_one_of(rng, '오를 것|늘어날 것|떨어질 것|갈 것')}"
    holder, speech = attach(role, "은"), _one_of(rng, "말했다|내다봤다|전망했다|설명했다")
    sentence = rng.choice(
        (
            f"{person} {house} {holder} {attach(said, '이라고')} {speech}.",
            f'{house}의 {person} {holder} "{said}"이라고 {_one_of(rng, "말했다|했다|강조했다")}.',
            f"{attach(said, '으로')} {house} {person} {holder} {_one_of(rng, '봤다|예상했다|전망했다')}.",
        )
    )
    who = _one_of(rng, "사람은 누구인가?|사람은|인물은 누구야?")
    how_much = _one_of(rng, " 얼마인가?| 어느 정도인가?|")
    verb = _one_of(rng, "전망한|말한|예상한")
    return sentence, [
        (f"{topic}의 {attach(a, '을')} {verb} {who}", person),
        (f"{attach(person, '이')} {_one_of(rng, '속한 곳은 어디인가?|일하는 곳은|소속된 곳은 어디야?')}", house),
        (f"{person}의 {_one_of(rng, '직책은 무엇인가?|직함은|직책은')}", role),
        (f"{attach(person, '이')} {verb} {topic}의 {attach(a, '은')}{how_much}", v),
    ]


def _phrase(rng: random.Random, phrases: Sequence[str]) -> tuple[str, Asked]:
    """Somebody names a phrase (from the news patterns' own lists) as a reason, an aim or a condition of something."""
    s, (a, _), phrase = subject(rng), _attribute(rng), rng.choice(phrases)
    role = _one_of(rng, "이유|목표|조건|대책|사례|특징|배경|과제|변수|대상|장점|위험")
    as_role = f"{a}의 {attach(role, '으로')}"
    sentence = rng.choice(
        (
            f"{attach(s, '은')} {as_role} {attach(phrase, '을')} {_one_of(rng, '들었다|꼽았다|지목했다|제시했다')}.",
            f"{attach(s, '이')} {_one_of(rng, '꼽은|밝힌')} {a}의 {attach(role, '은')} {attach(phrase, '이다')}.",
            f"{attach(phrase, '이')} {attach(s, '이')} 꼽은 {a}의 {attach(role, '이다')}.",
        )
    )
    named = _one_of(rng, "든|꼽은|제시한|밝힌")
    return sentence, [
        (f"{attach(s, '이')} {as_role} {named} 것은{_one_of(rng, '| 무엇인가?|?')}", phrase),
        (f"{attach(phrase, '을')} {as_role} 꼽은 곳은{_one_of(rng, '| 어디인가?')}", s),
    ]


def _table(rng: random.Random) -> tuple[str, Asked]:
    """Facts as a list of names and values, without verbs."""
    s = subject(rng)
    listed = {a: (_value(kind, rng), kind) for a, kind in (_attribute(rng) for _ in range(rng.randint(2, 4)))}
    text = rng.choice((", ", " / ", "; ")).join(f"{a}{rng.choice((' ', ': '))}{v}" for a, (v, _) in listed.items())
    asked = [(_asks_value(s, a, kind, rng), v) for a, (v, kind) in listed.items()]
    return f"{s} {_one_of(rng, '현황|개요|소식|정리')}: {text}.", asked


def facts(rng: random.Random, phrases: Sequence[str] = ()) -> tuple[list[str], Asked]:
    """Sentences of one random kind of task and the questions on them."""
    kind = rng.random()
    if kind < 0.34:
        return attribute_facts(rng)
    if kind < 0.66:
        verb = rng.choice(stock.VERBS)  # often one verb for all, so that who did it must be read
        made = [_event(rng, verb if rng.random() < 0.6 else rng.choice(stock.VERBS)) for _ in range(rng.randint(1, 3))]
    elif kind < 0.78:
        made = [_change(rng) for _ in range(rng.randint(1, 2))]
    elif kind < 0.88:
        made = [_quote(rng) for _ in range(rng.randint(1, 2))]
    elif kind < 0.96 and phrases:
        made = [_phrase(rng, phrases) for _ in range(rng.randint(1, 3))]
    else:
        made = [_table(rng) for _ in range(rng.randint(1, 2))]
    return [sentence for sentence, _ in made], [one for _, asked in made for one in asked]


def answerable(sentences: Sequence[str], asked: Asked) -> Asked:
    """The questions that are asked once only, whose answer stands in the text and not in the question."""
    questions = [question for question, _ in asked]
    context = " ".join(sentences)
    return [(q, a) for q, a in asked if questions.count(q) == 1 and a not in q and a in context]


def passage(rng: random.Random, phrases: Sequence[str] = ()) -> Passage:
    """A passage of two to about seven shuffled sentences from one or two tasks, with at least one question."""
    while True:
        sentences, asked = facts(rng, phrases)
        if len(sentences) < 4:
            more, more_asked = facts(rng, phrases)
            sentences, asked = sentences + more, asked + more_asked
        kept = answerable(sentences, asked)
        if kept:
            rng.shuffle(sentences)
            return Passage(" ".join(sentences), tuple(kept))
