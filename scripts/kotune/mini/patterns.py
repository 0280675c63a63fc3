"""The hand-written sentence patterns of the news. Reads ``patterns/*.yaml`` and checks them; writes nothing.

A pattern is one fact in two or three wordings with two to four questions. Its slots are ``{kind}``, with a second
value of a kind as ``{kind2}`` and the particle that follows behind a colon, in the form used after a consonant:
``{company:은}``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kotune.core.errors import UserError
from kotune.core.particles import attach, choose
from kotune.mini.values import KINDS, sample

_SLOT = re.compile(r"\{([a-z_]+?)([2-9]?)(?::([가-힣]+))?\}")
_BARE_PARTICLE = re.compile(r"\{([a-z_]+?)[2-9]?\}(은|는|이|가|을|를|과|와|으로|로)(?=[\s.,?!]|$)")
_TYPED = dict(zip("은는이가을를과와", "은은이이을을과과", strict=True)) | {"으로": "으로", "로": "으로"}


class PatternError(UserError):
    """A fault in a pattern file: names the file, the pattern and what is wrong with it."""


@dataclass(frozen=True)
class Slot:
    """A place for a value: ``{company2:은}`` has the name ``company2``, the kind ``company`` and the particle 은."""

    name: str
    kind: str
    particle: str | None


@dataclass(frozen=True)
class Template:
    """Text with slots, already cut into its parts."""

    source: str
    parts: tuple[str | Slot, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(part for part in self.parts if isinstance(part, Slot))

    def fill(self, filled: Mapping[str, str]) -> str:
        """The text with every slot replaced by its value and the fitting particle."""
        return "".join(
            part
            if isinstance(part, str)
            else attach(filled[part.name], part.particle)
            if part.particle
            else filled[part.name]
            for part in self.parts
        )


@dataclass(frozen=True)
class Question:
    """One question in several wordings, and the words of the sentence that answer it."""

    wordings: tuple[Template, ...]
    answer: Template


@dataclass(frozen=True)
class Pattern:
    """One fact: its wordings and its questions. ``unseen`` patterns are kept for the test-unseen split."""

    id: str
    unseen: bool
    texts: tuple[Template, ...]
    questions: tuple[Question, ...]

    @property
    def slots(self) -> dict[str, str]:
        """Slot name → kind, of all its texts."""
        return {slot.name: slot.kind for text in self.texts for slot in text.slots}


@dataclass(frozen=True)
class Topic:
    """A pattern file: the topic's own word lists, its patterns and its distractors."""

    name: str
    slug: str
    lists: Mapping[str, tuple[str, ...]]
    patterns: tuple[Pattern, ...]
    distractors: tuple[Template, ...]

    def chosen(self, unseen: bool) -> tuple[Pattern, ...]:
        """The patterns of one side: those for pretraining, train, valid and test, or those for test-unseen."""
        return tuple(pattern for pattern in self.patterns if pattern.unseen == unseen)


