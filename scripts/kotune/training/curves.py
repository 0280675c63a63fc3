"""A training's curve: curve.jsonl line by line, and with it progress, checkpoints' marks and what evaluations decide.

Writes curve.jsonl and checkpoint-*/kotune.json. A line has ``step`` and either a training loss (``loss``), an
evaluation's (``eval_loss``) or ``samples``: what the adapter answered at an evaluation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import Json, explained, jsonl_line
from kotune.training import checkpoints, processes, tracking
from kotune.training.counts import Counts
from kotune.training.stopping import Stop
from kotune.training.watching import Sampler, Watcher

if TYPE_CHECKING:
    from transformers import TrainerCallback


def curve_callback(
    label: str,
    folder: Path,
    counts: Counts,
    asked: dict[str, str],
    mirror: tracking.Run,
    watcher: Watcher,
    sampler: Sampler | None = None,
    stop: Stop | None = None,
    trainer: Any = None,
    logged: tuple[str, ...] = (),
) -> TrainerCallback:
    """Return the callback of a training; see `Curve`."""
    return callback_class()(label, folder, counts, asked, mirror, watcher, sampler, stop or Stop(), trainer, logged)


@cache
def callback_class() -> type[TrainerCallback]:
    """Return transformers' TrainerCallback with `Curve` in front of it; transformers is imported for it."""
    from transformers import TrainerCallback

    return type("CurveCallback", (Curve, TrainerCallback), {})


@dataclass
class Curve:
    """Writes a curve, says progress, marks checkpoints as whole and heeds evaluations.

    ``asked``: the fingerprints of what was asked. ``mirror``: where the curve goes besides. ``sampler``: what answers
    rows at each evaluation; None where nothing does. ``stop``: whether the training was told to stop. ``trainer``: its
    sum of losses since the last line is kept in checkpoints, since one that was asked for may lie between two lines.
    ``logged``: its own metrics that a line holds besides, under its names.
    """

    label: str
    folder: Path
    counts: Counts
    asked: dict[str, str]
    mirror: tracking.Run
    watcher: Watcher
    sampler: Sampler | None = None
    stop: Stop = field(default_factory=Stop)
    trainer: Any = None
    logged: tuple[str, ...] = ()
    progress: console.Progress | None = field(default=None, init=False)
    loss: str = field(default="", init=False)  # the last one, as it is said

    def write(self, line: Json) -> None:
        """Add a line to the curve, in memory, on disk and in the mirror."""
        self.counts.curve.append(line)
        with explained(self.folder / "curve.jsonl", "write"), open(self.folder / "curve.jsonl", "a") as file:
            file.write(jsonl_line(line))
        self.mirror.log(line)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Check that evaluations come as the watcher needs them, and begin to say progress."""
        self.watcher.check_steps(state.eval_steps, state.max_steps)
        self.progress = console.Progress(f"train {self.label}", state.max_steps)
        self.loss = ""
        if self.trainer is not None and self.counts.pending is not None:
            self.trainer._tr_loss += self.counts.pending["loss"]
            self.trainer._globalstep_last_logged = self.counts.pending["logged"]
            if "metrics" in self.counts.pending:
                self.trainer._metrics["train"].update(self.counts.pending["metrics"])

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Say progress, and see to it that the last step's loss is logged."""
        self.progress.update(state.global_step, self.loss)
        if state.global_step >= state.max_steps:  # a training shorter than logging_steps has a loss to show, too
            control.should_log = True
        if self.watcher.asked.patience is not None and control.should_evaluate:  # it may be the last step
            control.should_log = True
        if state.global_step < state.max_steps and self.stop.wanted():
            self.stop.at = state.global_step
            control.should_save = control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, logs: Json, **_: Any) -> None:
        """Write a line for a loss; UserError for one that is not a number."""
        loss = next((name for name in ("loss", "eval_loss") if name in logs), None)
        if loss is None:  # the summary at the end: times, which belong into the record
            return
        line: Json = {"step": state.global_step, "epoch": state.epoch, loss: float(logs[loss])}
        if not math.isfinite(line[loss]):
            raise UserError(
                f"train {self.label}: {loss} is not a number at step {state.global_step}; "
                "lower trainer.learning_rate of the recipe, or look at the rows"
            )
        if loss == "loss":
            norm = float(logs.get("grad_norm", math.nan))
            line["grad_norm"] = norm if math.isfinite(norm) else None  # fp16 skips steps that overflow
            line["learning_rate"] = float(logs["learning_rate"])
            line |= {"tokens": self.counts.tokens, "target_tokens": self.counts.target_tokens}
            self.loss = f"loss {line['loss']:.3g}"
        prefix = "" if loss == "loss" else "eval_"
        line |= {prefix + name: float(logs[prefix + name]) for name in self.logged if prefix + name in logs}
        self.write(line)

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Json, model: Any, **_: Any) -> None:
        """Write what the rows of valid are answered with, and stop where the watcher says so."""
        if self.sampler is not None:
            self.write({"step": state.global_step, "samples": self.sampler.answer(model)})
        if self.watcher.judge(state.global_step, state.max_steps, float(metrics["eval_loss"]), model):
            best = self.watcher.best_step
            console.say(f"train {self.label}: stops early at step {state.global_step}, best step {best}")
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Mark the checkpoint that the trainer has written."""
        checkpoint = self.folder / f"checkpoint-{state.global_step}"
        self.watcher.keep(checkpoint)
        if self.trainer is not None:
            loss = processes.mean(float(self.trainer._tr_loss))
            self.counts.pending = {"loss": loss, "logged": self.trainer._globalstep_last_logged}
            if self.logged and hasattr(self.trainer, "_metrics"):  # TRL's means of the steps since the last line
                self.counts.pending["metrics"] = {name: list(of) for name, of in self.trainer._metrics["train"].items()}
        checkpoints.mark(checkpoint, self.asked, {**self.counts.state(), **self.watcher.state()})
