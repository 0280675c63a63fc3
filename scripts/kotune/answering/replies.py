"""One speaker's reply to one question: its tokens, its text as it becomes certain, and the line that is kept of it.

Takes tokens as they are made; reads and writes nothing. The kept line is that of an answer file (`answering.lines`), so
that a reply in a conversation is read as the same answer to a row would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from kotune.answering.lines import Parts, in_order, line_of
from kotune.answering.syllables import Syllables
from kotune.answering.thoughts import Thoughts
from kotune.core.storage import Json
from kotune.models.loading import stop_ids
from kotune.prompts.encoding import Prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CUT, INTERRUPTED = "cut", "interrupted"  # how a reply may end besides by a stop token or at the limit
Write = Callable[[Sequence[int], Json, "list[int]"], Iterator[int]]  # prompt, generation, stops → new tokens


class Reply:
    """A reply that is being made; `step` makes one more token of it.

    ``generation``: a study's, with what ends an answer (`study.wording.ending_of`). Where the reasoning is a turn of
    its own, that follows behind the answer. ``done`` is true once nothing more comes.
    """

    def __init__(self, prompt: str, generation: Json, tokenizer: PreTrainedTokenizerBase, write: Write) -> None:
        self.generation, self.tokenizer, self.write = generation, tokenizer, write
        self.stop = stop_ids(tokenizer, generation["stop"])
        self.cleanup = generation.get("cleanup") or {}
        self.parts, self.thoughts = Parts.of(generation), Thoughts.of(generation)
        ids = tuple(tokenizer(prompt, add_special_tokens=False)["input_ids"])
        self.asked = Prompt(0, "talk", "reply", ids, False)
        self.lines: list[Json] = []
        self.done = False
        self._begin(self.asked, self._limit())

    def _limit(self) -> int:
        limit = self.generation["max_new_tokens"]
        return self.parts.first_limit(limit) if self.parts else limit

    def _begin(self, prompt: Prompt, limit: int) -> None:
        """Begin a pass: the answer, or the reasoning behind it."""
        marks = () if self.parts and self.lines else self.cleanup.get("cut_at", ())
        self.text = Syllables(lambda tokens: self.tokenizer.decode(tokens, skip_special_tokens=True), marks)
        self.stopped = False
        self.making = self.write(prompt.tokens, {**self.generation, "max_new_tokens": limit}, self.stop)

    def step(self) -> str:
        """Make one more token; return the text that has become certain by it, often none."""
        token = next(self.making, None)
        if token is not None and token not in self.stop:
            piece = self.text.add(token)
            return piece + self._end_of_pass(CUT) if self.text.cut else piece
        self.stopped = token is not None
        return self._end_of_pass()

    def interrupt(self) -> str:
        """End the reply where it is; return the text that had been held back."""
        return "" if self.done else self._end_of_pass(INTERRUPTED)

    def close(self) -> None:
        """Make nothing more."""
        if hasattr(self.making, "close"):
            self.making.close()

    def _end_of_pass(self, reason: str | None = None) -> str:
        self.close()
        rest = self.text.end(self.stopped)
        tokens = [*self.text.tokens, *([self.stop[0]] if self.stopped else [])]
        line = self._read(tokens)
        key = "reasoning_finish_reason" if "reasoning_finish_reason" in line else "finish_reason"
        self.lines.append({**line, key: reason} if reason else line)
        if self.parts and self.parts.turns and len(self.lines) == 1 and reason is None:
            (asked,) = self.parts.continued([self.asked], self.lines, self.tokenizer)
            self._begin(asked, self.parts.reasoning_tokens)
            return rest + "\n\n"
        self.done = True
        return rest

    def _read(self, tokens: Sequence[int]) -> Json:
        if self.parts:
            read = self.parts.second if self.lines else self.parts.first
        else:
            read = self.thoughts.line_of if self.thoughts else line_of
        return read(self.asked, tokens, self.stopped, self.tokenizer, self.cleanup)

    def line(self) -> Json:
        """Return what is kept of the whole reply: a line of an answer file, without the id of a row."""
        line = in_order([self.asked], self.lines, self.parts)[0]
        return {key: value for key, value in line.items() if key not in ("id", "split")}

    def remembered(self) -> str:
        """Return the reply as the model said it, for the turns after it: without thoughts, with all of its parts."""
        line = self.line()
        return line["answer"] + (f"\n\n{line['reasoning']}" if line.get("reasoning") else "")

    def ending(self) -> str | None:
        """Return how the last pass ended, where that was not by a stop token: length, cut or interrupted."""
        last = self.lines[-1]
        reason = last.get("reasoning_finish_reason") or last.get("finish_reason")
        return None if reason in ("stop", "missing") else reason
