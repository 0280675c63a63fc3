"""Answer prompts with a model, with or without an adapter, in the precision in which it was tuned.

Reads prompts ({split}.parquet), a model's folder and an adapter's folder. Writes one line of JSON an answer, in the
prompts' order, and a record. While it runs, the lines are in {output}.part, batch by batch, and a killed run continues
after its last complete batch. Where the reasoning is a turn of its own, a second pass continues from all answers.
"""

from __future__ import annotations

import gc
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.answering import engines, vllm
from kotune.answering.lines import Parts, Reader, clean, in_order, is_second, line_of
from kotune.answering.unfinished import Part
from kotune.core import console
from kotune.core.code_hash import code_hash
from kotune.core.errors import UserError, nearest
from kotune.core.names import ROOT
from kotune.core.records import PACKAGES, package_versions, write_record
from kotune.core.storage import Json, read_json, sha256_of, sha256_of_text, write_jsonl
from kotune.models import loading, precision
from kotune.prompts.encoding import Prompt, read_prompts

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

WRITTEN = 16  # answers of the packed engine that are written to disk together

# Keys of `generation` that are the house's; all others are transformers' GenerationConfig's own.
HOUSE_KEYS = ("batch_size", "stop", "cleanup", "engine", "parts", "reasoning_tokens")


@dataclass(frozen=True)
class Order:
    """What one run of answering is asked to do; the settings objects are those of the rule's parameters."""

    model: Json
    quantization: Json | None
    adapter: Path | None
    prompts: list[Path]
    generation: Json
    compute: Json
    seed: int
    output: Path
    record: Path
    label: str


@dataclass(frozen=True)
class Pass:
    """What goes through the model once: prompts, the new tokens of each at most, and how its lines are read."""

    prompts: Sequence[Prompt]
    limit: int
    read: Reader
    second: bool = False

    def called(self, label: str) -> str:
        """Return what its progress is called."""
        return f"answer {label}" + (", reasoning" if self.second else "")


def batches_of(prompts: Sequence[Prompt], size: int) -> list[list[Prompt]]:
    """Return the batches, fixed before the start: longest prompts first, so that a full memory shows at once."""
    asked = sorted((prompt for prompt in prompts if not prompt.excluded), key=lambda prompt: -len(prompt.tokens))
    return [asked[start : start + size] for start in range(0, len(asked), size)]


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
    try:
        return GenerationConfig(
            **{"do_sample": False, **own},
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
) -> list[Json]:
    """Answer one batch of prompts, padded on the left; return one line of the answer file for each."""
    import torch

    length = max(len(prompt.tokens) for prompt in batch)
    padding = [[0] * (length - len(prompt.tokens)) for prompt in batch]
    ids = [[config.pad_token_id] * len(pad) + list(row.tokens) for pad, row in zip(padding, batch, strict=True)]
    mask = [pad + [1] * len(row.tokens) for pad, row in zip(padding, batch, strict=True)]
    made = model.generate(
        input_ids=torch.tensor(ids, device=model.device),
        attention_mask=torch.tensor(mask, device=model.device),
        generation_config=config,
    )
    lines = []
    for prompt, row in zip(batch, made[:, length:].tolist(), strict=True):
        end = next((place for place, token in enumerate(row) if token in config.eos_token_id), None)
        tokens = row if end is None else row[: end + 1]
        lines.append(read(prompt, tokens, end is not None, tokenizer, cleanup))
    return lines


def _load(order: Order) -> loading.Loaded:
    """Load the base and, unmerged, the adapter; peft is imported only for an adapter."""
    model, quantization, _, notes = precision.fitted(
        order.model, order.quantization, {}, loading.set_up_torch(order.compute)
    )
    loaded = loading.load_model(model, quantization, order.compute)
    loaded.notes.extend(notes)
    if order.adapter is not None:
        from peft import PeftModel

        try:
            loaded.model = PeftModel.from_pretrained(loaded.model, str(order.adapter))
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())[:300]
            raise UserError(f"{order.adapter}: the adapter does not fit {order.model['path']}: {reason}") from error
    loaded.model.eval()
    return loaded


