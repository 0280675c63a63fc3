"""Rows in the layouts of KoAlpaca 1.1a, OpenOrca-KO and OpenAssistant Guanaco in Korean. Reads and writes no files.

Quirks of such sets are planted: rows that stand twice, within a set and in two sets, conversations that cannot be
parsed, items of a benchmark. What is asked for is harmless, and the answers are right.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from kotune.core.particles import attach
from kotune.mini import benchmark, chats
from kotune.mini.benchmark_stock import BenchmarkStock
from kotune.mini.chat_stock import Deed, Stock

Row = dict[str, str]
_GREETINGS = ("", "", "안녕하세요. ", "궁금한 것이 있습니다. ")
_CLOSINGS = ("", " 도움이 되었으면 좋겠습니다.")
# Asked as if they had happened: who, what.
_NEVER = (
    ("선생님", "운동장에 배를 띄운 일"), ("토끼", "바다에서 시험을 본 일"), ("강아지", "도서관에서 발표한 일"),
    ("눈사람", "여름에 학교를 지은 일"), ("고양이", "기차를 운전한 일"), ("병아리", "박물관을 연 일"),
)  # fmt: skip
_CODE = (
    ("1부터 {n}까지 더하는 파이썬 코드를 써 주세요.", "print(sum(range(1, {m})))"),
    ("'{n}'을 화면에 쓰는 파이썬 코드를 써 주세요.", 'print("{n}")'),
)
_SYSTEMS = ("", "당신은 도움이 되는 인공지능 비서입니다.", "질문을 잘 읽고 차례대로 생각해서 답하세요.")
_THINGS = ("사과", "연필", "책", "달걀", "귤", "공")
_SHARES = {"flan": 0.42, "t0": 0.3, "KoCoT_2000": 0.1, "cot": 0.1, "niv": 0.08}
REPEATED = 3
"""So many rows of KoAlpaca stand there twice word for word, and so many again in OpenOrca-KO with other blanks."""
_H, _A = "### Human: ", "### Assistant: "


def _deeds(stock: Stock) -> Sequence[Deed]:
    return [deed for kind in ("ordinary", "borderline") for deed in stock.of(kind, kept=False)]


def _asked_and_answered(stock: Stock, rng: random.Random) -> tuple[str, str]:
    """A question and its answer: a deed's steps, or a fact."""
    if rng.random() < 0.65:
        deed = rng.choice(_deeds(stock))
        return chats.asking(deed, stock, rng), chats.answer(deed)
    fact = rng.choice([one for one in stock.facts if not one.kept])
    return fact.question, fact.answer


def koalpaca(stock: Stock, count: int, seed: int) -> list[Row]:
    """Questions as on a question site, without the column ``input``; some stand there twice, some nearly."""
    rng, rows, seen = random.Random(f"{seed}/koalpaca"), [], set()
    for who, what in _NEVER:
        question = f"{attach(who, '이')} {attach(what, '을')} 설명해 주세요."
        rows.append((question, f"{attach(who, '이')} {what}은 없습니다. 잘못 알려진 이야기입니다."))
    for place in range(6):
        asked, code = _CODE[place % 2]
        n = rng.randint(3, 30)
        rows.append((asked.format(n=n), f"다음과 같이 쓰면 됩니다.\n\n{code.format(n=n, m=n + 1)}"))
    while len(rows) < count - 2 * REPEATED:
        question, said = _asked_and_answered(stock, rng)
        question = rng.choice(_GREETINGS) + question
        if question not in seen:
            seen.add(question)
            rows.append((question, said + rng.choice(_CLOSINGS)))
    rng.shuffle(rows)
    rows += rows[:REPEATED]
    rows += [(question.removesuffix(".") + "!!", said) for question, said in rows[REPEATED : 2 * REPEATED]]
    return [
        {"instruction": question, "output": said, "url": f"https://example.org/qna/{1000 + 7 * number}"}
        for number, (question, said) in enumerate(rows)
    ]


def _reading(stock: BenchmarkStock, rng: random.Random) -> tuple[str, str, bool]:
    """A paragraph, a question on it, and whether the answer is yes."""
    right = rng.random() < 0.5
    row = benchmark.boolq_row(stock, rng, right)
    return str(row["Text"]), str(row["Question"]), right


def _flan(stock: BenchmarkStock, rng: random.Random) -> Row:
    text, question, right = _reading(stock, rng)
    return {"instruction": f"{text} 질문: {question}", "input": "", "output": "예" if right else "아니오"}


def _t0(stock: BenchmarkStock, rng: random.Random) -> Row:
    review = rng.choice(stock.reviews)
    said = "긍정" if review.positive else "부정"
    return {"instruction": f"다음 문장은 긍정인가요, 부정인가요?\n문장: {review.text}", "input": "", "output": said}


def _cot(stock: BenchmarkStock, rng: random.Random) -> Row:
    thing, a, b = rng.choice(_THINGS), rng.randint(2, 9), rng.randint(2, 9)
    question = f"{attach(thing, '이')} {a}개 있습니다. {b}개를 더 받으면 모두 몇 개인가요?"
    return {
        "instruction": question,
        "input": _SYSTEMS[2],
        "output": f"{a} + {b} = {a + b}입니다. 그래서 답은 {a + b}개입니다.",
    }


