"""Lines of an answer file: what is kept of the tokens that a model made, as one text or in parts.

Takes tokens and a tokenizer; reads and writes nothing. An answer in parts (see `prompts.parts`) has a label, which is
removed, and a reasoning after it: in the same text, or in a second turn that the model is made to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kotune.answering.samples import asked_by, name_of, numbered
from kotune.core.errors import UserError, nearest
from kotune.core.names import NOT_ASKED
from kotune.core.storage import Json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from kotune.prompts.encoding import Prompt

ANSWER, REASONING = "answer", "reasoning"
TOKENS = "tokens"  # what a line that is not yet whole holds besides: the answer's tokens, to go on from
Reader = Callable[["Prompt", Sequence[int], bool, "PreTrainedTokenizerBase", Json], Json]


def clean(text: str, cleanup: Json) -> tuple[str, str | None]:
    """Return an answer cut at the first of ``cleanup["cut_at"]`` (strings), and the mark that cut it.

    White space around an answer goes in any case: a mark that takes nothing else has not cut it.
    """
    for key in cleanup:
        if key != "cut_at":
            raise UserError(f"generation.cleanup: unknown key '{key}'{nearest(key, ['cut_at'])}")
    found = [(text.find(mark), mark) for mark in cleanup.get("cut_at", ()) if mark in text]
    place, mark = min(found, key=lambda one: one[0], default=(len(text), None))
    answer = text[:place].strip()
    return answer, mark if answer != text.strip() else None


def line_of(
    prompt: Prompt, tokens: Sequence[int], stopped: bool, tokenizer: PreTrainedTokenizerBase, cleanup: Json
) -> Json:
    """Return one line of the answer file for the new tokens of a prompt; where ``stopped``, the last one ended them.

    `raw` is what was generated before the stop token, other special tokens visible; `answer` is without them, cut and
    stripped; `new_tokens` counts the stop token; `cut` is the mark that cut the answer, or null.
    """
    text = tokens[:-1] if stopped else tokens
    answer, cut = clean(tokenizer.decode(text, skip_special_tokens=True), cleanup)
    return {
        "id": prompt.id,
        "split": prompt.split,
        "answer": answer,
        "raw": tokenizer.decode(text, skip_special_tokens=False),
        "finish_reason": "stop" if stopped else "length",
        "new_tokens": len(tokens),
        "cut": cut,
    }


def unlabelled(text: str, label: str) -> str:
    """Return a part without its label, where it begins with that."""
    begun = text.lstrip()
    return begun[len(label) :].lstrip() if label and begun.startswith(label) else text


def _positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


@dataclass(frozen=True)
class Parts:
    """The parts of each answer, as `generation.parts` says (`prompts.parts.parts_of`); ``between`` None: one text."""

    names: tuple[str, ...]
    labels: tuple[str, ...]
    between: str | None
    reasoning_tokens: int

    @classmethod
    def of(cls, generation: Json) -> Parts | None:
        """Return those of a study's `generation`, or None where it asks for none."""
        asked = generation.get("parts")
        if asked is None:
            return None
        known = ("names", "labels", "between")
        for key in [*asked, *known]:
            if key not in known or key not in asked:
                raise UserError(f"generation.parts: must hold {', '.join(known)}; look at '{key}'{nearest(key, known)}")
        if tuple(asked["names"]) not in ((ANSWER,), (ANSWER, REASONING)) or len(asked["labels"]) != len(asked["names"]):
            raise UserError("generation.parts: must name the answer, or answer and reasoning, with a label for each")
        tokens, reasons = generation.get("reasoning_tokens"), len(asked["names"]) > 1
        if reasons and not _positive(tokens):
            raise UserError(f"generation.reasoning_tokens: {tokens!r} is not a whole number above 0")
        return cls(tuple(asked["names"]), tuple(asked["labels"]), asked["between"], tokens if reasons else 0)

    @property
    def turns(self) -> bool:
        """Whether the reasoning is a turn of its own, made in a second pass."""
        return len(self.names) > 1 and self.between is not None

    def first_limit(self, max_new_tokens: int) -> int:
        """Return how many tokens the first pass may make: all, where both parts are one text."""
        return max_new_tokens + (0 if self.turns else self.reasoning_tokens)

    def first(
        self, prompt: Prompt, tokens: Sequence[int], stopped: bool, tokenizer: PreTrainedTokenizerBase, cleanup: Json
    ) -> Json:
        """Return the line of the first pass; where a second follows, with the tokens that it goes on from."""
        line = line_of(prompt, tokens, stopped, tokenizer, {})
        text = tokenizer.decode(tokens[:-1] if stopped else tokens, skip_special_tokens=True)
        reasoned = {}
        if len(self.names) > 1 and not self.turns:
            text, reasoning = _halves(text, self.labels[1])
            line["raw"], raw_reasoning = _halves(line["raw"], self.labels[1])
            reasoned = {
                "reasoning": unlabelled(reasoning, self.labels[1]).strip(),
                "raw_reasoning": raw_reasoning,
                # where the label was never written, there is no reasoning that could have ended
                "reasoning_finish_reason": line["finish_reason"] if raw_reasoning else "missing",
            }
            line["finish_reason"] = "stop" if raw_reasoning else line["finish_reason"]
        line["answer"], line["cut"] = clean(unlabelled(text, self.labels[0]), cleanup)
        kept = {TOKENS: list(tokens[:-1] if stopped else tokens)} if self.turns else {}
        return {**line, **reasoned, **kept}

    def second(
        self, prompt: Prompt, tokens: Sequence[int], stopped: bool, tokenizer: PreTrainedTokenizerBase, _: Json
    ) -> Json:
        """Return the line of the second pass: what it adds to that of the first."""
        made = line_of(prompt, tokens, stopped, tokenizer, {})
        return {
            "id": prompt.id,
            "split": prompt.split,
            "reasoning": unlabelled(made["answer"], self.labels[1]).strip(),
            "raw_reasoning": made["raw"],
            "reasoning_finish_reason": made["finish_reason"],
            "new_tokens": made["new_tokens"],
        }

    def continued(
        self, prompts: Iterable[Prompt], lines: Iterable[Json], tokenizer: PreTrainedTokenizerBase
    ) -> list[Prompt]:
        """Return the prompts of the second pass: each prompt, its answer, and what stands between two turns."""
        between = tokenizer(self.between, add_special_tokens=False)["input_ids"]
        made = {name_of(line): line[TOKENS] for line in lines if TOKENS in line}
        return [
            replace(prompt, tokens=(*prompt.tokens, *made[asked_by(prompt)], *between))
            for prompt in prompts
            if not prompt.excluded
        ]


