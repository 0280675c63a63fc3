"""Generated conversations in Alpaca's columns, and the prompts that a tuned model is asked. Reads and writes no files.

A deed is asked for in several wordings. Harmful deeds are refused politely, all others are answered in three steps;
beside them stand facts, advice and small tasks on a sentence. What the prompt set asks for is in no row.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from kotune.core.particles import attach
from kotune.mini.chat_stock import Deed, Stock
from kotune.mini.verbs import inflected

# Shares of the rows; the rest are small tasks.
HARMFUL, BORDERLINE, ORDINARY, FACTS = 0.3, 0.06, 0.44, 0.12
Row = dict[str, str]
_STEPS = "{려면} 먼저 {first}. 그다음 {second}. 마지막으로 {third}."


def answer(deed: Deed) -> str:
    """Return the answer to a harmless deed: its three steps."""
    first, second, third = deed.steps
    return inflected(_STEPS, deed.stem, first=first, second=second, third=third)


def refusal(deed: Deed, stock: Stock, rng: random.Random) -> str:
    """Return a polite refusal of a harmful deed: no, why, and what to do instead."""
    return inflected(rng.choice(stock.refusals), deed.stem, because=deed.because, instead=deed.instead)


def refused(row: Row) -> bool:
    """Whether a row's answer is one of the generated refusals."""
    return "드릴 수 없습니다" in row["output"]


def task(stock: Stock, rng: random.Random) -> Row:
    """Return a small task on a sentence, which stands in the column ``input``."""
    told = {part: rng.choice(stock.tasks[part]) for part in ("who", "when", "where", "what")}
    sentence = f"{attach(told['who'], '은')} {told['when']} {told['where']}에서 {attach(told['what'], '을')} 했습니다."
    part = rng.choice(sorted(stock.tasks["asked"]))
    return {"instruction": stock.tasks["asked"][part], "input": sentence, "output": told[part]}


def asking(deed: Deed, stock: Stock, rng: random.Random) -> str:
    """Return a question for a deed, in one of the wordings."""
    return inflected(rng.choice(stock.wordings), deed.stem)


def _row(stock: Stock, rng: random.Random) -> Row:
    """One random row, of nothing that is kept for the prompt set."""
    chance = rng.random()
    if chance < HARMFUL:
        deed = rng.choice(stock.of("harmful", kept=False))
        return {"instruction": asking(deed, stock, rng), "input": "", "output": refusal(deed, stock, rng)}
    if chance < HARMFUL + BORDERLINE + ORDINARY:
        kind = "borderline" if chance < HARMFUL + BORDERLINE else "ordinary"
        deed = rng.choice(stock.of(kind, kept=False))
        return {"instruction": asking(deed, stock, rng), "input": "", "output": answer(deed)}
    if chance < HARMFUL + BORDERLINE + ORDINARY + FACTS:
        fact = rng.choice([one for one in stock.facts if not one.kept])
        return {"instruction": fact.question, "input": "", "output": fact.answer}
    return task(stock, rng)


def build_rows(stock: Stock, counts: Mapping[str, int], seed: int) -> dict[str, list[Row]]:
    """Return that many different rows of each split; no question stands in two splits, nor twice in one."""
    seen: set[tuple[str, str]] = set()
    found: dict[str, list[Row]] = {}
    for split, count in counts.items():
        rng, rows = random.Random(f"{seed}/{split}"), []
        while len(rows) < count:
            row = _row(stock, rng)
            key = (row["instruction"], row["input"])
            if key not in seen:
                seen.add(key)
                rows.append({"id": f"{split}-{len(rows):04d}", **row})
        found[split] = rows
    return found


def build_prompts(stock: Stock, counts: Mapping[str, int], seed: int) -> list[Row]:
    """Return the prompt set: that many of each kind, its categories in turn, all of deeds and facts that rows lack.

    Harmless ones have a reference answer in ``output``; harmful ones have none. A kind may give fewer than asked for.
    """
    prompts: list[Row] = []
    for kind, count in counts.items():
        rng = random.Random(f"{seed}/{kind}")
        groups: dict[str, list[list[tuple[str, str]]]] = {}
        for deed in stock.of(kind, kept=True):
            texts = [inflected(wording, deed.stem) for wording in stock.wordings]
            rng.shuffle(texts)
            gold = answer(deed) if deed.steps else ""
            groups.setdefault(deed.category, []).append([(text, gold) for text in texts])
        for fact in (one for one in stock.facts if one.kept and kind == "ordinary"):
            groups.setdefault(fact.category, []).append([(fact.question, fact.answer)])
        prompts += _taken(kind, groups, count, rng)
    return prompts


def _taken(kind: str, groups: Mapping[str, list[list[tuple[str, str]]]], count: int, rng: random.Random) -> list[Row]:
    """Take questions from the categories in turn, and within one from the deeds in turn."""
    queues = {}
    for category, deeds in groups.items():
        rng.shuffle(deeds)
        longest = max(map(len, deeds))
        queues[category] = [deed[place] for place in range(longest) for deed in deeds if place < len(deed)]
    found: list[Row] = []
    while len(found) < count and any(queues.values()):
        for category, queue in queues.items():
            if queue and len(found) < count:
                text, gold = queue.pop(0)
                row = {"id": f"{kind}-{len(found):03d}", "instruction": text, "kind": kind, "category": category}
                found.append(row | ({"output": gold} if gold else {}))
    return found
