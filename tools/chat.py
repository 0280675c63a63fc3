"""Talk to a model of a study: base and tuned side by side on one question, written syllable by syllable.

Reads the configuration, the model's folder and, where the arm is tuned, its adapter. On a terminal, type a question or
/help. Over a pipe, each line is a question or a command; the exit status is 0, or 2 where a line could not be done.

Example, after `snakemake --cores 1`:

  echo "원/달러 환율이란?" | python tools/chat.py --arm qlora --model tiny-gemma2
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import library  # noqa: F401
from kotune.answering import screens, transcripts, typed_lines
from kotune.answering.talking import SPEAKERS, Setting, Talk
from kotune.core import arguments, console, gpu_pool
from kotune.core.errors import UserError
from kotune.core.names import TEST
from kotune.core.storage import Json
from kotune.curation.called import rows_of
from kotune.plan import models
from kotune.plan.chat import Partner, Wanted, generations
from kotune.prompts.families import family_from
from kotune.prompts.thinking import plain
from kotune.prompts.tokenizers import load_tokenizer
from kotune.study import wording
from kotune.study.called import row_of

if TYPE_CHECKING:
    from kotune.answering.conversation import Conversation
    from kotune.answering.replies import Reply


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep back what libraries write to the terminal while a model is loaded; it is shown where loading fails."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except UserError:
            raise
        except BaseException:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


class Session:
    """A partner whose model is loaded: what a conversation needs of the world (`answering.conversation.Tools`)."""

    def __init__(self, partner: Partner) -> None:
        from kotune.models import adapters, loading

        self.partner, self.study, self.arm = partner, partner.study, partner.study.arms[partner.arm]
        self.compute = {"threads": 1, **self.study.lens["compute"]}
        self.model = models.settings_of(partner.plan, self.study.models[partner.model])
        self.files = loading.model_files(self.model["path"])
        if partner.adapter is not None:
            self.files[adapters.WEIGHTS] = adapters.weights_of(partner.adapter, self.model["path"], self.files)
        if self.compute.get("device") != "cpu":
            gpu_pool.pin(0)
        loading.prepare_process(self.compute)

    def load(self) -> None:
        """Load the model, with the adapter on it."""
        with quiet():
            from transformers.utils import logging

            from kotune.answering import engines
            from kotune.answering.order import Order
            from kotune.answering.streaming import Speakers
            from kotune.models import loading

            logging.set_verbosity_error()
            partner, nothing = self.partner, Path(os.devnull)
            order = Order(
                model=self.model,
                quantization=self.arm["recipe"]["quantization"],
                adapter=partner.adapter,
                prompts=[],
                generation={},
                compute=self.compute,
                seed=partner.seed,
                output=nothing,
                record=nothing,
                label=partner.model,
            )
            loaded, tokenizer = engines.load(order), loading.load_tokenizer(self.model)
            loading.check_vocabulary(loaded.model, tokenizer)
        self.notes = loaded.notes
        self.speakers = Speakers(loaded, tokenizer, partner.seed, int(self.compute["threads"]))

    def setting(self) -> Setting:
        """Return what is talked to."""
        model, asked, root = self.study.models[self.partner.model], self.arm["prompt"], self.study.root
        family = family_from(model["family"], wording.family_asked(model["family"], asked, root))
        name, _, variant = plain(asked).partition(".")
        prompt = {"name": name, "variant": variant, "content": wording.prompt_content(asked, root)}
        tokenizer = load_tokenizer(self.partner.path, family)
        return Setting(family, tokenizer, prompt, self.study.task, model["context_window"], lambda: self.rows[1])

    @functools.cached_property
    def rows(self) -> tuple[list[Json], list[Json]]:
        """The rows of test, and those of train."""
        return rows_of(self.study, self.arm["rowset"], TEST)

    def begin(self, speaker: str, text: str, generation: Json, turn: int) -> Reply:
        """Return a reply to a prompt that is being made."""
        from kotune.answering.replies import Reply

        def write(ids: Sequence[int], how: Json, stop: list[int]) -> Iterator[int]:
            return self.speakers.tokens(speaker, ids, how, stop, turn)

        return Reply(text, generation, self.speakers.tokenizer, write)

    def row(self, wanted: str) -> tuple[Json, str | None]:
        """Return a row of test and its gold answer."""
        _, found = row_of(self.rows[0], wanted, TEST)
        return found, found.get(self.study.task.gold)

    def save(self, file: str | None, entries: list[Json], cost: Json, ways: Json) -> str:
        """Write a transcript and its record; return the file. ``ways``: how replies were generated."""
        partner = self.partner
        own = f"chats/{partner.model}/{partner.arm}/seed{partner.seed}"
        path = Path(file) if file else transcripts.fresh(Path(partner.plan.under(self.study.name, own)))
        asked = {
            "model": self.model,
            "study": self.study.name,
            "arm": partner.arm,
            "quantization": self.arm["recipe"]["quantization"],
            "generation": ways,
            "compute": self.compute,
            "seed": partner.seed,
        }
        return str(transcripts.save(path, entries, asked, self.files, cost, self.notes))


def conversation(partner: Partner, args: argparse.Namespace) -> Conversation:
    """Return a conversation that can begin: everything checked, the model loaded."""
    from kotune.answering.conversation import Conversation, Tools

    session, ways = Session(partner), generations(partner.study, partner.model, partner.arm)
    terminal = shutil.get_terminal_size().columns if sys.stdout.isatty() and not args.below else None
    tools = Tools(
        begin=session.begin,
        show=lambda: screens.screen(sys.stdout, partner.speakers, terminal),
        row=session.row,
        save=session.save,
    )
    spoken = Conversation(Talk(session.setting()), partner.speakers, ways, tools, sys.stdout)
    if args.system:
        spoken.talk.instruct(args.system)
    if args.limit is not None:
        spoken.limit(args.limit)
    session.load()
    return spoken


def _end(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def talk(spoken: Conversation, partner: Partner) -> int:
    """Hold the conversation; return the exit status."""
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    signal.signal(signal.SIGTERM, _end)  # Ctrl-C alone ends an answer and no more
    sys.stdout.reconfigure(errors="backslashreplace")
    if on_terminal:
        who = " and ".join(spoken.speakers)
        spoken.say(f"{partner.study.name}, {partner.arm}: {partner.model}, {who}. A question, or /help; /quit ends.")
        spoken.say(f"{spoken.told()}")
    else:
        signal.signal(signal.SIGINT, _end)
    try:
        spoken.hear_all(typed_lines.typed() if on_terminal else typed_lines.piped(sys.stdout))
    except BrokenPipeError:  # nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 2 if spoken.faults and not on_terminal else 0


def main(argv: list[str] | None = None) -> None:
    """Talk to what the command line names."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--study", default="econ-qa", help="a file in config/studies/ (default: econ-qa)")
    parser.add_argument("--arm", help="one of its arms (default: the first that is tuned)")
    parser.add_argument("--model", help="one of the arm's models (default: the first)")
    parser.add_argument("--scale", help="a file in config/scales/ (default: config.yaml's)")
    parser.add_argument("--seed", type=int, help="of the training (default: the arm's first)")
    parser.add_argument("--data", help="your own rows, as in --config data")
    parser.add_argument("--only", choices=SPEAKERS, help="one of the two alone")
    parser.add_argument("--system", help="tell the model first what it is, as /system does")
    parser.add_argument("--limit", type=int, help="new tokens of an answer at most (default: the study's)")
    parser.add_argument("--below", action="store_true", help="one answer below the other, also on a wide terminal")
    args = parser.parse_args(argv)

    partner = Partner(Wanted(args.study, args.arm, args.model, args.scale, args.seed, args.data, args.only))
    code = talk(conversation(partner, args), partner)
    sys.stdout.flush()
    if code:
        raise SystemExit(code)


if __name__ == "__main__":
    console.run(main)
