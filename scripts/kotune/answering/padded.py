"""The engine that takes every model: prompts in batches, padded on the left, through transformers' own generate.

On a GPU answers of the models that `answering.graphed` takes are made there, each token by one CUDA graph.

Takes a model in memory; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kotune.answering import graphed, sampling
from kotune.answering.draws import Draws
from kotune.answering.engines import HOUSE_KEYS, Pass
from kotune.answering.lines import Reader, line_of
from kotune.answering.order import Order
from kotune.answering.samples import numbered
from kotune.core import console
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.models.loading import Loaded
from kotune.prompts.encoding import Prompt

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase


DRAWN = ("max_new_tokens", "do_sample", "temperature", "top_p")  # what is followed where answers are drawn


def batches_of(prompts: Sequence[Prompt], size: int, tokens: int | None = None) -> list[list[Prompt]]:
    """Return the batches, fixed before the start: longest prompts first, so that a full memory shows at once.

    ``size``: prompts in a batch, at most; ``tokens``: and so many tokens, padding counted, but one prompt at least.
    """
    asked = sorted((prompt for prompt in prompts if not prompt.excluded), key=lambda prompt: -len(prompt.tokens))
    batches: list[list[Prompt]] = []
    while asked:
        most = size if tokens is None else min(size, max(tokens // len(asked[0].tokens), 1))
        batches.append(asked[:most])
        asked = asked[most:]
    return batches


def generation_config(settings: Json, tokenizer: PreTrainedTokenizerBase, stop: list[int]) -> GenerationConfig:
    """Return transformers' GenerationConfig; nothing is taken from the defaults that a model's folder brings along."""
    from transformers import GenerationConfig

    own = {key: value for key, value in settings.items() if key not in HOUSE_KEYS}
    known = GenerationConfig().to_dict()
    for key in own:
        if key not in known:
            raise UserError(f"generation: unknown key '{key}'{nearest(key, [*known, *HOUSE_KEYS])}")
    for key, value in (("batch_size", settings.get("batch_size", 1)), ("max_new_tokens", own.get("max_new_tokens"))):
        if not isinstance(value, int) or value < 1:
            raise UserError(f"generation.{key}: {value!r} is not a whole number above 0")
    unknown = [key for key in own if key not in DRAWN] if own.get("do_sample") else []
    if unknown:
        raise UserError(f"generation: answers are drawn by temperature and top_p, and know no {unknown[0]}")
    # left alone, generate would draw from the 50 likeliest tokens
    whole = {"top_k": 0} if own.get("do_sample") else {}
    try:
        return GenerationConfig(
            **{"do_sample": False, **own, **whole},
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=stop,
            pad_token_id=tokenizer.pad_token_id,
        )
    except (TypeError, ValueError) as error:
        raise UserError(f"generation: {error}") from error


def answer_batch(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    batch: Sequence[Prompt],
    config: GenerationConfig,
    cleanup: Json,
    read: Reader = line_of,
    draws: Draws | None = None,
    graphs: bool = False,
) -> list[Json]:
    """Answer one batch of prompts, padded on the left; return one line of the answer file for each.

    ``draws``: how tokens are drawn where ``config`` samples; ``graphs``: each token by one CUDA graph
    (`answering.graphed`).
    """
    import torch

    length = max(len(prompt.tokens) for prompt in batch)
    padding = [[0] * (length - len(prompt.tokens)) for prompt in batch]
    ids = [[config.pad_token_id] * len(pad) + list(row.tokens) for pad, row in zip(padding, batch, strict=True)]
    mask = [pad + [1] * len(row.tokens) for pad, row in zip(padding, batch, strict=True)]
    inputs, real = (torch.tensor(rows, device=model.device) for rows in (ids, mask))
    draws = draws or Draws.of(config, 0)
    if graphs:
        drawn = {"draws": (draws, draws.keys(batch, model.device))} if draws else {}
        made = graphed.answer(model, inputs, real, config, **drawn)
    elif draws:
        made = sampling.generate(model, batch, inputs, real, config, draws)
    else:
        made = model.generate(input_ids=inputs, attention_mask=real, generation_config=config)[:, length:].tolist()
    lines = []
    for prompt, row in zip(batch, made, strict=True):
        end = next((place for place, token in enumerate(row) if token in config.eos_token_id), None)
        tokens = row if end is None else row[: end + 1]
        lines.append(numbered(read(prompt, tokens, end is not None, tokenizer, cleanup), prompt))
    return lines


def by_graphs(given: tuple, notes: list[str]) -> list[Json] | None:
    """Answer a batch by CUDA graphs; None where the model cannot, which ``notes`` then say. A full memory is raised.

    ``given``: what `answer_batch` takes, up to its draws.
    """
    import torch

    try:
        return answer_batch(*given, graphs=True)
    except torch.cuda.OutOfMemoryError:
        raise
    except RuntimeError as error:  # some models ask their host for a number at each token
        notes.append(f"no CUDA graphs: {str(error).splitlines()[0][:200]}")
        return None


class Padded:
    """The engine around a loaded model."""

    name = "padded"

    def __init__(self, order: Order, tokenizer: PreTrainedTokenizerBase, stop: list[int], loaded: Loaded) -> None:
        self.order, self.tokenizer, self.stop = order, tokenizer, stop
        self.model, self.notes = loaded.model, loaded.notes
        config = generation_config(order.generation, tokenizer, stop)
        self.model.generation_config = sampling.undrawn(config)
        self.before = 0  # batches of earlier passes
        self.graphs = graphed.refusal(config, self.model, loaded.device) is None

    def answer(self, asked: Pass, held: Sequence[list[Json]]) -> Iterator[list[Json]]:
        """Yield the lines of each batch of a pass that is not held yet."""
        import torch

        given = self.order.generation
        batches = batches_of(asked.prompts, given.get("batch_size", 1), given.get("batch_tokens"))
        config = generation_config({**given, "max_new_tokens": asked.limit}, self.tokenizer, self.stop)
        progress = console.Progress(asked.called(self.order.label), sum(len(batch) for batch in batches))
        draws = Draws.of(config, self.order.seed, asked.second)
        begun = max(len(held) - self.before, 0)
        self.before += len(batches)
        done = progress.first = sum(len(batch) for batch in batches[:begun])
        for place in range(begun, len(batches)):
            try:
                lines = self._lines(batches[place], config, asked.read, draws)
            except torch.cuda.OutOfMemoryError as error:
                raise UserError("the GPU's memory is full: lower generation.batch_size or batch_tokens") from error
            yield lines
            done += len(lines)
            progress.update(done)
        if draws and draws.drawn:
            self.notes.append(draws.told())

    def _lines(
        self, batch: Sequence[Prompt], config: GenerationConfig, read: Reader, draws: Draws | None = None
    ) -> list[Json]:
        """Answer a batch by CUDA graphs where that is possible, else, or where it fails, by generate."""
        given = (self.model, self.tokenizer, batch, config, self.order.cleanup, read, draws)
        if self.graphs:
            lines = by_graphs(given, self.notes)
            if lines is not None:
                return lines
            self.graphs = False
        return answer_batch(*given)
