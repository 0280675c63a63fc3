"""A conversation with a model: what is typed, line by line, and what is done about it.

Takes lines; writes to the stream that it is given, and with /save a transcript. What goes wrong is said in one line,
and the conversation goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TextIO

from kotune.answering.replies import CUT, INTERRUPTED, Reply
from kotune.answering.screens import Screen, safe
from kotune.answering.talking import FREE, STUDY, Exchange, Talk, typed
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, read_text
from kotune.prompts.families import SYSTEM
from kotune.study.wording import BETWEEN

COMMANDS = {
    "help": "/help                what can be typed, and how the next question is asked",
    "system": "/system TEXT         tell the model first what it is; without TEXT: nothing any more",
    "reset": "/reset               forget what was said",
    "free": "/free                ask in the family's own turns from now on",
    "study": "/study               ask by the study's prompt from now on",
    "row": "/row ID              ask what a test row asks, by its id or its number, and show its gold answer",
    "limit": "/limit N             let an answer have N new tokens at most",
    "save": "/save [FILE]         write what was said so far, and a record of how, into a file",
    "quit": "/quit                end; so does Ctrl-D. Ctrl-C ends an answer",
}
CUT_OFF = "cut off at {limit:,} new tokens; /limit N allows more"


@dataclass
class Tools:
    """What a conversation needs of the world.

    ``begin``: speaker, prompt, generation and number of the question → a reply that is being made. ``show``: a fresh
    screen for the speakers' replies. ``row``: the test row of an id or a number, and its gold answer. ``save``: file
    (or None), entries, cost and generations → the file that was written.
    """

    begin: Callable[[str, str, Json, int], Reply]
    show: Callable[[], Screen]
    row: Callable[[str], tuple[Json, str | None]]
    save: Callable[[str | None, list[Json], Json, Json], str]


@dataclass
class Conversation:
    """``generations``: how a reply is generated, by how it is asked for; ``out``: where everything is written to."""

    talk: Talk
    speakers: list[str]
    generations: dict[str, Json]
    tools: Tools
    out: TextIO
    entries: list[Json] = field(default_factory=list)
    tokens: int = 0
    seconds: float = 0.0
    faults: int = 0
    told_alone: bool = False

    def hear_all(self, lines: Iterable[str]) -> None:
        """Take lines until they end or one of them is /quit; count the ones that could not be done."""
        for line in lines:
            try:
                if not self.hear(typed(line)):
                    return
            except UserError as error:
                self.faults += 1
                self.say(f"error: {error}")

    def say(self, text: str) -> None:
        """Write one remark."""
        self.out.write(f"{safe(text)}\n")
        self.out.flush()

    def hear(self, line: str) -> bool:
        """Do what one line asks; return whether the conversation goes on. UserError for what cannot be done."""
        if not line:
            return True
        if not line.startswith("/") or line.startswith("//"):
            self.ask(line[1:] if line.startswith("//") else line)
            return True
        word, _, rest = line[1:].partition(" ")
        word, rest = word.partition("\n")[0], rest.strip()
        columns = self.talk.setting.columns
        if word in columns:
            self.fill(word, rest)
            return True
        if word not in COMMANDS:
            known = [f"/{name}" for name in (*COMMANDS, *columns)]
            raise UserError(f"no command '/{word}'{nearest(f'/{word}', known)}; //{word} asks it as a question")
        if word != "quit":
            getattr(self, f"do_{word}")(rest)
        return word != "quit"

    def fill(self, column: str, text: str) -> None:
        """Fill a column, from a file where an @ names one."""
        text = read_text(text[1:]).strip() if text.startswith("@") else text
        self.talk.fill(column, text)
        self.say(f"{column}: {len(text):,} characters; {self.told()}" if text else f"no {column}; {self.told()}")

    def do_help(self, _: str) -> None:
        named = {"context": "an article, or what else the questions are about"}
        for text in COMMANDS.values():
            self.say(text)
        for column in self.talk.setting.columns:
            about = named.get(column, f"the {column} of the study's prompt")
            self.say(f"{f'/{column} TEXT':<20} {about}; {f'/{column} @FILE'} reads a file; without TEXT: none any more")
        self.say(f"A line that ends with \\ goes on in the next.\n{self.told()}")

    def told(self) -> str:
        """Return how the next question is asked, in words."""
        talk = self.talk
        how = f"by the prompt {talk.setting.named}" if talk.form() == STUDY else "in the family's own turns"
        count = len(talk.exchanges) if talk.remembers() else 0
        behind = f", behind {count} earlier {'question' if count == 1 else 'questions'}" if count else ""
        without = ", without your system text" if talk.system and not talk.brought() else ""
        return f"the next question is asked {how} ({talk.setting.family.name}){behind}{without}"

    def do_system(self, text: str) -> None:
        self.talk.instruct(text)
        self.say(f"system text: {len(text):,} characters" if text else "no system text")

    def do_reset(self, _: str) -> None:
        self.talk.forget()
        self.say("forgotten")

    def do_free(self, _: str) -> None:
        self.talk.want(FREE)
        self.say(self.told())

    def do_study(self, _: str) -> None:
        self.talk.want(STUDY)
        self.say(self.told())

    def do_limit(self, text: str) -> None:
        if not text.isdecimal():
            raise UserError(f"/limit: '{text}' is not a whole number above 0")
        self.limit(int(text))
        self.say(f"at most {int(text):,} new tokens")

    def limit(self, tokens: int) -> None:
        """Let an answer have so many new tokens; UserError where no question could be asked then."""
        if tokens < 1:
            raise UserError(f"the limit of new tokens: '{tokens}' is not a whole number above 0")
        wanted = {form: {**one, "max_new_tokens": tokens} for form, one in self.generations.items()}
        if min(map(self.room, wanted.values())) < 1:
            window = self.talk.setting.window
            raise UserError(f"the limit: {tokens:,} new tokens leave no room for a question; the window is {window:,}")
        self.generations = wanted

    def do_row(self, wanted: str) -> None:
        row, gold = self.tools.row(wanted or "1")
        question = self.talk.take(row)
        self.say(f"> {question}")
        self.ask(question, row["id"])
        self.say(f"[gold] {gold}" if gold else "(the row has no gold answer)")

    def do_save(self, text: str) -> None:
        if not self.entries:
            raise UserError("nothing was said yet that could be saved")
        cost = {
            "seconds": round(self.seconds, 3),
            "tokens": self.tokens,
            "tokens_per_second": round(self.tokens / max(self.seconds, 1e-3), 1),
        }
        self.say(f"saved: {self.tools.save(text or None, self.entries, cost, self.generations)}")

    def room(self, generation: Json) -> int:
        """Return how many tokens a prompt may have."""
        more = generation.get("reasoning_tokens", 0) + BETWEEN if generation.get("parts") else 0
        return self.talk.setting.window - generation["max_new_tokens"] - more

    def ask(self, question: str, row: str | None = None) -> None:
        """Ask every speaker, show what they write as they write it, and remember it."""
        talk, form = self.talk, self.talk.form()
        generation = self.generations[form]
        prompts = {name: talk.prompt(name, question, self.room(generation)) for name in self.speakers}
        if talk.exchanges and not talk.remembers() and not self.told_alone:
            self.told_alone = True
            self.say(f"(by {talk.setting.named} each question is asked alone, as the study asks its rows)")
        number, started = len(self.entries) + 1, time.monotonic()
        replies = [self.tools.begin(name, prompts[name], generation, number) for name in self.speakers]
        self._listen(replies, generation["max_new_tokens"])
        self.seconds += time.monotonic() - started
        lines = {name: reply.line() for name, reply in zip(self.speakers, replies, strict=True)}
        self.tokens += sum(line["new_tokens"] for line in lines.values())
        self.entries.append(
            {
                "number": number,
                "asked": question,
                "row": row,
                "form": form,
                "prompt": talk.setting.named if form == STUDY else None,
                SYSTEM: talk.brought(),
                "columns": talk.filled if form == STUDY else {},
                "remembered": len(talk.exchanges) if talk.remembers() else 0,
                "replies": {name: {"prompt": prompts[name], **line} for name, line in lines.items()},
            }
        )
        said = {name: reply.remembered() for name, reply in zip(self.speakers, replies, strict=True)}
        talk.exchanges.append(Exchange(question, said))

    def _listen(self, replies: list[Reply], limit: int) -> None:
        """Show replies until all have ended; Ctrl-C ends those that are still being written."""
        screen = self.tools.show()
        try:
            while (place := screen.next()) is not None:
                screen.add(place, replies[place].step())
                if replies[place].done:
                    screen.end(place, _note(replies[place], limit))
        except KeyboardInterrupt:
            while (place := screen.next()) is not None:
                screen.add(place, replies[place].interrupt())
                screen.end(place, _note(replies[place], limit))
        finally:
            for reply in replies:
                reply.close()


def _note(reply: Reply, limit: int) -> str | None:
    """Return a remark on how a reply ended; None where a stop token ended it and there is something to read."""
    ending = reply.ending()
    if ending == INTERRUPTED:
        return "interrupted"
    if ending == CUT:
        return None if reply.line()["answer"] else "empty: a mark of the prompt cut it at once"
    if ending == "length":
        return CUT_OFF.format(limit=limit)
    return None if reply.line()["answer"] else "empty"
