"""Talk to a model of a study: base and tuned side by side on one question, written syllable by syllable.

Reads the configuration, the model's folder and, where the arm is tuned, its adapter. On a terminal, type a question or
/help. Over a pipe, each line is a question or a command; the exit status is 0, or 2 where a line could not be done.

Example, after `snakemake --cores 1`:

  echo "원/달러 환율이란?" | python tools/chat.py --arm qlora --model tiny-gemma2
"""

from __future__ import annotations

import contextlib
import functools
import locale
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import library  # noqa: F401
from kotune.core import arguments, console, gpu_pool
from kotune.core.catalogue import entry
from kotune.core.errors import UserError, nearest
from kotune.core.names import SELECTED, TEST
from kotune.core.storage import Json, needed, read_json
from kotune.plan import answers, models
from kotune.plan.paths import ADAPTER, Plan, adapter_folder, selection_file
from kotune.prompts.families import family_from
from kotune.prompts.thinking import plain
from kotune.prompts.tokenizers import load_tokenizer
from kotune.study import resolve, wording
from kotune.study.called import arm_of, configuration, model_of, row_of, rows_of
from kotune.study.study import Study

if TYPE_CHECKING:
    from kotune.answering.conversation import Conversation
    from kotune.answering.streaming import Speakers

ONLY = ("base", "tuned")


class Named:
    """What the command line names, found: the study, the model, the arm, its seed, and the folder of its adapter."""

    def __init__(self, args: Any) -> None:
        self.config = configuration(args.scale, {args.study: args.data} if args.data else {})
        self.study = resolve.study_at(args.study, self.config)
        self.plan = Plan({self.study.name: self.study}, self.config, self.study.lens)
        where = f"config/studies/{self.study.name}.yaml"
        arms = self.study.arms
        tuned = [name for name in arms if not self.study.untuned(name)]
        self.arm = args.arm or next(iter(tuned or arms))
        chosen = SELECTED in entry(arms, self.arm, "arm", where)["models"]
        wanted = args.model or (None if chosen else arms[self.arm]["models"][0])
        seeds = self.study.seeds_of(self.arm)
        self.seed = seeds[0] if args.seed is None else args.seed
        if self.seed not in seeds:
            raise UserError(f"--seed: '{self.arm}' has no seed {self.seed}{nearest(str(self.seed), map(str, seeds))}")
        self.model = self._selected(wanted) if chosen else model_of(self.study, wanted)
        if not chosen:
            arm_of(self.study, self.model, self.arm)
        folder_of = SELECTED if chosen else self.model
        self.folder = Path(adapter_folder(self.plan, self.study.name, (folder_of, self.arm, self.seed)))
        self.speakers = ["base"] if self.study.untuned(self.arm) else [one for one in ONLY if args.only in (None, one)]
        if self.study.untuned(self.arm) and args.only == "tuned":
            raise UserError(f"--only tuned: the arm '{self.arm}' of {self.study.name} is not tuned")
        self.path = self._model_folder()
        self.adapter = self._adapter() if "tuned" in self.speakers else None

    def _selected(self, wanted: str | None) -> str:
        """Return the model that the study has selected."""
        path = Path(selection_file(self.plan, self.study.name))
        if not path.is_file():
            file = f"{adapter_folder(self.plan, self.study.name, (SELECTED, self.arm, self.seed))}/{ADAPTER[0]}"
            raise UserError(
                f"the model of the arm '{self.arm}' is not chosen yet; this chooses and trains it: {self.command(file)}"
            )
        model = needed(needed(read_json(path), "winner", path), "model", path)
        if wanted not in (None, SELECTED) and model_of(self.study, wanted) != model:
            raise UserError(f"--model: the arm '{self.arm}' is of the model that was selected, {model}")
        return model

    def command(self, file: str) -> str:
        """Return the command that makes a file."""
        study, rows = self.study.owner_of(self.arm), self.config["data"].get(self.study.name)
        data = f" data='{{{study}: {rows}}}'" if rows else ""
        return f"snakemake {file} --cores 1 --config scale={self.study.scale} studies='[{study}]'{data}"

    def _adapter(self) -> Path:
        folder = self.folder
        if not all((folder / name).is_file() for name in ADAPTER):
            raise UserError(
                f"{self.model} under '{self.arm}' is not trained yet; this trains it: "
                f"{self.command(str(folder / ADAPTER[0]))} (--only base talks to the base alone)"
            )
        return folder

    def _model_folder(self) -> str:
        settings = self.study.models[self.model]
        path = self.plan.beside(settings["path"])
        if not (Path(path) / "config.json").is_file():
            file = f"{path}/snapshot.json"
            how = f"this downloads it: {self.command(file)}" if settings["hub_id"] else "copy the repository again"
            raise UserError(f"{path}: the model {self.model} is not there; {how}")
        return path