def _fits_always(kind: str, typed: str, lists: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a particle typed behind a slot is right for every value of its kind, as 로 is behind a percentage."""
    rng = random.Random(kind)
    words = lists[kind] if kind in lists else [sample(kind, rng) for _ in range(200)] if kind in KINDS else []
    return all(choose(word, _TYPED[typed]) == typed for word in words)


def parse_template(source: str, lists: Mapping[str, tuple[str, ...]]) -> Template:
    """Cut a text with slots into parts.

    Raises ValueError with the fault: an unknown kind, an unknown or wrongly typed particle, a stray brace.
    """
    for kind, typed in _BARE_PARTICLE.findall(source):
        if not _fits_always(kind, typed, lists):
            raise ValueError(
                f"particle {typed!r} typed directly behind {{{kind}}}: write {{{kind}:은}}, and the form is chosen"
            )
    parts: list[str | Slot] = []
    position = 0
    for match in _SLOT.finditer(source):
        kind, number, particle = match[1], match[2], match[3]
        if kind not in lists and kind not in KINDS:
            raise ValueError(f"unknown slot {{{kind}}}: neither a kind of values.py nor one of the file's lists")
        if particle:
            choose("가", particle)  # raises for an unknown particle
        parts += [source[position : match.start()], Slot(kind + number, kind, particle)]
        position = match.end()
    parts.append(source[position:])
    template = Template(source, tuple(part for part in parts if part != ""))
    if stray := [part for part in template.parts if isinstance(part, str) and ("{" in part or "}" in part)]:
        raise ValueError(f"brace that belongs to no slot in {stray[0]!r}")
    return template


def _parse_pattern(raw: Mapping[str, Any], lists: Mapping[str, tuple[str, ...]]) -> Pattern:
    """Build and check one pattern. Raises ValueError with the fault."""
    if unknown := set(raw) - {"id", "text", "questions", "unseen"}:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    texts = tuple(parse_template(text, lists) for text in raw["text"])
    if len(texts) < 2:
        raise ValueError("needs at least two wordings under 'text'")
    names = [sorted({slot.name for slot in text.slots}) for text in texts]
    if any(other != names[0] for other in names):
        raise ValueError(f"the wordings use different slots: {names}")
    questions = []
    for entry in raw["questions"]:
        answer = parse_template(entry["a"], lists)
        if any(slot.particle for slot in answer.slots):
            raise ValueError(f"answer {answer.source!r} carries a particle")
        bare_texts = [re.sub(r":[가-힣]+\}", "}", text.source) for text in texts]
        if missing := [text for text in bare_texts if answer.source not in text]:
            raise ValueError(f"answer {answer.source!r} does not stand in the wording {missing[0]!r}")
        wordings = tuple(parse_template(question, lists) for question in entry["q"])
        for wording in wordings:
            if foreign := {slot.name for slot in wording.slots} - set(names[0]):
                raise ValueError(
                    f"question {wording.source!r} uses {sorted(foreign)[0]!r}, which the text does not have"
                )
        if not wordings:
            raise ValueError(f"no wording of the question for {answer.source!r}")
        questions.append(Question(wordings, answer))
    if not 2 <= len(questions) <= 4:
        raise ValueError(f"has {len(questions)} questions; 2 to 4 are asked for")
    return Pattern(raw["id"], bool(raw.get("unseen", False)), texts, tuple(questions))


def load_topic(path: Path) -> Topic:
    """Read and check one pattern file. Raises PatternError naming the file, the pattern and the fault."""
    from kotune.core.catalogue import read_yaml
    from kotune.core.errors import UserError

    try:
        raw = read_yaml(path)
    except UserError as error:
        raise PatternError(f"{path}: cannot be read as UTF-8 YAML: {error}") from error
    if not isinstance(raw, dict) or (absent := {"topic", "lists", "patterns", "distractors"} - set(raw)):
        raise PatternError(f"{path}: needs the keys topic, lists, patterns, distractors; missing: {sorted(absent)}")
    lists = {name: tuple(dict.fromkeys(words)) for name, words in (raw["lists"] or {}).items()}
    if clash := set(lists) & KINDS:
        raise PatternError(f"{path}: the list name {sorted(clash)[0]!r} is a kind of its own; choose another name")
    patterns = []
    for entry in raw["patterns"]:
        try:
            patterns.append(_parse_pattern(entry, lists))
        except KeyError as error:
            raise PatternError(f"{path}: pattern {entry.get('id', '?')}: missing key {error}") from error
        except (ValueError, TypeError) as error:
            raise PatternError(f"{path}: pattern {entry.get('id', '?')}: {error}") from error
    try:
        distractors = tuple(parse_template(text, lists) for text in raw["distractors"])
    except ValueError as error:
        raise PatternError(f"{path}: distractors: {error}") from error
    return Topic(raw["topic"], path.stem, lists, tuple(patterns), distractors)


def load_topics(folder: Path) -> tuple[Topic, ...]:
    """Read every pattern file of a folder, in the order of their names. Raises PatternError as ``load_topic`` does."""
    topics = tuple(load_topic(path) for path in sorted(folder.glob("*.yaml")))
    if not topics:
        raise PatternError(f"{folder}: holds no pattern file (*.yaml)")
    seen: dict[str, str] = {}
    for topic in topics:
        for pattern in topic.patterns:
            if pattern.id in seen:
                raise PatternError(
                    f"{folder}/{topic.slug}.yaml: pattern {pattern.id}: id also used in {seen[pattern.id]}.yaml"
                )
            seen[pattern.id] = topic.slug
    return topics
