"""Items in KoBEST's five formats, each with a known right answer. Reads and writes no files.

A row has the columns that the makers' files have in common, its answer as a whole number: BoolQ and WiC 0 or 1, COPA 1
or 2, HellaSwag 0 to 3, SentiNeg 0 (negative) or 1. `benchmark_files` writes them as the makers do.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from itertools import combinations

from kotune.core.particles import attach
from kotune.mini.benchmark_stock import BenchmarkStock, Cause, Review, Sense
from kotune.mini.verbs import inflected

SPLITS = ("train", "dev", "test")
Row = dict[str, str | int]
Splits = dict[str, list[Row]]
_TOLD = ("who", "when", "where", "what")
_UNSEEN_WORDS = 1  # words of WiC that are in test alone
_DUPLICATES = 3  # rows of HellaSwag's train that stand there twice; the first of them stands in dev, too


def told(stock: BenchmarkStock, rng: random.Random, names: list[str]) -> dict[str, str]:
    """Who did what, when and where; the name is taken off ``names``."""
    return {"who": names.pop()} | {part: rng.choice(stock.tasks[part]) for part in _TOLD[1:]}


def sentence(of: Mapping[str, str]) -> str:
    """One sentence of a paragraph."""
    return f"{attach(of['who'], '은')} {of['when']} {of['where']}에서 {attach(of['what'], '을')} 했습니다."


def boolq_row(stock: BenchmarkStock, rng: random.Random, right: bool) -> Row:
    """Two people and what they did, sometimes a remark, and a question; a wrong one mixes the two up."""
    names = rng.sample(stock.tasks["who"], 2)
    one, other = told(stock, rng, names), told(stock, rng, names)
    while other["where"] == one["where"] or other["what"] == one["what"]:
        other |= {part: rng.choice(stock.tasks[part]) for part in ("where", "what")}
    lines = [sentence(one), sentence(other)]
    if rng.random() < 0.3:
        lines.insert(rng.randrange(3), rng.choice(stock.remarks))
    asked, another = rng.choice(((one, other), (other, one)))
    part = rng.choice(("where", "what"))
    asked = asked if right else asked | {part: another[part]}
    what = attach(asked["what"], "을")
    question = f"{attach(asked['who'], '은')} {asked['where']}에서 {what} 했나요?"
    return {"Text": " ".join(lines), "Question": question, "Answer": int(right)}


def boolq(stock: BenchmarkStock, counts: Mapping[str, int], seed: int) -> Splits:
    """As many rows of a split as asked, half of them true; no paragraph twice."""
    found: Splits = {}
    seen: set[object] = set()
    for split, count in counts.items():
        rng, rows = random.Random(f"{seed}/boolq/{split}"), []
        while len(rows) < count:
            row = boolq_row(stock, rng, right=len(rows) % 2 == 0)
            if row["Text"] not in seen:
                seen.add(row["Text"])
                rows.append(row)
        rng.shuffle(rows)
        found[split] = rows
    return found


def _copa_row(of: Cause, asks: str, right: int) -> Row:
    given, gold, wrong = (of.effect, of.cause, of.no_cause) if asks == "원인" else (of.cause, of.effect, of.no_effect)
    first, second = (gold, wrong) if right == 1 else (wrong, gold)
    return {"sentence": given, "question": asks, "1": first, "2": second, "Answer": right}


def copa(stock: BenchmarkStock, counts: Mapping[str, int], seed: int) -> Splits:
    """Rows of causes and effects; a cause is asked about in one split alone.

    Raises ValueError where there are more rows asked for than causes allow.
    """
    rng, causes = random.Random(f"{seed}/copa"), list(stock.causes)
    rng.shuffle(causes)
    found: Splits = {}
    for split in reversed(counts):  # test first: of train's causes both orders of the alternatives may be used
        count, orders = counts[split], (1, 2) if split == "train" else (None,)
        mine = [causes.pop() for _ in range(-(-count // (2 * len(orders))))]
        rows = [
            _copa_row(of, asks, order or rng.choice((1, 2)))
            for of in mine
            for asks in ("원인", "결과")
            for order in orders
        ]
        rng.shuffle(rows)
        found[split] = rows[:count]
    return {split: found[split] for split in counts}


def hellaswag(stock: BenchmarkStock, counts: Mapping[str, int], seed: int) -> Splits:
    """The first two steps of a deed, and four third ones; some rows of train stand there twice, one in dev, too."""
    rng, deeds = random.Random(f"{seed}/hellaswag"), list(stock.deeds)
    rng.shuffle(deeds)
    thirds = sorted({deed.steps[2] for deed in deeds})
    found: Splits = {}
    for split, count in counts.items():
        rows: list[Row] = []
        for place in range(count - (_DUPLICATES if split == "train" else 1 if split == "dev" else 0)):
            deed, gold = deeds.pop(), place % 4
            first, second, third = deed.steps
            endings = rng.sample([one for one in thirds if one != third], 3)
            endings.insert(gold, third)
            context = inflected("{려면} 먼저 {first}. 그다음 {second}.", deed.stem, first=first, second=second)
            choices = {f"choice{number}": f"마지막으로 {one}." for number, one in enumerate(endings, start=1)}
            rows.append({"context": context, **choices, "label": gold})
        rng.shuffle(rows)
        rows += rows[:_DUPLICATES] if split == "train" else found["train"][:1] if split == "dev" else []
        found[split] = rows
    return found


def _sentineg_test(ids: Mapping[str, int], origin: Review) -> Row:
    return {
        "ID": ids.get(origin.text, len(ids) + 1),
        "Label_origin": int(origin.positive),
        "Text_origin": origin.text,
        "Label": int(not origin.positive),
        "Text": origin.negated,
        "Category_neg": origin.way,
    }


def sentineg(stock: BenchmarkStock, counts: Mapping[str, int], seed: int) -> Splits:
    """Reviews; test is of train's own sentences, each negated, but one, whose sentence train lacks."""
    rng = random.Random(f"{seed}/sentineg")
    # A sentence, or its opposite, stands in one split; of train's, test has the opposite.
    texts: dict[frozenset[str], Review] = {}
    for review in rng.sample(stock.reviews, len(stock.reviews)):
        texts.setdefault(frozenset((review.text, review.negated)), review)
    used: set[str] = set()
    apart = []
    for review in texts.values():
        if not used & {review.text, review.negated}:
            used |= {review.text, review.negated}
            apart.append(review)
    rng.shuffle(apart)
    train, dev = apart[: counts["train"]], apart[counts["train"] : counts["train"] + counts["dev"]]
    ids = {review.text: number for number, review in enumerate(train, start=1)}
    origins = [*rng.sample(train, counts["test"] - 1), apart[counts["train"] + counts["dev"]]]
    rng.shuffle(origins)
    numbered = {"train": train, "dev": dev}
    return {
        split: [
            {"ID": number, "Text": one.text, "Label": int(one.positive)} for number, one in enumerate(rows, start=1)
        ]
        for split, rows in numbered.items()
    } | {"test": [_sentineg_test(ids, origin) for origin in origins]}


