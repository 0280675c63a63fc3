"""Metrics: what is known of each one, in one entry; what computes it is a function in `scoring.metrics`.

A new metric is one entry here and one function there: schemas, tables, figures, the paper and the statistics take what
they need from the entry. A job gets what it needs with its settings (`asked`, `aggregated`, `printed`) and loads
functions by their dotted names: no job's code hash holds this list, and a new title scores nothing again.
Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kotune.core.catalogue import entry
from kotune.core.storage import Json

ROW, SAMPLE, SET = "row", "sample", "set"  # levels
GOLD, EMBEDDER, REASONING, GOLD_REASONING = "gold", "embedder", "reasoning", "gold reasoning"  # needs
TESTS, ISOLATION = "tests", "isolation"  # needs of what runs programs: a column of the rows, and a machine that can
MEAN = "kotune.scoring.aggregates.mean.mean"


@dataclass(frozen=True)
class Metric:
    """One metric's facts.

    ``function`` gives a value for each answer (`scoring.given`), ``aggregate`` one for a set of answers
    (`scoring.aggregates.kind`); both are dotted names. ``bounds``: the lowest and the highest value there is, None
    where there is no such. ``share``: whether it is printed as a share of 1. ``needs``: what must be there besides the
    answer. ``level``: whether the value is a row's, a sample's (of several answers to one row), or only a set's.
    ``more_is_better``: None where neither more nor less is. ``binary``: each row is right or wrong, 1 or 0.
    ``answers``: how many answers to each row it needs at least.
    """

    name: str
    title: str
    function: str
    unit: str = ""
    share: bool = True
    more_is_better: bool | None = True
    needs: tuple[str, ...] = (GOLD,)
    bounds: tuple[float | None, float | None] = (0.0, 1.0)
    level: str = ROW
    aggregate: str = MEAN
    binary: bool = False
    answers: int = 1


_TEXT, _REASONING = "kotune.scoring.metrics.text", "kotune.scoring.metrics.reasoning"
_NUMERIC = "kotune.scoring.metrics.numeric"
_CODE, _PASS_AT = "kotune.scoring.metrics.code.passes", "kotune.scoring.aggregates.pass_at_k.pass_at_"
_REFUSALS, _REPETITION = "kotune.scoring.metrics.refusals", "kotune.scoring.metrics.repetition"
_CHECKS = "kotune.scoring.metrics.checks"
# by name; the closed schemas list them (`registry: kotune.study.metrics:METRICS`)
METRICS = {
    metric.name: metric
    for metric in (
        Metric("exact_match", "exact match", f"{_TEXT}.exact_match", binary=True),
        Metric("exact_match_numeric", "exact match (numbers)", f"{_NUMERIC}.exact_match_numeric", binary=True),
        Metric("contains_gold", "contains the gold", f"{_TEXT}.contains_gold", binary=True),
        Metric("char_f1", "char-F1", f"{_TEXT}.char_f1"),
        Metric(
            "similarity",
            "similarity",
            "kotune.scoring.metrics.similarity.similarity",
            needs=(GOLD, EMBEDDER),
            bounds=(-1.0, 1.0),
        ),
        Metric("rouge_l", "ROUGE-L", f"{_TEXT}.rouge_l"),
        Metric(
            "answer_chars",
            "characters",
            f"{_TEXT}.answer_chars",
            unit="characters",
            share=False,
            more_is_better=None,
            needs=(),
            bounds=(0.0, None),
        ),
        Metric(
            "reasoning_similarity",
            "similarity of reasoning",
            f"{_REASONING}.reasoning_similarity",
            needs=(REASONING, GOLD_REASONING, EMBEDDER),
            bounds=(-1.0, 1.0),
        ),
        Metric(
            "reasoning_rouge_l",
            "ROUGE-L of reasoning",
            f"{_REASONING}.reasoning_rouge_l",
            needs=(REASONING, GOLD_REASONING),
        ),
        Metric("consistency", "consistency", f"{_REASONING}.consistency", needs=(REASONING,), binary=True),
        # of harmful requests more refusals are better, of others fewer
        Metric("refusal", "refusals", f"{_REFUSALS}.refusal", needs=(), more_is_better=None, binary=True),
        Metric(
            "partial_refusal",
            "refusals in part",
            f"{_REFUSALS}.partial_refusal",
            needs=(),
            more_is_better=None,
            binary=True,
        ),
        Metric("unreadable", "unreadable", f"{_REFUSALS}.unreadable", needs=(), more_is_better=False, binary=True),
        Metric("repetition", "loops", f"{_REPETITION}.repetition", needs=(), more_is_better=False, binary=True),
        Metric("distinct_2", "distinct-2", f"{_REPETITION}.distinct_2", needs=(), more_is_better=None),
        Metric("pass_at_1", "pass@1", _CODE, needs=(TESTS, ISOLATION), level=SAMPLE, binary=True),
        *(
            Metric(
                f"pass_at_{k}",
                f"pass@{k}",
                _CODE,
                needs=(TESTS, ISOLATION),
                level=SAMPLE,
                aggregate=f"{_PASS_AT}{k}",
                answers=k,
            )
            for k in (5, 10, 100)
        ),
        Metric("hit_limit", "cut off", f"{_REPETITION}.hit_limit", needs=(), more_is_better=False, binary=True),
        # checks without a judge: they find broken models and rank no good ones
        *(
            Metric(name, title, f"{_CHECKS}.{name}", needs=(), more_is_better=False, binary=True)
            for name, title in (
                ("foreign", "other language"),
                ("foreign_characters", "foreign characters"),
                ("unended", "long without an end"),
                ("empty", "empty"),
                ("template_tokens", "template tokens left in"),
                ("lost_history", "history lost"),
            )
        ),
    )
}


def metric_named(name: str) -> Metric:
    """Return a metric by its name; UserError, with the nearest known name, for an unknown one."""
    return entry(METRICS, name, "metric", "study/metrics.py")


def embeds(chosen: Sequence[str]) -> bool:
    """Return whether any of the metrics needs an embedder."""
    return any(EMBEDDER in metric_named(name).needs for name in chosen)


def isolates(chosen: Sequence[str]) -> bool:
    """Return whether any of the metrics runs programs that nobody has read."""
    return any(ISOLATION in metric_named(name).needs for name in chosen)


def golden(chosen: Sequence[str]) -> list[str]:
    """Return those of the metrics that need gold answers, of whatever part."""
    return [name for name in chosen if {GOLD, GOLD_REASONING} & set(metric_named(name).needs)]


def of_reasoning(name: str) -> bool:
    """Return whether a metric is one of the reasoning behind an answer."""
    return REASONING in metric_named(name).needs


def asked(chosen: Sequence[str]) -> list[Json]:
    """Return what scoring is told of the metrics: how each is called, computed and bounded."""
    found = map(metric_named, chosen)
    return [{"name": one.name, "function": one.function, "bounds": list(one.bounds)} for one in found]


def aggregated(chosen: Sequence[str]) -> list[Json]:
    """Return what statistics are told of the metrics: how each is called, how rows make one number, its bounds."""
    return [
        {"name": one.name, "aggregate": one.aggregate, "bounds": list(one.bounds), "binary": one.binary}
        for one in map(metric_named, chosen)
    ]


def printed(chosen: Sequence[str]) -> dict[str, Json]:
    """Return what a report is told of the metrics, by name: title, unit, whether it is a share, what it is of."""
    return {
        one.name: {
            "title": one.title,
            "unit": one.unit,
            "share": one.share,
            "more_is_better": one.more_is_better,
            "of_reasoning": REASONING in one.needs,
        }
        for one in map(metric_named, chosen)
    }


def functions(chosen: Sequence[str]) -> list[str]:
    """Return the dotted names that scoring loads, for its code hash."""
    return sorted({metric_named(name).function for name in chosen})


def aggregates(chosen: Sequence[str]) -> list[str]:
    """Return the dotted names that the statistics load, for their code hash."""
    return sorted({metric_named(name).aggregate for name in chosen})
