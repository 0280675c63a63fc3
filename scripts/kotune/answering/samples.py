"""Several answers to one prompt: its samples, numbered from 0 on.

Takes prompts and lines; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.prompts.encoding import Prompt


@dataclass(frozen=True)
class Sample(Prompt):
    """One of several answers that are asked of a prompt."""

    number: int = 0


def count_of(generation: Json) -> int:
    """Return how many answers a study's `generation` asks to each row; UserError for what cannot be."""
    count = generation.get("samples", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise UserError(f"generation.samples: {count!r} is not a whole number above 0")
    if count > 1 and not generation.get("do_sample"):
        raise UserError("generation.samples: greedy answers to one row are all the same; set do_sample to true")
    return count


def samples_of(prompts: Sequence[Prompt], count: int) -> list[Prompt]:
    """Return each prompt as often as it is answered, side by side; prompts as they are, where that is once."""
    if count == 1:
        return list(prompts)
    return [Sample(**asdict(prompt), number=number) for prompt in prompts for number in range(count)]


def numbered(line: Json, prompt: Prompt) -> Json:
    """Return a line with its prompt's number, where the prompt has several answers."""
    return {**line, "number": prompt.number} if isinstance(prompt, Sample) else line


def name_of(line: Json) -> tuple[str, str, int]:
    """Return what an answer's line is known by: split, id and number."""
    return line["split"], line["id"], line.get("number", 0)


def asked_by(prompt: Prompt) -> tuple[str, str, int]:
    """Return what the line of a prompt is known by (`name_of`)."""
    return prompt.split, prompt.id, getattr(prompt, "number", 0)