def generations(study: Study, model: Json, prompt: str) -> dict[str, Json]:
    """Return how replies are generated: by the study's prompt, and in the family's own turns."""
    from kotune.answering.talking import FREE, STUDY

    by_prompt = answers.generation_for(study, model, prompt)
    free = {key: value for key, value in by_prompt.items() if key not in ("parts", "cleanup", "reasoning_tokens")}
    free["stop"] = wording.family_content(model["family"], study.root)["stops"]
    return {STUDY: by_prompt, FREE: free}


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


def loaded(named: Named, compute: Json) -> tuple[Speakers, Json, dict[str, Path], list[str]]:
    """Load the model; return who speaks, the model's settings, its files by name, and what was done to get there."""
    from kotune.answering import engines
    from kotune.answering.order import Order
    from kotune.answering.streaming import Speakers
    from kotune.models import adapters, loading

    model = models.settings_of(named.plan, named.study.models[named.model])
    files = loading.model_files(model["path"])
    if named.adapter is not None:
        files = {**files, adapters.WEIGHTS: adapters.weights_of(named.adapter, model["path"], files)}
    if compute.get("device") != "cpu":
        gpu_pool.pin(0)
    loading.prepare_process(compute)
    with quiet():
        from transformers.utils import logging

        logging.set_verbosity_error()
        tokenizer = loading.load_tokenizer(model)
        recipe = named.study.arms[named.arm]["recipe"]
        nothing = Path(os.devnull)
        order = Order(
            model, recipe["quantization"], named.adapter, [], {}, compute, named.seed, nothing, nothing, named.model
        )
        found = engines.load(order)
        loading.check_vocabulary(found.model, tokenizer)
    return Speakers(found, tokenizer, named.seed, int(compute.get("threads", 1))), model, files, found.notes


