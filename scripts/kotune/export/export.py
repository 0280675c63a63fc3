"""Take an arm home: write it in one form, check that it reads and stops as the arm does, and compare its answers.

Reads a model's folder, an adapter's, prompts, rows and the arm's answers. Writes one folder, whole or not at all, and a
report of what was found. A GGUF file is read back (`models.gguf`) into a folder of its own values, which then answers.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.answering import answer
from kotune.answering.order import Order
from kotune.core.errors import UserError
from kotune.core.records import write_record
from kotune.core.storage import Json, read_json, read_parquet, sha256_of, write_text
from kotune.export import checks, compared, folder, gguf_model, gguf_tokenizer, merged_weights, usage
from kotune.models import adapters, loading
from kotune.models.gguf.file import read_gguf
from kotune.models.gguf.snapshot import write_snapshot
from kotune.models.gguf.tokenizer import chat_template_of, end_ids
from kotune.prompts.families import Family
from kotune.scoring.answer_files import Key, read_answers, read_rows
from kotune.study.exports import ADAPTER, GGUF, MERGED
from kotune.training import companions

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

README, PEFT = "README.md", "ADAPTER.md"


@dataclass(frozen=True)
class Asked:
    """What one export is asked: ``order`` is how the arm's answers were made; ``told``: title, names, scoring."""

    form: str
    order: Order
    family: Family
    prompts: Path
    rows: Path
    answers: Path
    output: Path
    told: Json

    @property
    def split(self) -> str:
        """The split whose answers are compared."""
        return self.prompts.stem

    @property
    def stop(self) -> list[str]:
        """The tokens at which the arm's answers end."""
        return list(self.order.generation.get("stop") or self.order.model["stop"])

    @property
    def dtype(self) -> str:
        """The 16 bits that weights are written in."""
        return usage.half(self.order.model.get("dtype"))

    def texts(self) -> dict[str, str]:
        """Return the prompts that are asked, by row."""
        table = read_parquet(self.prompts).to_dict(as_series=False)
        kept = zip(table["id"], table["prompt"], table["excluded"], strict=True)
        return {f"the prompt of row '{name}'": text for name, text, excluded in kept if excluded is None}


def _learned_stops(asked: Asked) -> None:
    """Raise UserError where an answer's end is no token of the family: no file could name it."""
    wrong = [token for token in asked.stop if token not in asked.family.required_tokens]
    if asked.family.stop not in asked.stop:
        raise UserError(
            f"{asked.told['title']}: its prompt variant ends answers at {', '.join(asked.stop)}, not at the family's "
            f"{asked.family.stop}, for which every program waits; export an arm whose prompt has its turns"
        )
    if wrong:
        raise UserError(f"{asked.told['title']}: the end {wrong[0]} is no token of the family '{asked.family.name}'")


def _whole(asked: Asked, dtype: str) -> PreTrainedModel:
    order = asked.order
    threads = int(order.compute.get("threads", 1))
    return merged_weights.merged(order.model, order.quantization, order.adapter, dtype, threads)


def _answers(asked: Asked, order: Order) -> dict[Key, Json]:
    """Return what a model answers to the prompts; nothing of it is kept."""
    with tempfile.TemporaryDirectory() as place:
        output, record = Path(place, "answers.jsonl"), Path(place, "record.json")
        answer.answer(replace(order, prompts=[asked.prompts], output=output, record=record))
        return read_answers(output)


def _of_folder(asked: Asked, model: Path) -> dict[Key, Json]:
    """Return what an exported model folder answers."""
    order = asked.order
    settings = {**order.model, "path": str(model)}
    return _answers(asked, replace(order, model=settings, quantization=None, adapter=None))


def _write_adapter(asked: Asked, to: Path) -> None:
    for name in (adapters.WEIGHTS, adapters.CONFIG, companions.README):
        source = asked.order.adapter / name
        if source.is_file():
            shutil.copyfile(source, to / (PEFT if name == companions.README else name))
    if sha256_of(to / adapters.WEIGHTS) != sha256_of(asked.order.adapter / adapters.WEIGHTS):
        raise UserError(f"{to / adapters.WEIGHTS}: the copy differs from the adapter; check the disk and run again")


def _read_back(asked: Asked, file: Path, to: Path, tokenizer: PreTrainedTokenizerBase) -> tuple[Json, dict[Key, Json]]:
    """Check a GGUF file by what is read back of it, and return what was found and what it answers."""
    opened = read_gguf(file)
    made = write_snapshot(opened, to)
    checks.check_template(chat_template_of(opened) or "", asked.family, file.name)
    eos = tokenizer.convert_ids_to_tokens(int(opened.metadata["tokenizer.ggml.eos_token_id"]))
    if eos not in asked.stop:
        raise UserError(f"{file.name}: tokenizer.ggml.eos_token_id is {eos}, no stop of the family")
    theirs = loading.load_tokenizer({**asked.order.model, "path": str(to)})
    checks.check_tokens(asked.texts(), tokenizer, theirs, file.name)
    ids = loading.stop_ids(tokenizer, asked.stop)
    checks.check_stops(end_ids(opened), ids, theirs, file.name, more=True)
    exact = {**asked.order.model, "dtype": "float32"}
    answers = _of_folder(replace(asked, order=replace(asked.order, model=exact)), to)
    found = {key: made[key] for key in ("quantisation", "values")}
    return {**found, "eos_token_id": eos, "ends": theirs.convert_ids_to_tokens(end_ids(opened))}, answers


