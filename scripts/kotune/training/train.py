"""Tune a model by LoRA or QLoRA: load, watch, checkpoint, record; how it learns is the method's (`training/methods/`).

Reads prompts ({split}.parquet), a model's folder and, where it starts from one, an adapter's. Writes
curve.jsonl, record.json, what lies beside an adapter (`companions`), adapter_config.json and, last,
adapter_model.safetensors; checkpoint-*/ lie beside them while it runs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.records import peak_memory_gib, write_record
from kotune.core.storage import Json, explained, jsonl_line, replacing
from kotune.models import adapters, heads, loading
from kotune.prompts.encoding import Rows
from kotune.training import budget, checkpoints, engine, processes, recipes, tracking, watching
from kotune.training.adapter_file import write_adapter
from kotune.training.build import build, run
from kotune.training.companions import base_of, write_companions
from kotune.training.counts import Counts
from kotune.training.curves import curve_callback
from kotune.training.loftq import check as check_loftq
from kotune.training.lora import check_lora, check_start
from kotune.training.meter import Meter
from kotune.training.method import HEAD, ROWS, STARTS, Built, asks, method_of
from kotune.training.order import Order, fingerprints, fitted
from kotune.training.stopping import Stop

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, TrainingArguments


@dataclass(frozen=True)
class Prepared:
    """An order, checked and read: what is known before the model is loaded.

    ``asked``: the order as it was given; ``order``: in precision that the device has. ``inputs``: name → file of all
    that the record names. ``files``: split → its prompts.
    """

    asked: Order
    order: Order
    device: str
    config: TrainingArguments
    tokenizer: PreTrainedTokenizerBase
    files: dict[str, Path]
    rows: dict[str, Rows]
    inputs: dict[str, Path]
    fingerprints: dict[str, str]
    watch: watching.Asked
    notes: list[str]


def prepared(asked: Order) -> Prepared:
    """Check an order and read its rows; UserError for whatever can be seen to be wrong before the model is loaded."""
    device = loading.set_up_torch(asked.compute)
    if asks(asked.recipe, HEAD):
        asked = replace(asked, model={**asked.model, heads.KEY: heads.SPAN})
    weights = loading.model_files(asked.model["path"])
    started = {}
    if asked.adapter is not None:
        check_start(asked.adapter)
        started = {"from": adapters.weights_of(asked.adapter, asked.model["path"], weights)}
    method = method_of(asked.recipe)
    check_lora(asked.recipe["lora"])
    check_loftq(asked.recipe["lora"], device, Path(asked.model["path"]))
    method.check(asked.recipe)
    if asked.adapter is None and asks(asked.recipe, STARTS):
        raise UserError(f"recipe.method: {asked.recipe['method']} goes on from an arm's adapter; give --adapter")
    order, notes = fitted(asked, device)
    shared_out = {**order.recipe, "trainer": processes.shared_out(order.recipe["trainer"])}
    config = recipes.trainer_config(shared_out, order.folder, order.seed, device, order.valid is not None)
    watch = watching.asked_of(order.recipe, config)
    tokenizer = loading.load_tokenizer(order.model)
    files = {"train": order.prompts}
    if config.eval_strategy != "no" and order.valid is not None:
        files["valid"] = order.valid
    if asks(order.recipe, ROWS):
        if order.rows is None:
            raise UserError(
                f"recipe.method: {order.recipe['method']} looks at the rows behind the prompts; give --rows"
            )
        files["rows"] = order.rows
        files |= {f"held/{path.stem}": path for path in order.held}
    rows = method.read_rows(order.recipe, files, tokenizer, config)
    notes = [*asked.engine_notes, *notes, *budget.apply(order.recipe, config, rows["train"])]
    prompts = {"prompts" if split == "train" else split: path for split, path in files.items()}
    return Prepared(
        asked, order, device, config, tokenizer, files, rows, {**prompts, **started, **weights},
        fingerprints(asked, weights, list(files.values())), watch, notes,
    )  # fmt: skip


@dataclass
class State:
    """What changes while a training runs: counts, what evaluations have shown, and where it was continued from."""

    counts: Counts
    watcher: watching.Watcher
    checkpoint: Path | None = None

    @classmethod
    def found(cls, ready: Prepared) -> State:
        """Return a new state, or that of the newest whole checkpoint that was made under the same settings."""
        folder = ready.order.shared or ready.order.folder
        found = processes.first_alone(lambda: checkpoints.newest(folder, ready.fingerprints), cpu=ready.device == "cpu")
        state = cls(Counts(), watching.Watcher(ready.watch), found[0] if found else None)
        if found:
            state.counts.restore(found[1])
            state.watcher.restore(found[1], found[0])
        return state


def _make_ready(folder: Path, curve: list[Json]) -> None:
    """Leave nothing in the folder that could be taken for this training's result, and the curve as far as it is."""
    (folder / adapters.WEIGHTS).unlink(missing_ok=True)
    with replacing(folder / "curve.jsonl") as beside:
        beside.write_text("".join(jsonl_line(line) for line in curve))


