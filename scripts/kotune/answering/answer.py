"""Answer prompts with a model, with or without an adapter, in the precision in which it was tuned.

Reads prompts ({split}.parquet), a model's folder and an adapter's folder. Writes one line of JSON an answer, in the
prompts' order, and a record. While it runs, the lines are in {output}.part, batch by batch, and a killed run continues
after its last complete batch. Where the reasoning is a turn of its own, a second pass continues from all answers.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.answering import engines, vllm
from kotune.answering.engines import Pass
from kotune.answering.lines import Parts, clean, in_order, line_of
from kotune.answering.looked_up import looked_up
from kotune.answering.order import Order, fingerprint
from kotune.answering.padded import generation_config
from kotune.answering.samples import count_of, samples_of
from kotune.answering.thoughts import Thoughts, counts_of
from kotune.answering.unfinished import Part
from kotune.core import console
from kotune.core.records import write_record
from kotune.core.storage import Json, write_jsonl
from kotune.models import adapters, heads, loading
from kotune.prompts.encoding import Prompt, read_prompts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Prepared:
    """An order, checked and read: what is known before the model is loaded. ``inputs``: name → file, for the record."""

    tokenizer: PreTrainedTokenizerBase
    stop: list[int]
    new_tokens: int
    parts: Parts | None
    thoughts: Thoughts | None
    prompts: list[Prompt]
    inputs: dict[str, Path]


def prepared(order: Order) -> Prepared:
    """Check an order and read its prompts; UserError for what can be seen to be wrong before hours of work."""
    weights = loading.model_files(order.model["path"])
    adapter = {}
    if order.adapter is not None:
        adapter = {adapters.WEIGHTS: adapters.weights_of(order.adapter, order.model["path"], weights)}
    tokenizer = loading.load_tokenizer(order.model)
    stop = loading.stop_ids(tokenizer, order.generation.get("stop") or order.model.get("stop", ()))
    config = generation_config(order.generation, tokenizer, stop)
    parts = Parts.of(order.generation)
    if engines.wanted(order.generation) == "vllm":
        vllm.check(order.quantization)
    clean("", order.cleanup)
    count = count_of(order.generation)
    # a model that points reads what is longer in windows
    window = order.model.get("context_window") if heads.head_of(order.adapter) is None else None
    prompts = samples_of(read_prompts(order.prompts, tokenizer, window), count)
    inputs = {f"prompts/{path.stem}": path for path in order.prompts} | adapter | weights
    thoughts = Thoughts.of(order.generation)
    return Prepared(tokenizer, stop, config.max_new_tokens, parts, thoughts, prompts, inputs)


def passes_of(ready: Prepared, part: Part) -> Iterator[Pass]:
    """Yield what goes through the model: all prompts; then, where the reasoning is a turn of its own, all of them anew.

    The second pass is made of what the part holds once the first is whole, so that a resumed run makes the same one.
    """
    parts = ready.parts
    if parts is None:
        yield Pass(ready.prompts, ready.new_tokens, ready.thoughts.line_of if ready.thoughts else line_of)
        return
    yield Pass(ready.prompts, parts.first_limit(ready.new_tokens), parts.first)
    if parts.turns:
        answered = (line for batch in part.batches for line in batch)
        asked = parts.continued(ready.prompts, answered, ready.tokenizer)
        yield Pass(asked, parts.reasoning_tokens, parts.second, second=True)


def _ends(lines: Sequence[Json]) -> Json:
    """Return how answers ended, and reasonings where there are any."""
    kinds = [kind for kind in ("finish_reason", "reasoning_finish_reason") if lines and kind in lines[0]]
    counts = {f"{kind}s": dict(sorted(Counter(line[kind] for line in lines).items())) for kind in kinds}
    return {"finish_reasons": {}, **counts}


def _facts(lines: list[Json], resumed: int, engine: engines.Engine) -> Json:
    """Return what a record says was found out on the way."""
    return {
        "answers": dict(Counter(line["split"] for line in lines)),
        **_ends(lines),
        **counts_of(lines),
        "cuts": dict(sorted(Counter(line["cut"] for line in lines if line["cut"]).items())),
        "all_empty": not any(line["answer"].strip() for line in lines),
        "resumed_after": resumed or None,
        "engine": engine.name,
        "notes": engine.notes,
    }


def _cost(lines: list[Json], prompts: list[Prompt], seconds: float, setup: float) -> Json:
    tokens = sum(line["new_tokens"] for line in lines)
    return {
        "seconds": round(seconds, 3),
        "setup_seconds": round(setup, 3),
        "prompt_tokens": sum(len(prompt.tokens) for prompt in prompts),
        "tokens": tokens,
        "tokens_per_second": round(tokens / max(seconds, 1e-3), 1),
    }


def answer(order: Order) -> Json:
    """Answer every prompt and write answers and record; return the record's facts and cost, for the last line."""
    ready = prepared(order)
    part = Part(order.output.with_name(f"{order.output.name}.part"), fingerprint(order, ready.inputs))
    part.open()
    resumed = sum(len(batch) for batch in part.batches)
    if resumed:
        console.say(f"answer {order.label}: continues after {resumed} answers")
    began = time.monotonic()
    engine = engines.opened(order, ready.tokenizer, ready.stop)
    setup = time.monotonic() - began
    for asked in passes_of(ready, part):
        started = time.monotonic()
        for made in engine.answer(asked, list(part.batches)):
            part.add(made, time.monotonic() - started)
            started = time.monotonic()
    lines = in_order(ready.prompts, (line for batch in part.batches for line in batch), ready.parts)
    lines, found = looked_up(lines, order.prompts)
    write_jsonl(order.output, lines)
    facts, cost = {**_facts(lines, resumed, engine), **found}, _cost(lines, ready.prompts, part.seconds, setup)
    settings = {name: getattr(order, name) for name in ("model", "quantization", "generation", "compute", "seed")}
    write_record(order.record, "answers", settings, {**ready.inputs, "answers": order.output}, cost, facts)
    part.done()
    return {**facts, **cost}
