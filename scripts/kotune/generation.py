"""Answer prompts with a model, with or without an adapter, in the precision that it was tuned in.

Reads prompts ({split}.parquet), a model's folder and an adapter's folder. Writes one line of JSON an answer, in the
prompts' order, and a record. While it runs the lines lie in {output}.part, batch by batch, and a killed run continues
after its last whole batch.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune import console, engines, models, precision, vllm_generation
from kotune.answer_parts import Part
from kotune.code_hash import code_hash
from kotune.encoding import Prompt, read_prompts
from kotune.errors import UserError, nearest
from kotune.records import PACKAGES, package_versions, write_record
from kotune.storage import Json, read_json, sha256_of, sha256_of_text, write_jsonl

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

WRITTEN = 16  # answers of the packed engine that are written to disk together

# Keys of `generation` that are the house's; all others are transformers' GenerationConfig's own.
HOUSE_KEYS = ("batch_size", "stop", "cleanup", "engine")


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


def answer_batch(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    batch: Sequence[Prompt],
    config: GenerationConfig,
    cleanup: Json,
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
        lines.append(line_of(prompt, tokens, end is not None, tokenizer, cleanup))
    return lines


def _load(order: Order) -> models.Loaded:
    """Load the base and, unmerged, the adapter; peft is imported only for an adapter."""
    model, quantization, _, notes = precision.fitted(
        order.model, order.quantization, {}, models.set_up_torch(order.compute)
    )
    loaded = models.load_model(model, quantization, order.compute)
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
    models.check_safetensors(order.adapter / "adapter_model.safetensors", "remove it and run again")
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
    code = code_hash(Path(__file__).resolve().parent.parent / "answer_prompts.py")
    return sha256_of_text(json.dumps([asked, hashes, package_versions(PACKAGES), code], sort_keys=True))


def answer(order: Order) -> Json:
    """Answer every prompt and write answers and record; return the record's facts and cost, for the last line."""
    weights = models.model_files(order.model["path"])
    adapter = _adapter_files(order, weights)
    tokenizer = models.load_tokenizer(order.model)
    stop = models.stop_ids(tokenizer, order.generation.get("stop") or order.model.get("stop", ()))
    config = generation_config(order.generation, tokenizer, stop)
    if engines.wanted(order.generation) == "vllm":
        vllm_generation.check(order.quantization)
    clean("", order.generation.get("cleanup") or {})  # its keys are checked before hours of work
    prompts = read_prompts(order.prompts, tokenizer, order.model.get("context_window"))
    batches = batches_of(prompts, order.generation.get("batch_size", 1))
    inputs = {f"prompts/{path.stem}": path for path in order.prompts} | adapter | weights
    part = Part(order.output.with_name(f"{order.output.name}.part"), _fingerprint(order, inputs))
    part.open()
    resumed = sum(len(batch) for batch in part.batches)
    if resumed:
        console.say(f"answer {order.label}: continues after {resumed} answers")
    began = time.monotonic()
    limits = config.max_new_tokens, config.eos_token_id
    if engines.wanted(order.generation) == "vllm":
        engine, notes = "vllm", ["answered by vllm"]
        opened = vllm_generation.Engine(order.model, order.adapter, order.seed, *limits)
        setup = time.monotonic() - began
        _answer_side_by_side(order, lambda _: opened, tokenizer, prompts, part)
    else:
        loaded = _load(order)
        models.check_vocabulary(loaded.model, tokenizer)
        loaded.model.generation_config = config
        engine, notes = engines.choose(order.generation, loaded.model, loaded.device), loaded.notes
        setup = time.monotonic() - began
        if engine == "packed":
            _answer_side_by_side(
                order, lambda lengths: engines.packed(loaded.model, lengths, *limits), tokenizer, prompts, part
            )
        else:
            _answer_batches(order, loaded.model, tokenizer, batches, config, part)
    lines = _in_order(prompts, [line for batch in part.batches for line in batch])
    write_jsonl(order.output, lines)
    facts = {
        "answers": dict(Counter(line["split"] for line in lines)),
        "finish_reasons": dict(sorted(Counter(line["finish_reason"] for line in lines).items())),
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


def _answer_batches(
    order: Order,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    batches: list[list[Prompt]],
    config: GenerationConfig,
    part: Part,
) -> None:
    """Answer the batches that the part does not hold yet."""
    import torch

    cleanup = order.generation.get("cleanup") or {}
    total = sum(len(batch) for batch in batches)
    progress = console.Progress(f"answer {order.label}", total)
    done = progress.first = sum(len(batch) for batch in part.batches)
    for place in range(len(part.batches), len(batches)):
        started = time.monotonic()
        # Each batch samples from its own stream, so that a resumed run samples what an undisturbed one would.
        torch.manual_seed(order.seed * 1_000_003 + place)
        try:
            lines = answer_batch(model, tokenizer, batches[place], config, cleanup)
        except torch.cuda.OutOfMemoryError as error:
            raise UserError("the GPU's memory is full: lower generation.batch_size") from error
        part.add(lines, time.monotonic() - started)
        done += len(lines)
        progress.update(done)


def _answer_side_by_side(
    order: Order,
    opened_for: Callable[[list[int]], Any],
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Prompt],
    part: Part,
) -> None:
    """Answer the prompts that the part does not hold yet, side by side; each lies in the part soon after its end."""
    import torch

    cleanup = order.generation.get("cleanup") or {}
    done = {(line["split"], line["id"]) for batch in part.batches for line in batch}
    asked = [one for one in prompts if not one.excluded and (one.split, one.id) not in done]
    progress = console.Progress(f"answer {order.label}", len(asked) + len(done))
    progress.first = len(done)
    started, lines, count = time.monotonic(), [], len(done)
    try:
        engine = opened_for([len(one.tokens) for one in asked])
        for made in engine.answer([one.tokens for one in asked], adapter=order.adapter is not None):
            lines.append(line_of(asked[made.place], made.tokens, made.stopped, tokenizer, cleanup))
            count += 1
            if len(lines) == WRITTEN or count == len(asked) + len(done):
                part.add(lines, time.monotonic() - started)
                started, lines = time.monotonic(), []
                progress.update(count)
    except torch.cuda.OutOfMemoryError as error:
        raise UserError("the GPU's memory is full: set generation.engine to padded and a small batch_size") from error


def _in_order(prompts: Sequence[Prompt], lines: list[Json]) -> list[Json]:
    """Return one line for each prompt, in the prompts' order; excluded ones get an empty answer."""
    made: dict[tuple[str, str], Any] = {(line["split"], line["id"]): line for line in lines}
    empty: Json = {"answer": "", "raw": "", "finish_reason": "excluded", "new_tokens": 0, "cut": None}
    return [
        {"id": prompt.id, "split": prompt.split, **empty} if prompt.excluded else made[prompt.split, prompt.id]
        for prompt in prompts
    ]
