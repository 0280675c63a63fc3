"""Row lengths: how many tokens a study's prompts and answers have, by an assumed distribution or the user's rows.

Reads and writes nothing; `of_rows` takes texts. What a rehearsal costs depends on lengths alone, never on words.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from statistics import NormalDist, fmean, median

from kotune.core.errors import UserError
from kotune.core.storage import Json

Lengths = list[tuple[int, int]]  # (tokens of the prompt, tokens of the answer with its stop token)


def of_law(law: Json, count: int, seed: int) -> Lengths:
    """Return ``count`` rows of a law, evenly spread over its quantiles so that few rows have its mean; shuffled.

    ``law``: `prompt` {median, sigma, max}, log-normal and cut at max; `answer` {low, high}, uniform.
    """
    prompt, answer = law["prompt"], law["answer"]
    if answer["low"] > answer["high"]:
        raise UserError(f"lengths.answer: low {answer['low']} is above high {answer['high']}")
    places = [(place + 0.5) / count for place in range(count)]
    normal = NormalDist()
    prompts = [
        max(1, round(min(prompt["max"], prompt["median"] * math.e ** (prompt["sigma"] * normal.inv_cdf(p)))))
        for p in places
    ]
    answers = [round(answer["low"] + place * (answer["high"] - answer["low"])) for place in places]
    draw = random.Random(seed)
    draw.shuffle(prompts)
    draw.shuffle(answers)
    return list(zip(prompts, answers, strict=True))


def of_texts(texts: Iterable[tuple[str, str]], characters_per_token: float) -> Lengths:
    """Return the lengths of (prompt, answer) texts by an assumed rate: the true tokenizer is not downloaded yet."""

    def tokens(text: str) -> int:
        return max(1, round(len(text) / characters_per_token))

    return [(tokens(prompt), tokens(answer) + 1) for prompt, answer in texts]


def spread(lengths: Sequence[tuple[int, int]], count: int, seed: int) -> Lengths:
    """Return ``count`` of the rows, evenly spread over their sorted lengths and shuffled; all where there are fewer."""
    if not lengths:
        raise UserError("rehearsal: there is no row to take lengths from")
    ordered = sorted(lengths)
    chosen = [ordered[min(len(ordered) - 1, int((place + 0.5) / count * len(ordered)))] for place in range(count)]
    random.Random(seed).shuffle(chosen)
    return chosen


def longest_first(lengths: Lengths) -> Lengths:
    """Return the rows with the longest in front: the first pass then shows the most memory that any pass takes."""
    place = max(range(len(lengths)), key=lambda one: sum(lengths[one]))
    return [lengths[place], *lengths[:place], *lengths[place + 1 :]]


def capped(lengths: Lengths, tokens: int | None) -> Lengths:
    """Return the rows with at most ``tokens`` tokens each, prompt and answer together; the answer is kept as it can."""
    if tokens is None:
        return lengths
    cut = []
    for prompt, answer in lengths:
        answer = min(answer, max(1, tokens // 2))
        cut.append((max(1, min(prompt, tokens - answer)), answer))
    return cut


def summary(lengths: Lengths) -> Json:
    """Return what a table says of the rows: how many, and their lengths."""
    rows = [prompt + answer for prompt, answer in lengths]
    return {
        "rows": len(rows),
        "tokens": sum(rows),
        "median": median(rows),
        "mean": round(fmean(rows), 1),
        "longest": max(rows),
        "answer_mean": round(fmean(answer for _, answer in lengths), 1),
    }
