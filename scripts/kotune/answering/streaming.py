"""Answers of one loaded model, with its adapter and without, a token at a time and several at once.

Takes a model in memory; reads and writes nothing. transformers' own generate writes each answer in a thread of its own,
and only one of them runs at a time: it stands still after each token until the next is asked for, so that the adapter
can be switched on or off in between. So base and tuned model are one model in memory, and their answers are those that
generate gives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kotune.answering.padded import generation_config
from kotune.answering.talking import TUNED
from kotune.core.errors import UserError
from kotune.core.storage import Json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from kotune.models.loading import Loaded


class _Closed(Exception):
    """Ends the thread of an answer that nobody reads on."""


class Writing(Iterator[int]):
    """What ``run`` writes, one token at a time: it runs in a thread, and only while the next token is asked for.

    ``run`` is given the function that it hands each token to; an error in it is raised where the next is asked for.
    """

    def __init__(self, run: Callable[[Callable[[int], None]], None]) -> None:
        self._run = run
        self._go, self._made = threading.Semaphore(0), threading.Semaphore(0)
        self._token: int | None = None
        self._error: BaseException | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._write, daemon=True)

    def _write(self) -> None:
        try:
            self._wait()
            self._run(self._put)
        except _Closed:
            pass
        except BaseException as error:  # told to whoever reads
            self._error = error
        self._token = None
        self._made.release()

    def _wait(self) -> None:
        self._go.acquire()
        if self._closed:
            raise _Closed

    def _put(self, token: int) -> None:
        self._token = token
        self._made.release()
        self._wait()

    def __next__(self) -> int:
        if self._closed:
            raise StopIteration
        if not self._thread.ident:
            self._thread.start()
        self._go.release()
        self._made.acquire()
        if self._token is None:
            self._closed = True
            if self._error is not None:
                raise self._error
            raise StopIteration
        return self._token

    def close(self) -> None:
        """End the writing: after the token that it is about to make, where it was interrupted in the middle of one."""
        if not self._closed:
            self._closed = True
            if self._thread.ident:
                self._go.release()
                self._thread.join()


class _Handing:
    """A streamer of transformers' generate, which hands each new token on; the first call brings the prompt."""

    def __init__(self, put: Callable[[int], None]) -> None:
        self.put_token, self.begun = put, False

    def put(self, value: Any) -> None:
        if self.begun:
            self.put_token(int(value.reshape(-1)[0]))
        self.begun = True

    def end(self) -> None:
        pass


class Speakers:
    """A loaded model that answers as `tuned` (its adapter on) and as `base` (off), by turns if asked to."""

    def __init__(self, loaded: Loaded, tokenizer: PreTrainedTokenizerBase, seed: int, threads: int = 1) -> None:
        self.model, self.tokenizer, self.seed, self.threads = loaded.model, tokenizer, seed, threads
        self.generating = loaded.model.get_base_model() if hasattr(loaded.model, "get_base_model") else loaded.model
        self._on = True

    def tokens(self, speaker: str, ids: Sequence[int], generation: Json, stop: list[int], turn: int) -> Speaking:
        """Return the new tokens behind a prompt, each made when it is asked for, a stop token as the last.

        ``generation``: a study's, with `max_new_tokens`; ``turn``: what is drawn by chance depends on it and the seed.
        """
        config = generation_config(generation, self.tokenizer, stop)
        if config.num_beams and config.num_beams > 1:
            raise UserError("generation.num_beams: an answer that is shown as it is written has one beam")

        def run(put: Callable[[int], None]) -> None:
            import torch

            torch.set_num_threads(self.threads)  # each thread has its own number of them
            asked = torch.tensor([list(ids)], device=self.generating.device)
            self.generating.generate(
                input_ids=asked,
                attention_mask=torch.ones_like(asked),
                generation_config=config,
                streamer=_Handing(put),
            )

        seed = self.seed * 1_000_003 + turn if config.do_sample else None
        return Speaking(Writing(run), self, speaker, seed)

    def switch(self, speaker: str) -> None:
        """Switch the adapter on for `tuned`, off for `base`."""
        wanted = speaker == TUNED
        if wanted != self._on and hasattr(self.model, "get_base_model"):
            layers = self.model.base_model
            (layers.enable_adapter_layers if wanted else layers.disable_adapter_layers)()
        self._on = wanted


class Speaking(Iterator[int]):
    """One speaker's answer: the adapter, and the state that chance is drawn from, are its own while it writes.

    ``seed``: None where nothing is drawn by chance.
    """

    def __init__(self, writing: Writing, speakers: Speakers, speaker: str, seed: int | None) -> None:
        self.writing, self.speakers, self.speaker, self.seed = writing, speakers, speaker, seed
        self.state: Any = None

    def __next__(self) -> int:
        import torch

        self.speakers.switch(self.speaker)
        try:
            if self.seed is None:
                return next(self.writing)
            self._chance(torch)
            token = next(self.writing)
            self.state = torch.get_rng_state(), torch.cuda.get_rng_state() if torch.cuda.is_available() else None
            return token
        except torch.cuda.OutOfMemoryError as error:
            raise UserError("the GPU's memory is full: /reset makes the next question short again") from error

    def _chance(self, torch: Any) -> None:
        """Go on where this answer's draws had stopped; begin with its seed."""
        if self.state is None:
            torch.manual_seed(self.seed)
            return
        torch.set_rng_state(self.state[0])
        if self.state[1] is not None:
            torch.cuda.set_rng_state(self.state[1])

    def close(self) -> None:
        """End the answer."""
        self.writing.close()
