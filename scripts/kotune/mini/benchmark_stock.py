"""What the generated benchmark is made of. Reads resources/mini/benchmark/patterns.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kotune.core.names import ROOT
from kotune.mini.chat_stock import Deed, load_stock

PATTERNS = ROOT / "resources" / "mini" / "benchmark" / "patterns.yaml"


@dataclass(frozen=True)
class Cause:
    """A cause and its effect, and two sentences that are neither."""

    cause: str
    effect: str
    no_effect: str
    no_cause: str


@dataclass(frozen=True)
class Review:
    """One sentence of a review, and the same negated in way 1, 2 or 3. ``positive``: the sentence is."""

    text: str
    negated: str
    positive: bool
    way: int


@dataclass(frozen=True)
class Sense:
    """One sense of a word: its number in the invented dictionary, its sentences, the word in brackets."""

    word: str
    number: int
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class BenchmarkStock:
    """Causes, reviews and senses; what BoolQ's paragraphs are made of; deeds with their steps."""

    causes: tuple[Cause, ...]
    reviews: tuple[Review, ...]
    senses: tuple[Sense, ...]
    remarks: tuple[str, ...]
    tasks: Mapping[str, Any]
    deeds: tuple[Deed, ...]


def reviews(raw: Mapping[str, Any]) -> tuple[Review, ...]:
    """Every sentence, positive and negative, with its opposite."""
    found = []
    for of in raw["reviews"]:
        for subject in of["subjects"]:
            for adverb in raw["adverbs"]:
                for way, negative in of["negative"].items():
                    good, bad = (f"{subject} {adverb}{said}" for said in (of["positive"], negative))
                    found += [Review(good, bad, True, way), Review(bad, good, False, way)]
    return tuple(found)


def load_benchmark_stock(path: Path = PATTERNS) -> BenchmarkStock:
    """Read the patterns; sentences of deeds and of tasks come from the conversations' stock."""
    from kotune.core.catalogue import read_yaml

    raw, chats = read_yaml(path), load_stock()
    return BenchmarkStock(
        causes=tuple(Cause(*texts) for texts in raw["causes"]),
        reviews=reviews(raw),
        senses=tuple(
            Sense(word, number, tuple(sentences))
            for word, of in raw["words"].items()
            for number, sentences in enumerate(of, start=1)
        ),
        remarks=tuple(raw["remarks"]),
        tasks=chats.tasks,
        deeds=tuple(deed for deed in chats.deeds if deed.steps),
    )