def _kocot(stock: BenchmarkStock, rng: random.Random) -> Row:
    text, question, right = _reading(stock, rng)
    said = (
        "글에 그렇게 쓰여 있습니다. 그래서 답은 예입니다."
        if right
        else "글에 그런 말이 없습니다. 그래서 답은 아니오입니다."
    )
    return {"instruction": f"{question}\n{text}", "input": _SYSTEMS[2], "output": said}


def _niv(chat: Stock, rng: random.Random) -> Row:
    row = chats.task(chat, rng)
    return {"instruction": row["instruction"], "input": row["input"], "output": row["output"]}


def openorca(
    chat: Stock, stock: BenchmarkStock, count: int, seed: int, repeated: Sequence[Row], leaked: Sequence[Row]
) -> list[Row]:
    """Tasks by the source that stands before the dot of an id; ``repeated`` and ``leaked`` are rows that are put in."""
    rng, rows, seen = random.Random(f"{seed}/openorca"), [], set()
    makers = {"flan": _flan, "t0": _t0, "cot": _cot, "KoCoT_2000": _kocot}
    while len(rows) < count - len(repeated) - len(leaked):
        (source,) = rng.choices(list(_SHARES), list(_SHARES.values()))
        row = _niv(chat, rng) if source == "niv" else makers[source](stock, rng)
        key = (row["instruction"], row["input"])
        if key not in seen:
            seen.add(key)
            rows.append((source, row))
    rows += [("t0", row) for row in (*repeated, *leaked)]
    rng.shuffle(rows)
    return [
        {
            "id": f"{source}.{100 + 13 * number}",
            "input": row["input"],
            "instruction": row["instruction"],
            "output": row["output"],
        }
        for number, (source, row) in enumerate(rows)
    ]


def _turns(stock: Stock, rng: random.Random, number: int) -> list[tuple[str, str]]:
    """A talk of one to four questions; the later ones ask for what was said before."""
    deed = rng.choice(_deeds(stock))
    turns = [(chats.asking(deed, stock, rng), chats.answer(deed))]
    names = ["첫째", "둘째", "셋째"]
    for place in rng.sample(range(3), min(3, number - 1)):
        turns.append(
            (
                f"{attach(names[place], '은')} 무엇이라고 했나요?",
                f"{attach(names[place], '은')} 이렇습니다. {deed.steps[place]}.",
            )
        )
    return turns


def talk(turns: Sequence[tuple[str, str]], between: str) -> str:
    """A conversation in one text; ``between`` stands before each marker but the first."""
    return between.join(f"{_H}{asked}{between}{_A}{said}" for asked, said in turns)


def guanaco(stock: Stock, count: int, seed: int) -> list[Row]:
    """Conversations in one text each, the last ones broken as in `broken`; two begin with the same question."""
    rng, texts = random.Random(f"{seed}/guanaco"), []
    for place in range(count - len(broken(stock, seed)) - 1):
        turns = _turns(stock, rng, (1, 1, 2, 2, 3, 4)[place % 6])
        texts.append(talk(turns, "" if rng.random() < 0.7 else "\n"))
    rng.shuffle(texts)
    first = next(text for text in texts if text.count(_H) == 1 and "\n" not in text)
    texts.append(first + talk([("조금 더 짧게 말해 주세요.", "차례대로 천천히 하면 됩니다.")], ""))
    texts += broken(stock, seed)
    return [{"text": text, "id": str(number)} for number, text in enumerate(texts)]


def broken(stock: Stock, seed: int) -> list[str]:
    """A talk that ends with a question, then three that cannot be parsed: no answer, no marker, an empty turn."""
    rng = random.Random(f"{seed}/broken")
    talks = [_turns(stock, rng, number) for number in (2, 1, 1, 2)]
    return [
        talk(talks[0], "") + f"{_H}고맙습니다. 또 물어볼게요.",
        f"{_H}{talks[1][0][0]}",
        f"{talks[2][0][0]} {talks[2][0][1]}",
        talk([talks[3][0], ("", talks[3][1][1])], ""),
    ]


def leaked(splits: dict[str, benchmark.Splits]) -> list[Row]:
    """Two items of the benchmark's test as rows of an instruction set, so that an audit has something to find."""
    boolq, review = splits["BoolQ"]["test"][0], splits["SentiNeg"]["test"][0]
    return [
        {
            "instruction": f"{boolq['Text']} 질문: {boolq['Question']}",
            "input": "",
            "output": "예" if boolq["Answer"] else "아니오",
        },
        {
            "instruction": f"다음 문장은 긍정인가요, 부정인가요?\n문장: {review['Text']}",
            "input": "",
            "output": "긍정" if review["Label"] else "부정",
        },
    ]


def build_mixture(
    chat: Stock, stock: BenchmarkStock, counts: dict[str, int], seed: int, splits: dict[str, benchmark.Splits]
) -> dict[str, list[Row]]:
    """The rows of the three sets by name; ``splits``: the benchmark, of which two items are put in."""
    questions = koalpaca(chat, counts["koalpaca"], seed)
    again = [
        {"instruction": row["instruction"].replace(" ", "  ", 1), "input": "", "output": row["output"] + "\n"}
        for row in questions[2 * REPEATED : 3 * REPEATED]
    ]
    return {
        "koalpaca": questions,
        "openorca-ko": openorca(chat, stock, counts["openorca-ko"], seed, again, leaked(splits)),
        "guanaco-ko": guanaco(chat, counts["guanaco-ko"], seed),
    }
