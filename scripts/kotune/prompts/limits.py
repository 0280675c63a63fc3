"""Which gold answers need more new tokens than an answer may have: such an answer, however right, would be cut off.

Takes a family's entry of a prompt variant (config/prompts/), completions and their tokens; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kotune.core.storage import Json
from kotune.prompts import parts
from kotune.prompts.families import Family

Count = Callable[[str], int]  # how many tokens a text has, nothing added


@dataclass(frozen=True)
class Limits:
    """How many new tokens an answer may have, and the reasoning behind it; None where none is answered."""

    answer: int
    reasoning: int | None = None

    @classmethod
    def of(cls, given: Json) -> Limits:
        """Return those of a job's settings, ``{"answer", "reasoning"}``."""
        return cls(given["answer"], given.get("reasoning"))

    @property
    def told(self) -> str:
        """The limits in words."""
        return f"{self.answer:,}" + (f" and, for reasons, {self.reasoning:,}" if self.reasoning else "")


def beyond(limits: Limits, answer: int, reasoning: int = 0, one_text: bool = False) -> bool:
    """Return whether an answer of so many tokens, or the reasoning behind it, would be cut off.

    Each with the token that ends it. ``one_text``: both are made in one go, and share their limits.
    """
    if one_text:
        return answer + reasoning > limits.answer + (limits.reasoning or 0)
    return answer > limits.answer or (limits.reasoning is not None and reasoning > limits.reasoning)


def rows_beyond(
    limits: Limits,
    entry: Json,
    family: Family,
    completions: Sequence[tuple[str, int]],
    alone: Sequence[str | None],
    count: Count,
) -> int:
    """Return how many rows have a gold answer beyond the limits.

    ``completions``: text and tokens of each row's completion, empty for a row without an answer. ``alone``: the
    completion without the reasoning, None where there is none behind the answer.
    """
    joined = parts.joined(entry)
    in_parts = len(entry.get("parts", ())) > 1 and limits.reasoning is not None
    between = count(family.between) if in_parts and joined == parts.TURNS else 0
    found = 0
    for (text, tokens), bare in zip(completions, alone, strict=True):
        if not text:
            continue
        if not in_parts or bare is None or joined == parts.TEXT:
            found += beyond(limits, tokens, one_text=in_parts and joined == parts.TEXT)
            continue
        first = count(bare)  # the last stop token ends both
        found += beyond(limits, first, tokens - (first - 1) - between)
    return found


def told(counts: Mapping[str, Json], limits: Limits, label: str) -> str | None:
    """Return the warning for a model's prompts, None where every gold answer fits. ``counts``: of each split."""
    cut = {split: of_split["beyond_limit"] for split, of_split in counts.items() if of_split.get("beyond_limit")}
    if not cut:
        return None
    rows = ", ".join(f"{count:,} of {split}" for split, count in cut.items())
    return (
        f"warning: prompts of {label}: gold answers of {rows} need more than the {limits.told} new tokens that an "
        "answer may have, and would be cut off; raise generation.max_new_tokens of the study"
        + (" or its reasoning_tokens" if limits.reasoning else "")
    )