def _wic_row(one: tuple[Sense, str], other: tuple[Sense, str]) -> Row:
    return {
        "Target": one[0].word,
        "SENTENCE1": one[1],
        "Dictionary 1": one[0].number,
        "SENTENCE2": other[1],
        "Dictionary 2": other[0].number,
        "ANSWER": int(one[0] == other[0]),
    }


def wic(stock: BenchmarkStock, counts: Mapping[str, int], seed: int) -> Splits:
    """Pairs of sentences of a word, half of one sense; nearly all words of test stand in train, no pair does."""
    rng = random.Random(f"{seed}/wic")
    words = sorted({sense.word for sense in stock.senses})
    unseen = set(rng.sample(words, _UNSEEN_WORDS))
    pairs: dict[bool, list[Row]] = {True: [], False: []}
    sentences = [(sense, text) for sense in stock.senses for text in sense.sentences]
    for one, other in combinations(sentences, 2):
        if one[0].word == other[0].word:
            first, second = rng.sample((one, other), 2)
            pairs[one[0] == other[0]].append(_wic_row(first, second))
    found: Splits = {}
    for rows in pairs.values():
        rng.shuffle(rows)
    for split in reversed(counts):
        rows = []
        for place in range(counts[split]):
            of = pairs[place % 2 == 0]
            rows.append(of.pop(next(n for n, row in enumerate(of) if split == "test" or row["Target"] not in unseen)))
        rng.shuffle(rows)
        found[split] = rows
    return {split: found[split] for split in counts}


TASKS: dict[str, Callable[[BenchmarkStock, Mapping[str, int], int], Splits]] = {
    "BoolQ": boolq,
    "COPA": copa,
    "HellaSwag": hellaswag,
    "SentiNeg": sentineg,
    "WiC": wic,
}


def build_benchmark(stock: BenchmarkStock, counts: Mapping[str, int], seed: int) -> dict[str, Splits]:
    """The rows of every task and split; ``counts``: how many of a split, for train, dev and test in this order."""
    return {name: build(stock, counts, seed) for name, build in TASKS.items()}
