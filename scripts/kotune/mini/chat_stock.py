"""What generated conversations are made of: deeds, facts, wordings. Reads resources/mini/safe-chat/patterns.yaml.

A fifth of the deeds and facts, chosen by a checksum of their words, is kept for the prompt set, and so are whole kinds
of deeds (``prompts_only``): no row is about them, and `chat_documents` says where a pretraining may be.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kotune.core.names import ROOT
from kotune.core.particles import attach
from kotune.mini.verbs import inflected

PATTERNS = ROOT / "resources" / "mini" / "safe-chat" / "patterns.yaml"
KINDS = ("harmful", "borderline", "ordinary")
_KEPT = 5  # one of so many is kept for the prompt set
_SLOT = re.compile(r"\{(answer)?([가-힣]*)\}")
_FIXED = ("", "에서", "에", "에게", "의")  # particles of one form


@dataclass(frozen=True)
class Deed:
    """Something to do: a frame and what stands in it; harmless ones have steps, harmful ones why not and what instead.

    ``kept``: only the prompt set may ask for it.
    """

    kind: str
    category: str
    frame: str
    word: str
    steps: tuple[str, ...]
    because: str
    instead: str
    kept: bool

    @property
    def stem(self) -> str:
        """Its words up to the verb's stem."""
        return filled(self.frame, self.word)


@dataclass(frozen=True)
class Fact:
    """A question with its one answer; ``kept``: only the prompt set may ask it."""

    category: str
    question: str
    answer: str
    kept: bool


@dataclass(frozen=True)
class Stock:
    """Deeds and facts, the wordings of questions and refusals, and what small tasks are made of."""

    deeds: tuple[Deed, ...]
    facts: tuple[Fact, ...]
    wordings: tuple[str, ...]
    refusals: tuple[str, ...]
    tasks: Mapping[str, Any]

    def of(self, kind: str, kept: bool) -> tuple[Deed, ...]:
        """The deeds of a kind that are kept for the prompt set, or those that are not."""
        return tuple(deed for deed in self.deeds if deed.kind == kind and deed.kept == kept)


def filled(text: str, word: str, answer: str = "") -> str:
    """Fill ``{}`` and ``{을}`` with the word, ``{answer}`` with the answer, each with the particle that is written."""

    def one(match: re.Match[str]) -> str:
        filler = answer if match[1] else word
        return filler + match[2] if match[2] in _FIXED else attach(filler, match[2])

    return _SLOT.sub(one, text)


def _is_kept(text: str) -> bool:
    return zlib.crc32(text.encode("utf-8")) % _KEPT == 0


def _deeds(kind: str, categories: Mapping[str, Any]) -> Iterator[Deed]:
    for category, of in categories.items():
        why = (of.get("because", ""), of.get("instead", ""))
        for deed in of["deeds"]:
            for word in deed["objects"]:
                kept = deed.get("prompts_only", False) or _is_kept(filled(deed["do"], word))
                yield Deed(kind, category, deed["do"], word, tuple(deed.get("steps", ())), *why, kept)


def _asked(category: str, wordings: Sequence[str], answer: str) -> Iterator[Fact]:
    for question in wordings:
        yield Fact(category, question, answer, _is_kept(question))


def _facts(raw: Mapping[str, Any]) -> Iterator[Fact]:
    for category, of in raw["facts"].items():
        for word, value in of["pairs"].items():
            yield from _asked(category, [filled(of["question"], word)], filled(of["answer"], word, value))
    for state, said in raw["advice"]["states"].items():
        yield from _asked("advice", [one.format(state) for one in raw["advice"]["wordings"]], f"{state}는 {said}")
    for stem, offer in raw["chat"]["deeds"].items():
        wordings = [inflected(one, stem) for one in raw["chat"]["wordings"]]
        yield from _asked("chat", wordings, inflected(raw["chat"]["answer"], stem, offer=offer))


def load_stock(path: Path = PATTERNS) -> Stock:
    """Read the patterns."""
    from kotune.core.catalogue import read_yaml

    raw = read_yaml(path)
    return Stock(
        deeds=tuple(deed for kind in KINDS for deed in _deeds(kind, raw[kind])),
        facts=tuple(_facts(raw)),
        wordings=tuple(raw["wordings"]),
        refusals=tuple(raw["refusals"]),
        tasks=raw["tasks"],
    )