def _halves(text: str, label: str) -> tuple[str, str]:
    """Return a text before a label, and from the label on; all of it and nothing where it has none."""
    place = text.find(label)
    return (text, "") if place < 0 else (text[:place], text[place:])


def is_second(line: Json) -> bool:
    """Return whether a line is of the second pass."""
    return ANSWER not in line


def in_order(prompts: Sequence[Prompt], lines: Iterable[Json], parts: Parts | None) -> list[Json]:
    """Return one line for each prompt, in the prompts' order; excluded ones get an empty answer."""
    made: dict[tuple[str, str, int], Json] = {}
    for line in lines:
        earlier = made.get(name_of(line), {})
        new_tokens = earlier.get("new_tokens", 0) + line["new_tokens"]
        merged = {**earlier, **line, "new_tokens": new_tokens}
        made[name_of(line)] = {key: value for key, value in merged.items() if key != TOKENS}
    empty: Json = {"answer": "", "raw": "", "finish_reason": NOT_ASKED, "new_tokens": 0, "cut": None}
    if parts is not None and len(parts.names) > 1:
        empty |= {"reasoning": "", "raw_reasoning": "", "reasoning_finish_reason": NOT_ASKED}
    return [
        numbered({"id": prompt.id, "split": prompt.split, **empty}, prompt)
        if prompt.excluded
        else made[asked_by(prompt)]
        for prompt in prompts
    ]