def _adapter_files(order: Order, weights: dict[str, Path]) -> dict[str, Path]:
    """Return the adapter's file; UserError where it is missing or its record names another base model."""
    if order.adapter is None:
        return {}
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        if not (order.adapter / name).is_file():
            raise UserError(f"{order.adapter}: {name} is missing; train the adapter first")
    loading.check_safetensors(order.adapter / "adapter_model.safetensors", "remove it and run again")
    record = order.adapter / "record.json"
    if record.is_file():
        tuned = {name: file["sha256"] for name, file in read_json(record)["with"]["files"].items()}
        if any(name in tuned and tuned[name] != sha256_of(path) for name, path in weights.items()):
            raise UserError(f"{order.adapter}: tuned on other weights than {order.model['path']} holds; train it again")
    return {"adapter_model.safetensors": order.adapter / "adapter_model.safetensors"}


def _fingerprint(order: Order, inputs: dict[str, Path]) -> str:
    """Return the hash of everything that the answers depend on; a part under another one is not continued."""
    settings = {name: value for name, value in order.model.items() if name not in ("path", "name")}
    asked = [settings, order.quantization, order.generation, order.compute, order.seed]
    hashes = {name: sha256_of(path) for name, path in inputs.items()}
    code = code_hash(ROOT / "scripts" / "answer_prompts.py")
    return sha256_of_text(json.dumps([asked, hashes, package_versions(PACKAGES), code], sort_keys=True))


def answer(order: Order) -> Json:
    """Answer every prompt and write answers and record; return the record's facts and cost, for the last line."""
    weights = loading.model_files(order.model["path"])
    adapter = _adapter_files(order, weights)
    tokenizer = loading.load_tokenizer(order.model)
    stop = loading.stop_ids(tokenizer, order.generation.get("stop") or order.model.get("stop", ()))
    config = generation_config(order.generation, tokenizer, stop)
    parts = Parts.of(order.generation)
    if engines.wanted(order.generation) == "vllm":
        vllm.check(order.quantization)
    clean("", order.generation.get("cleanup") or {})  # its keys are checked before hours of work
    prompts = read_prompts(order.prompts, tokenizer, order.model.get("context_window"))
    inputs = {f"prompts/{path.stem}": path for path in order.prompts} | adapter | weights
    part = Part(order.output.with_name(f"{order.output.name}.part"), _fingerprint(order, inputs))
    part.open()
    resumed = sum(len(batch) for batch in part.batches)
    if resumed:
        console.say(f"answer {order.label}: continues after {resumed} answers")
    began = time.monotonic()
    if engines.wanted(order.generation) == "vllm":
        engine, notes = "vllm", ["answered by vllm"]
        opened = vllm.Engine(order.model, order.adapter, order.seed, config.max_new_tokens, stop)
        run = _side_by_side(order, lambda _, limit: opened.limited(limit), tokenizer, part)
    else:
        loaded = _load(order)
        loading.check_vocabulary(loaded.model, tokenizer)
        loaded.model.generation_config = config
        engine, notes = engines.choose(order.generation, loaded.model, loaded.device), loaded.notes
        if engine == "packed":
            run = _side_by_side(
                order, lambda lengths, limit: engines.packed(loaded.model, lengths, limit, stop), tokenizer, part
            )
        else:
            run = _in_batches(order, loaded.model, tokenizer, stop, part)
    setup = time.monotonic() - began
    for one in _passes(prompts, parts, config.max_new_tokens, tokenizer, part):
        run(one)
    lines = in_order(prompts, (line for batch in part.batches for line in batch), parts)
    write_jsonl(order.output, lines)
    facts = {
        "answers": dict(Counter(line["split"] for line in lines)),
        **_ends(lines),
        "cuts": dict(sorted(Counter(line["cut"] for line in lines if line["cut"]).items())),
        "resumed_after": resumed or None,
        "engine": engine,
        "notes": notes,
    }
    tokens = sum(line["new_tokens"] for line in lines)
    cost = {
        "seconds": round(part.seconds, 3),
        "setup_seconds": round(setup, 3),
        "prompt_tokens": sum(len(prompt.tokens) for prompt in prompts),
        "tokens": tokens,
        "tokens_per_second": round(tokens / max(part.seconds, 1e-3), 1),
    }
    settings = {name: getattr(order, name) for name in ("model", "quantization", "generation", "compute", "seed")}
    write_record(order.record, "answers", settings, {**inputs, "answers": order.output}, cost, facts)
    part.done()
    return {**facts, **cost}


def _ends(lines: Sequence[Json]) -> Json:
    """Return how answers ended, and reasonings where there are any."""
    kinds = [kind for kind in ("finish_reason", "reasoning_finish_reason") if lines and kind in lines[0]]
    counts = {f"{kind}s": dict(sorted(Counter(line[kind] for line in lines).items())) for kind in kinds}
    return {"finish_reasons": {}, **counts}


