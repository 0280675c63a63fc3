"""Held-out gold answers: how likely a model finds them, and how much of what it writes it recites from train.

Takes prompts, sums of log-probabilities as `harness.score` gives them, and answers; reads and writes nothing. A gold's
tokens are those that are learned: its stop token is among them, and the white space that ends the prompt.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import mean

from kotune.core.protocols import CLEAN
from kotune.core.storage import Json
from kotune.rows.task import unit_of

NAME = "perplexity"
RESAMPLES = 2000
DIGITS = 4


def requests(prompts: Mapping[str, Sequence[Json]]) -> list[Json]:
    """Return what a model is asked: each gold answer behind its prompt; ``prompts``: split → its usable rows."""
    return [
        {"task": NAME, "protocol": CLEAN, "shots": 0, "template": split, "item": row["id"], "context": row["prompt"],
         "continuations": [row["completion"]]}
        for split, of in prompts.items()
        for row in of
        if row["completion"]
    ]  # fmt: skip


def of_lines(lines: Iterable[Json]) -> list[Json]:
    """Return split, id, nats and tokens of each gold; ``lines``: of the requests, in any order."""
    return [
        {"split": line["template"], "id": line["item"], "nats": round(-line["sums"][0], 6), "tokens": line["tokens"][0]}
        for line in lines
    ]


def recited(runs: Sequence[Sequence[str]], golds: Collection[str]) -> Json:
    """Return the shares of different answers, and of answers that are an answer of train, both means over seeds.

    ``runs``: of each seed of an arm its answers to one split; ``golds``: the answers of train. What is empty is none.
    """
    known = {unit_of(gold) for gold in golds}
    said = [[unit_of(answer) for answer in run if answer.strip()] for run in runs]
    counts = [max(1, len(run)) for run in runs]
    return {
        "different": round(mean(len(set(of)) / count for of, count in zip(said, counts, strict=True)), DIGITS),
        "recited": round(
            mean(sum(one in known for one in of) / count for of, count in zip(said, counts, strict=True)), DIGITS
        ),
    }


def perplexity(runs: Sequence[Sequence[Json]], units: Mapping[str, str], seed: int) -> Json:
    """Return the perplexity of one split's golds, its 95 % interval by bootstrap over units, and the counts.

    ``runs``: of each seed of an arm the lines of the split; nats are averaged over seeds first. ``units``: row id →
    unit. The interval is None where there is one unit.
    """
    import numpy as np

    nats: dict[str, list[float]] = {}
    tokens: dict[str, int] = {}
    for line in (line for run in runs for line in run):
        nats.setdefault(line["id"], []).append(line["nats"])
        tokens[line["id"]] = line["tokens"]
    sums: dict[str, list[float]] = {}
    for name, of in nats.items():
        unit = sums.setdefault(units[name], [0.0, 0.0])
        unit[0] += sum(of) / len(of)
        unit[1] += tokens[name]
    table = np.array(list(sums.values()))
    value = math.exp(table[:, 0].sum() / table[:, 1].sum())
    found = {"rows": len(nats), "units": len(sums), "seeds": len(runs), "value": round(value, DIGITS)}
    if len(sums) < 2:
        return found | {"low": None, "high": None}
    draws = np.random.default_rng(seed).integers(0, len(sums), size=(RESAMPLES, len(sums)))
    drawn = table[draws].sum(axis=1)
    low, high = np.quantile(np.exp(drawn[:, 0] / drawn[:, 1]), [0.025, 0.975])
    return found | {"low": round(float(low), DIGITS), "high": round(float(high), DIGITS)}