def _write_gguf(asked: Asked, to: Path, tokenizer: PreTrainedTokenizerBase) -> tuple[Json, dict[Key, Json]]:
    stored = GGUF[asked.form]
    whole = _whole(asked, "float16")
    folder.check_room(to, 6 * sum(values.numel() for values in whole.parameters()))  # the file, and it read back
    file = to / f"model-{stored.lower()}.gguf"
    rows, template = whole.config.vocab_size, folder.jinja_template(asked.family)

    def add_tokenizer(writer: gguf_tokenizer.GGUFWriter) -> None:
        base = Path(asked.order.model["path"])
        gguf_tokenizer.write_tokenizer(writer, base, asked.family, asked.stop, rows, template)

    gguf_model.write_model(file, whole, stored, asked.told["title"], add_tokenizer)
    gguf_model.check_says_the_same(file, whole)
    del whole
    back = to / "read-back"
    try:
        return _read_back(asked, file, back, tokenizer)
    finally:
        shutil.rmtree(back, ignore_errors=True)


def _longest(asked: Asked, tokenizer: PreTrainedTokenizerBase) -> int:
    return max(
        (len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in asked.texts().values()), default=0
    )


def _new_tokens(generation: Json) -> int:
    return int(generation["max_new_tokens"]) + int(generation.get("reasoning_tokens") or 0)


def _made(asked: Asked, to: Path, tokenizer: PreTrainedTokenizerBase) -> tuple[Json, dict[Key, Json] | None]:
    """Write the form into a folder and check it; return what was found, and its answers unless it is the arm."""
    order, model = asked.order, asked.order.model
    if asked.form in GGUF:
        return _write_gguf(asked, to, tokenizer)
    if asked.form == MERGED:
        folder.write_model(_whole(asked, asked.dtype), asked.dtype, loading.stop_ids(tokenizer, asked.stop), to)
    else:
        _write_adapter(asked, to)
    folder.write_tokenizer(model, asked.family, to)
    folder.write_generation(tokenizer, order.generation, asked.stop, to)
    found, _ = checks.check_folder(to, model, asked.family, asked.stop, asked.texts())
    return found, _of_folder(asked, to) if asked.form == MERGED else None


def _how_to_run(asked: Asked, to: Path, tokenizer: PreTrainedTokenizerBase) -> Json:
    """Write the Modelfile beside a GGUF file, and return the line of vLLM for what it can serve."""
    order, title = asked.order, asked.told["title"]
    new = _new_tokens(order.generation)
    context = usage.window_for(_longest(asked, tokenizer), new, order.model["context_window"])
    if asked.form in GGUF:
        file = next(to.glob("*.gguf")).name
        text = usage.modelfile(file, asked.family, asked.stop, context, new, title)
        checks.check_ollama(usage.ollama_template(asked.family), asked.family, "Modelfile")
        write_text(to / "Modelfile", text)
        return {"num_ctx": context, "num_predict": new}
    if asked.form == ADAPTER and order.quantization:
        return {"vllm": None}
    rank = read_json(order.adapter / adapters.CONFIG)["r"] if asked.form == ADAPTER else None
    return {"vllm": usage.vllm_line(asked.form, asked.dtype, context, companions.base_of(order.model)[0], rank)}


def export(asked: Asked, record: Path) -> Json:
    """Write the form and its report, and return the report; UserError for what must be equal and is not."""
    started = time.monotonic()
    order = asked.order
    merged_weights.check_trained(order.adapter, asked.told.get("trained_by"))
    _learned_stops(asked)
    if asked.form in GGUF:
        gguf_model.architecture_of(loading.load_config(order.model).to_dict(), order.model["path"])
    tokenizer = loading.load_tokenizer(order.model)
    before, rows = read_answers(asked.answers), read_rows([asked.rows])[asked.split]
    scoring = asked.told["scoring"]
    with folder.whole_folder(asked.output) as to:
        found, after = _made(asked, to, tokenizer)
        facts = {
            **{key: asked.told[key] for key in ("title", "model", "arm", "seed", "prompt")},
            "form": asked.form,
            "base": list(companions.base_of(order.model)),
            "checks": {"stops": asked.stop, **found},
            "answers": {
                **compared.compared(before, before if after is None else after, rows, asked.split, scoring),
                "asked_again": after is not None,
            },
            **_how_to_run(asked, to, tokenizer),
        }
        write_text(to / README, usage.page(asked.form, facts, asked.dtype))
        files = {path.name: path.stat().st_size for path in sorted(to.iterdir())}
    inputs = {"prompts": asked.prompts, "rows": asked.rows, "answers": asked.answers}
    inputs |= {adapters.WEIGHTS: order.adapter / adapters.WEIGHTS}
    settings = {name: getattr(order, name) for name in ("model", "quantization", "generation", "compute", "seed")}
    cost = {"seconds": round(time.monotonic() - started, 3)}
    write_record(record, "export", settings, inputs, cost, {**facts, "sizes": files})
    return facts