def conversation(named: Named, args: Any) -> Conversation:
    """Return a conversation that can begin: everything checked, the model loaded."""
    from kotune.answering import screens, transcripts
    from kotune.answering.conversation import Conversation, Tools
    from kotune.answering.replies import Reply
    from kotune.answering.talking import Setting, Talk

    study, arm = named.study, named.study.arms[named.arm]
    of_model = study.models[named.model]
    family = family_from(of_model["family"], wording.family_asked(of_model["family"], arm["prompt"], study.root))
    name, _, variant = plain(arm["prompt"]).partition(".")
    prompt = {"name": name, "variant": variant, "content": wording.prompt_content(arm["prompt"], study.root)}
    setting = Setting(
        family,
        load_tokenizer(named.path, family),
        prompt,
        study.task,
        of_model["context_window"],
        lambda: rows()[1],
    )
    talk = Talk(setting)
    if args.system:
        talk.instruct(args.system)
    ways = generations(study, of_model, arm["prompt"])
    compute = {"threads": 1, **study.lens["compute"]}
    speakers, model, files, notes = loaded(named, compute)
    asked = {
        "model": model,
        "study": study.name,
        "arm": named.arm,
        "quantization": arm["recipe"]["quantization"],
        "generation": ways,
        "compute": compute,
        "seed": named.seed,
    }

    def begin(speaker: str, text: str, generation: Json, turn: int) -> Reply:
        def write(ids: Any, how: Json, stop: list[int]) -> Iterator[int]:
            return speakers.tokens(speaker, ids, how, stop, turn)

        return Reply(text, generation, speakers.tokenizer, write)

    @functools.cache
    def rows() -> tuple[list[Json], list[Json]]:
        return rows_of(study, arm["rowset"], TEST)

    def row(wanted: str) -> tuple[Json, str | None]:
        _, found = row_of(rows()[0], wanted, TEST)
        return found, found[study.task.gold]

    def save(file: str | None, entries: list[Json], cost: Json) -> str:
        own = Path(named.plan.under(study.name, f"chats/{named.model}/{named.arm}/seed{named.seed}"))
        path = Path(file) if file else transcripts.fresh(own)
        return str(transcripts.save(path, entries, asked, files, cost, notes))

    terminal = shutil.get_terminal_size().columns if sys.stdout.isatty() and not args.below else None
    tools = Tools(begin, lambda: screens.screen(sys.stdout, named.speakers, terminal), row, save)
    spoken = Conversation(talk, named.speakers, ways, tools, sys.stdout)
    if args.limit is not None:
        spoken.limit(args.limit)
    return spoken


def typed_lines() -> Iterator[str]:
    """Yield what is typed on the terminal, a line that ends with a backslash together with the next."""
    if locale.setlocale(locale.LC_CTYPE) in ("C", "POSIX"):  # there, backspace would take a byte of a syllable
        os.environ["LC_ALL"] = "C.UTF-8"  # readline asks the environment
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    import readline  # input then edits lines: backspace takes a whole syllable, arrows bring earlier lines

    readline.parse_and_bind("set enable-bracketed-paste on")  # what is pasted is one text, also of several lines

    whole: list[str] = []
    while True:
        try:
            line = input("… " if whole else "> ")
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            print("  (/quit or Ctrl-D ends)")
            whole = []
            continue
        whole.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield "\n".join(whole)
            whole = []


def piped_lines(out: Any) -> Iterator[str]:
    """Yield the lines of standard input, each after it was written out, as a terminal would have shown it."""
    from kotune.answering.screens import safe

    sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    whole: list[str] = []
    for line in sys.stdin:
        text = line.rstrip("\r\n")
        whole.append(text.removesuffix("\\"))
        if text.endswith("\\"):
            continue
        said = "\n".join(whole)
        whole = []
        if said.strip():
            out.write(f"> {safe(said)}\n")
        yield said
    if whole:
        yield "\n".join(whole)


def _end(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def talk(spoken: Conversation, named: Named) -> int:
    """Hold the conversation; return the exit status."""
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    signal.signal(signal.SIGTERM, _end)  # Ctrl-C alone ends an answer and no more
    sys.stdout.reconfigure(errors="backslashreplace")
    if on_terminal:
        who = " and ".join(spoken.speakers)
        spoken.say(f"{named.study.name}, {named.arm}: {named.model}, {who}. A question, or /help; /quit ends.")
        spoken.say(f"{spoken.told()}")
    else:
        signal.signal(signal.SIGINT, _end)
    try:
        spoken.hear_all(typed_lines() if on_terminal else piped_lines(sys.stdout))
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
    parser.add_argument("--only", choices=ONLY, help="one of the two alone")
    parser.add_argument("--system", help="tell the model first what it is, as /system does")
    parser.add_argument("--limit", type=int, help="new tokens of an answer at most (default: the study's)")
    parser.add_argument("--below", action="store_true", help="one answer below the other, also on a wide terminal")
    args = parser.parse_args(argv)

    named = Named(args)
    code = talk(conversation(named, args), named)
    sys.stdout.flush()
    if code:
        raise SystemExit(code)


if __name__ == "__main__":
    console.run(main)
