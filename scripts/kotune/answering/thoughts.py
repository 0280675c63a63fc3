"""Answers of a model that thinks aloud first: the thoughts are cut off before anything else is done, and counted.

Takes tokens and a tokenizer; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.answering.lines import clean, line_of
from kotune.core.storage import Json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from kotune.prompts.encoding import Prompt


@dataclass(frozen=True)
class Thoughts:
    """The marks of thoughts, each a token; ``opened``: the prompt ends with the first of them."""

    begins: str
    ends: str
    opened: bool

    @classmethod
    def of(cls, generation: Json) -> Thoughts | None:
        """Return those of a study's `generation`, or None where thinking is not on."""
        return cls(**generation["thinking"]) if "thinking" in generation else None

    def line_of(
        self,
        prompt: Prompt,
        tokens: Sequence[int],
        stopped: bool,
        tokenizer: PreTrainedTokenizerBase,
        cleanup: Json,
    ) -> Json:
        """Return one line of the answer file (`lines.line_of`), whose answer is what follows the thoughts.

        `thoughts` is their text; `thought_tokens` counts them with their marks; `in_thought` says that they never
        ended, at the limit or at a stop token: such an answer is empty. A model that opens no thoughts has none.
        """
        begin, end = (tokenizer.convert_tokens_to_ids(mark) for mark in (self.begins, self.ends))
        made = list(tokens[:-1] if stopped else tokens)
        inside = end not in made and (self.opened or begin in made)
        count = made.index(end) + 1 if end in made else len(made) if inside else 0
        said = [token for token in made[:count] if token not in (begin, end)]
        answer, cut = clean(tokenizer.decode(made[count:], skip_special_tokens=True), cleanup)
        return {
            **line_of(prompt, tokens, stopped, tokenizer, {}),
            "answer": answer,
            "cut": cut,
            "thoughts": tokenizer.decode(said, skip_special_tokens=True).strip(),
            "thought_tokens": count,
            "in_thought": inside,
        }


def counts_of(lines: Sequence[Json]) -> Json:
    """Return what a record says of thoughts: their tokens, and the answers that never left them; {} without any."""
    found = [line for line in lines if "thought_tokens" in line]
    if not found:
        return {}
    tokens = sum(line["thought_tokens"] for line in found)
    return {"thoughts": {"tokens": tokens, "in_thought": sum(line["in_thought"] for line in found)}}
