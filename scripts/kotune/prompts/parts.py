"""An answer in parts: the answer, then the reasoning after it, as two turns of the assistant or as one.

Takes a family's entry of a prompt variant (config/prompts/) and the family; reads and writes nothing. A part is a
label, such as ###답:, and the row's own text after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.names import ANSWER, REASONING

if TYPE_CHECKING:
    from kotune.core.storage import Json
    from kotune.prompts.families import Family

NAMES = ("answer", "reasoning")
TURNS, TEXT = "turns", "text"  # how parts are joined
BLANK_LINE = "\n\n"


@dataclass(frozen=True)
class Learned:
    """The columns of what is learned of a row: the gold answer, and the reasoning behind it, or None."""

    gold: str = ANSWER
    reasoning: str | None = REASONING

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for column in (self.gold, self.reasoning) if column)

    def reasons(self, row: Mapping[str, str | None]) -> bool:
        """Return whether a row has a reasoning."""
        return bool(self.reasoning and (row.get(self.reasoning) or "").strip())


def learned_of(prompt: Json) -> Learned:
    """Return what a prompt's rows are learned by (``prompt["learned"]``, as the task has it)."""
    return Learned(**prompt.get("learned", {}))


def entry_of(prompt: Json, family: Family) -> tuple[Json, str]:
    """Return what a variant says for a family, and where that stands."""
    families = prompt["content"]["families"]
    where = f"config/prompts/{prompt['name']}.yaml, variants.{prompt['variant']}.families"
    if family.name not in families:
        raise UserError(f"{where}: nothing for the family '{family.name}'; it is written for {', '.join(families)}")
    return families[family.name], f"{where}.{family.name}"


def label_of(content: str, where: str) -> str:
    """Return the words before a part's variable, by which the part is known in what a model writes."""
    label, variable, _ = content.partition("{{")
    if not variable or "{%" in label or "{#" in label:
        raise UserError(f"{where}: must be a label and one variable behind it, such as '###답: {{{{ answer }}}}'")
    return label.strip()


def joined(entry: Json) -> str:
    """Return how an entry's parts are joined: turns or text."""
    return entry.get("joined", TURNS)


def check(entry: Json, where: str, family: Family) -> None:
    """Raise UserError for parts that cannot be written, or not be told apart again."""
    names = [part["name"] for part in entry["parts"]]
    if tuple(names) != NAMES[: len(names)]:
        raise UserError(f"{where}.parts: must be the answer, or the answer and then the reasoning, and not {names}")
    labels = [label_of(part["content"], f"{where}.parts[{place}].content") for place, part in enumerate(entry["parts"])]
    if len(names) > 1 and joined(entry) == TURNS and family.alternates:
        raise UserError(f"{where}: family '{family.name}' refuses two turns of the assistant; set joined to text")
    if len(names) > 1 and joined(entry) == TEXT and not labels[1]:
        raise UserError(f"{where}.parts[1].content: needs a label, by which the reasoning is found behind the answer")
    stops = entry.get("stops", family.stops)
    if entry.get("last_stop", stops[0]) not in stops:
        raise UserError(f"{where}.last_stop: '{entry['last_stop']}' ends no answer; the stops are {', '.join(stops)}")


def completion(entry: Json, family: Family, said: Sequence[str]) -> str:
    """Return what the model is to write: the parts as ``said``, and the stop token."""
    between = family.between if joined(entry) == TURNS else BLANK_LINE
    return between.join(map(family.content, said)) + entry.get("last_stop", family.stop)


def parts_of(prompt: Json, family: Family, reasoning: bool = True) -> Json | None:
    """Return what answering must know of a variant's parts, or None where its answers have none.

    ``prompt``: {"name", "variant", "content"}; ``reasoning``: whether the rows have any. Gives {"names": ["answer",
    "reasoning"], "labels": ["###답:", "###추론:"], "between": what is put between two turns, or null for one text}.
    """
    entry, where = entry_of(prompt, family)
    if "parts" not in entry:
        return None
    check(entry, where, family)
    parts = entry["parts"] if reasoning else entry["parts"][:1]
    return {
        "names": [part["name"] for part in parts],
        "labels": [label_of(part["content"], where) for part in parts],
        "between": family.between if len(parts) > 1 and joined(entry) == TURNS else None,
    }
