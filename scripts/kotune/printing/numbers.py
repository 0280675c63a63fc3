"""Numbers: what a text or a table quotes, under one key each, with the records that it comes from.

``numbers.json`` maps a key such as ``econ-qa.qlora.tiny-gemma2.test.char_f1`` to ``{"value", "text", "low", "high",
"interval", "n", "articles", "records"}``; ``costs.json`` has the same form and holds what differs from run to run
(seconds, tokens per second, memory). This module makes single entries, formats them and looks them up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kotune.core.errors import UserError, nearest
from kotune.core.names import OWN
from kotune.core.storage import Json, read_json


def fixed(value: float, digits: int, sign: bool = False) -> str:
    """Return a number with a fixed count of digits, thousands apart by commas: ``12,345`` or ``0.873``.

    Never ``-0.000``. ``sign`` adds a plus to what is above zero, for differences.
    """
    text = f"{value:,.{digits}f}"
    if not any(digit in text for digit in "123456789"):
        return text.lstrip("-")
    return f"+{text}" if sign and value > 0 else text


def p_text(p: float) -> str:
    """Return a p value as it is printed: three digits, or ``<0.001``."""
    return "<0.001" if p < 0.001 else fixed(p, 3)


def number(
    value: float,
    digits: int,
    records: Iterable[str],
    bounds: tuple[float, float] | None = None,
    sign: bool = False,
    text: str | None = None,
    **facts: int | str | None,
) -> Json:
    """Return one entry. ``bounds`` are the ends of its interval; ``facts`` such as n and articles are kept as they are.

    ``no_spread``, a fact: in how many units no spread was seen, which is said instead of an interval without width.

    Raises UserError for a value that is not finite: a number that cannot be computed is never printed.
    """
    records = sorted(set(records))
    for part in (value, *(bounds or ())):
        if not math.isfinite(part):
            raise UserError(f"{', '.join(records)}: gives {part}, which is not a number that can be printed")
    entry: Json = {"value": value, "text": text if text is not None else fixed(value, digits, sign)}
    if bounds is not None:
        low, high = bounds
        entry |= {
            "low": low,
            "high": high,
            "low_text": fixed(low, digits, sign),
            "high_text": fixed(high, digits, sign),
        }
        entry["interval"] = f"[{entry['low_text']}, {entry['high_text']}]"
        if facts.get("no_spread") is not None:
            entry["interval"] = f"[no spread seen in {facts['no_spread']}]"
    return entry | {key: fact for key, fact in facts.items() if fact is not None} | {"records": records}


def count(value: int, records: Iterable[str], **facts: int | str | None) -> Json:
    """Return an entry for something counted."""
    return number(value, 0, records, **facts)


def merged(parts: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """Return all parts as one mapping; two numbers under one key would be a fault of ours."""
    everything: dict[str, Json] = {}
    for part in parts:
        twice = everything.keys() & part.keys()
        if twice:
            raise ValueError(f"two numbers are called '{sorted(twice)[0]}'")
        everything |= part
    return everything


@dataclass(frozen=True)
class Numbers:
    """Look numbers up by key; a missing one is named, with the nearest that there is."""

    entries: Mapping[str, Json]
    where: str

    def __getitem__(self, key: str) -> Json:
        if key not in self.entries:
            hint = nearest(key, self.entries) if len(self.entries) < 20 else nearest(key, _alike(key, self.entries))
            raise UserError(f"{self.where}: there is no number '{key}'{hint}; make it again with gather_numbers")
        return self.entries[key]

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def value(self, key: str) -> float:
        """Return the bare value of a number."""
        return self[key]["value"]


def _alike(key: str, keys: Iterable[str]) -> list[str]:
    """Return the keys with the most parts in common: close enough to search in, few enough to print."""
    parts = set(key.split("."))
    return sorted(keys, key=lambda other: (-len(parts & set(other.split("."))), other))[:8]


def read_numbers(*paths: str | Path) -> Numbers:
    """Read numbers.json, and costs.json where it is given, as one."""
    return Numbers(merged(read_json(path) for path in paths), ", ".join(str(path) for path in paths))


# keys: one function for each form, so that whoever writes a number and whoever reads it agree


def mean_key(study: str, model: str, arm: str, split: str, metric: str) -> str:
    """The key of a mean score; an ensemble is the model ``ensemble`` under its method as arm."""
    return f"{study}.{arm}.{model}.{split}.{metric}"


def difference_key(study: str, a: tuple[str, str], b: tuple[str, str], split: str, metric: str) -> str:
    """The key of a difference b - a of two (model, arm); its p value has the same key with ``.p`` behind it."""
    return f"{study}.{b[1]}.{b[0]}.minus.{a[1]}.{a[0]}.{split}.{metric}"


def answered_key(study: str, model: str, arm: str, split: str) -> str:
    """The start of the keys of how many rows a contender was asked on a split, and how its answers ended."""
    return f"{study}.answered.{arm}.{model}.{split}"


def compared_key(study: str, split: str) -> str:
    """The key of how many rows of a split are compared."""
    return f"{study}.compared.{split}"


def gap_key(study: str, what: str, model: str, arm: str) -> str:
    """The key of a fall from split to split: ``what`` is score or gain; its p values end in ``.p``, ``.p_holm``."""
    return f"{study}.gap.{what}.{arm}.{model}"


def content_key(study: str, model: str, arm: str, split: str, group: str) -> str:
    """The start of the keys of what a gain in exact match is made of; ``group``: of which rows."""
    return f"{study}.content.{arm}.{model}.{split}.{group}"


def flips_key(study: str, evaluation: str, model: str, arm: str, group: str) -> str:
    """The start of the keys of rows that tuning broke and mended; ``group``: a split, or a group of rows."""
    return f"{study}.flips.{evaluation}.{arm}.{model}.{group}"


def outcomes_key(study: str, model: str, arm: str, split: str, evaluation: str = OWN) -> str:
    """Return how the keys of the outcomes of an arm's programs begin; the outcome stands behind a dot."""
    return f"{study}.outcomes.{arm}.{model}.{split if evaluation == OWN else f'{evaluation}.{split}'}"


def prompt_key(study: str, model: str, rowset: str, prompt: str, split: str) -> str:
    """The start of the keys of a split's prompts."""
    return f"{study}.prompts.{model}.{rowset}.{prompt}.{split}"


def treatment_key(study: str, what: str, model: str, arm: str, seed: int) -> str:
    """The start of the keys of one training or one set of answers: ``what`` is training, answers, cleanup or cost."""
    return f"{study}.{what}.{arm}.{model}.seed{seed}"