def _facts(ready: Prepared, built: Built, state: State) -> Json:
    """Return what a record says was found out on the way."""
    checkpoint = state.checkpoint
    return {
        "trainable_parameters": sum(p.numel() for p in built.trainer.model.parameters() if p.requires_grad),
        "rows": {split: len(encoded.ids) for split, encoded in ready.rows.items()},
        "rows_excluded": {split: encoded.excluded for split, encoded in ready.rows.items()},
        "stop_token": ready.rows["train"].ends_with,
        "steps": built.trainer.state.global_step,
        "final_loss": state.counts.final_loss(),
        "target_tokens": state.counts.target_tokens,
        "resumed_from": int(checkpoint.name.split("-")[1]) if checkpoint else None,
        "processes": processes.count(),
        "passes": built.record(),
        "notes": ready.notes + built.notes,
        **state.watcher.facts(),
        **built.facts(),
    }


def _finish(mirror: tracking.Run, facts: Json, cost: Json, shown: int | None) -> None:
    """End the mirror of a training; ``shown``: the step whose samples are its examples, None for the last."""
    known = {name: facts[name] for name in ("final_loss", "steps", "best_step", "best_eval_loss") if name in facts}
    told = {name: value for name, value in cost.items() if isinstance(value, int | float)}
    mirror.finish({**known, **told, "peak_memory_gib": round(peak_memory_gib(), 3)}, shown)


def _write(ready: Prepared, built: Built, settings: Json, state: State, facts: Json, cost: Json) -> None:
    """Write record and adapter, and leave nothing beside them."""
    order = ready.order
    write_record(order.folder / "record.json", "adapter", settings, ready.inputs, cost, facts)
    # its README.md takes the place of TRL's model card, which each checkpoint remakes
    write_companions(
        order.model, order.recipe.get("quantization"), ready.tokenizer, ready.rows["train"].ends_with, order.folder,
        ready.inputs.get("from"),
    )  # fmt: skip
    write_adapter(built.trainer.model, base_of(order.model), order.folder, state.watcher.tensors)
    checkpoints.clear(order.folder)


def _leave(order: Order, step: int) -> NoReturn:
    """End a training that was told to stop, without an adapter; its checkpoint is what it leaves."""
    console.say(f"train {order.label}: told to stop at step {step}; checkpoint-{step} is kept, run again to continue")
    raise SystemExit(processes.STOPPED)


def _sampler(ready: Prepared) -> Any:
    """Return what answers rows of valid at each evaluation, or None where nothing does."""
    if not ready.watch.samples or processes.rank() > 0:
        return None
    return watching.Sampler.read(
        ready.watch, ready.files["valid"], ready.rows["valid"], ready.tokenizer, ready.order.model
    )


def train(asked: Order) -> Json:
    """Tune one model and write its adapter, curve and record; return the record's facts and cost, for the last line.

    A run that was killed continues from its newest whole checkpoint and ends with the bytes of an undisturbed run.
    One that is told to stop by SIGTERM writes a checkpoint first, and leaves by SystemExit.
    """
    began = time.monotonic()
    ready = prepared(asked)
    order, sampler = ready.order, _sampler(ready)
    with explained(order.folder, "make the folder"):
        order.folder.mkdir(parents=True, exist_ok=True)
    state = State.found(ready)
    counts, watcher = state.counts, state.watcher
    make = build if order.engine == engine.TRL else engine.module(order.engine).build
    built = make(order, ready.config, ready.rows, ready.tokenizer, counts, ready.device)
    if state.checkpoint:
        built.trainer.args.eval_on_start = False  # it is in the curve
        console.say(f"train {order.label}: continues from {state.checkpoint.name}")
    _make_ready(order.folder, counts.curve)
    settings = {name: getattr(asked, name) for name in ("model", "recipe", "seed", "compute")}
    mirror, stop = tracking.start(order.tracking, settings, ready.fingerprints, counts.curve), Stop()
    built.trainer.add_callback(
        curve_callback(
            order.label,
            order.folder,
            counts,
            ready.fingerprints,
            mirror,
            watcher,
            sampler,
            stop,
            built.trainer,
            built.logged,
        )
    )
    counts.meter = Meter.begun(ready.device, counts.joules_before)
    setup, counts.started = time.monotonic() - began, time.monotonic()
    with stop.heeded():
        run(built.trainer, state.checkpoint, order.folder, watcher.stopped_at is not None)
    if stop.at is not None:
        _leave(order, stop.at)
    cost = counts.cost() | {"setup_seconds": round(setup, 3)}
    facts = _facts(ready, built, state)
    _finish(mirror, facts, cost, watcher.best_step if ready.watch.best else None)
    _write(ready, built, settings, state, facts, cost)
    return {**facts, **cost}
