"""Families: the chat formats of models. Turns in, text with control tokens out.

Reads config/families.yaml, or one family's data as a rule hands it over; writes nothing. The formats follow the chat
templates that the models ship with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kotune.core.errors import UserError, nearest

ASSISTANT, SYSTEM, USER = "assistant", "system", "user"


def asked_of_tokenizer(family: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model's tokenizer is loaded with: an entry of config/families.yaml, under the loader's names."""
    return {"required_tokens": family["required_tokens"], "pad": family["pad"], "stop": family["stops"]}


@dataclass(frozen=True)
class Turn:
    """The text around one role's content."""

    header: str
    trailer: str


@dataclass(frozen=True)
class Family:
    """The chat format of one family of models; the keys of config/families.yaml."""

    name: str
    bos: str | None
    pad: str
    stop: str
    stops: tuple[str, ...]
    required_tokens: tuple[str, ...]
    system: str
    alternates: bool
    trim: bool
    turns: Mapping[str, Turn]
    default_system: str | None = None
    answer_header: str | None = None

    def content(self, text: str) -> str:
        """Return a turn's content as the family's template takes it: some cut the white space around it."""
        return text.strip() if self.trim else text

    def prompt(self, turns: Sequence[tuple[str, str]]) -> str:
        """Return the text of ``turns`` (role, content), up to where the assistant starts to write."""
        self.check_roles([role for role, _ in turns])
        said = [(role, self.content(content)) for role, content in turns]
        if said[0][0] != SYSTEM and self.default_system is not None:
            said = [(SYSTEM, self.default_system), *said]
        if said[0][0] == SYSTEM and self.system == "folded":
            said = [(USER, f"{turns[0][1]}\n\n{said[1][1]}"), *said[2:]]  # only the user's own text is trimmed
        parts = [self.bos or ""]
        for role, content in said:
            parts += [self.turns[role].header, content, self.turns[role].trailer]
        return "".join([*parts, self.opening])

    @property
    def opening(self) -> str:
        """What opens an answer that is asked for."""
        return self.turns[ASSISTANT].header if self.answer_header is None else self.answer_header

    @property
    def between(self) -> str:
        """What stands between two turns of the assistant: the end of one, and what opens the next."""
        return self.turns[ASSISTANT].trailer + self.opening

    def completion(self, answer: str) -> str:
        """Return what the model is to write: the answer and the stop token."""
        return self.content(answer) + self.stop

    def check_roles(self, roles: Sequence[str]) -> None:
        """Raise UserError for turns that the family's own template refuses."""
        for role in roles:
            if role not in (SYSTEM, USER, ASSISTANT):
                raise UserError(f"family '{self.name}': unknown role '{role}'{nearest(role, self.turns)}")
        if SYSTEM in roles and self.system == "refused":
            raise UserError(f"family '{self.name}' refuses a system turn; put its text into the first user turn")
        if SYSTEM in roles[1:]:
            raise UserError(f"family '{self.name}': the system turn must come first, and there can be only one")
        spoken = [role for role in roles if role != SYSTEM]
        if not spoken or spoken[-1] != USER:
            raise UserError(f"family '{self.name}': the last turn must be the user's; the answer follows it")
        expected = [(USER, ASSISTANT)[place % 2] for place in range(len(spoken))]
        if self.alternates and spoken != expected:
            raise UserError(f"family '{self.name}': user and assistant must take turns, beginning with the user")


def family_from(name: str, data: Mapping[str, Any]) -> Family:
    """Return a family from its data in config/families.yaml; UserError where its parts contradict one another."""
    where = f"config/families.yaml, family '{name}'"
    try:
        family = Family(
            name=name,
            bos=data["bos"],
            pad=data["pad"],
            stop=data["stop"],
            stops=tuple(data["stops"]),
            required_tokens=tuple(data["required_tokens"]),
            system=data["system"],
            alternates=data["alternates"],
            trim=data["trim"],
            turns={role: Turn(turn["header"], turn["trailer"]) for role, turn in data["turns"].items()},
            default_system=data.get("default_system"),
            answer_header=data.get("answer_header"),
        )
    except KeyError as error:
        raise UserError(f"{where}: the key {error} is missing") from error
    needed = (USER, ASSISTANT) if family.system in ("refused", "folded") else (SYSTEM, USER, ASSISTANT)
    for role in needed:
        if role not in family.turns:
            raise UserError(f"{where}: turns has no '{role}'")
    if family.default_system is not None and family.system != "accepted":
        raise UserError(f"{where}: default_system needs a family that accepts a system turn")
    if family.pad == family.stop:
        raise UserError(f"{where}: pad and stop are both '{family.stop}'; the stop token would never be learned")
    if family.stop not in family.stops:
        raise UserError(f"{where}: stops lacks the stop token '{family.stop}'; generation would run on")
    if not family.turns[ASSISTANT].trailer.startswith(family.stop):
        raise UserError(f"{where}: the assistant's trailer must start with the stop token '{family.stop}'")
    for token in filter(None, (family.bos, family.pad, *family.stops)):
        if token not in family.required_tokens:
            raise UserError(f"{where}: required_tokens lacks '{token}'")
    return family