def _passes(
    prompts: Sequence[Prompt],
    parts: Parts | None,
    max_new_tokens: int,
    tokenizer: PreTrainedTokenizerBase,
    part: Part,
) -> Iterator[Pass]:
    """Yield what goes through the model: all prompts; then, where the reasoning is a turn of its own, all of them anew.

    The second pass is made of what the part holds once the first is whole, so that a resumed run makes the same one.
    """
    if parts is None:
        yield Pass(prompts, max_new_tokens, line_of)
        return
    yield Pass(prompts, parts.first_limit(max_new_tokens), parts.first)
    if parts.turns:
        answered = (line for batch in part.batches for line in batch)
        yield Pass(parts.continued(prompts, answered, tokenizer), parts.reasoning_tokens, parts.second, second=True)


def _in_batches(
    order: Order, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, stop: list[int], part: Part
) -> Callable[[Pass], None]:
    """Return what answers a pass in padded batches: those that the part does not hold yet."""
    before = 0  # batches of earlier passes

    def run(asked: Pass) -> None:
        nonlocal before
        batches = batches_of(asked.prompts, order.generation.get("batch_size", 1))
        config = generation_config({**order.generation, "max_new_tokens": asked.limit}, tokenizer, stop)
        _answer_batches(order, model, tokenizer, asked, batches, before, config, part)
        before += len(batches)

    return run


def _answer_batches(
    order: Order,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    asked: Pass,
    batches: list[list[Prompt]],
    before: int,
    config: GenerationConfig,
    part: Part,
) -> None:
    """Answer the batches of a pass that the part does not hold yet; it begins with ``before`` others."""
    import torch

    cleanup = order.generation.get("cleanup") or {}
    progress = console.Progress(asked.called(order.label), sum(len(batch) for batch in batches))
    held = max(len(part.batches) - before, 0)
    done = progress.first = sum(len(batch) for batch in batches[:held])
    for place in range(held, len(batches)):
        started = time.monotonic()
        # Each batch samples from its own stream, so that a resumed run samples what an undisturbed one would.
        torch.manual_seed(order.seed * 1_000_003 + before + place)
        try:
            lines = answer_batch(model, tokenizer, batches[place], config, cleanup, asked.read)
        except torch.cuda.OutOfMemoryError as error:
            raise UserError("the GPU's memory is full: lower generation.batch_size") from error
        part.add(lines, time.monotonic() - started)
        done += len(lines)
        progress.update(done)


def _side_by_side(
    order: Order,
    opened_for: Callable[[list[int], int], Any],
    tokenizer: PreTrainedTokenizerBase,
    part: Part,
) -> Callable[[Pass], None]:
    """Return what answers a pass side by side: ``opened_for`` gives an engine for prompts' lengths and a limit."""

    def run(asked: Pass) -> None:
        gc.collect()  # an engine of an earlier pass would hold its caches
        _answer_side_by_side(order, lambda lengths: opened_for(lengths, asked.limit), tokenizer, asked, part)

    return run


def _answer_side_by_side(
    order: Order,
    opened_for: Callable[[list[int]], Any],
    tokenizer: PreTrainedTokenizerBase,
    wanted: Pass,
    part: Part,
) -> None:
    """Answer the prompts that the part does not hold yet, side by side; each lies in the part soon after its end."""
    import torch

    cleanup = order.generation.get("cleanup") or {}
    lines_before = (line for batch in part.batches for line in batch)
    done = {(line["split"], line["id"]) for line in lines_before if is_second(line) == wanted.second}
    asked = [one for one in wanted.prompts if not one.excluded and (one.split, one.id) not in done]
    progress = console.Progress(wanted.called(order.label), len(asked) + len(done))
    progress.first = len(done)
    started, lines, count = time.monotonic(), [], len(done)
    try:
        engine = opened_for([len(one.tokens) for one in asked])
        for made in engine.answer([one.tokens for one in asked], adapter=order.adapter is not None):
            lines.append(wanted.read(asked[made.place], made.tokens, made.stopped, tokenizer, cleanup))
            count += 1
            if len(lines) == WRITTEN or count == len(asked) + len(done):
                part.add(lines, time.monotonic() - started)
                started, lines = time.monotonic(), []
                progress.update(count)
    except torch.cuda.OutOfMemoryError as error:
        raise UserError("the GPU's memory is full: set generation.engine to padded and a small batch_size") from error
