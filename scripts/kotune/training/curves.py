"""A training's curve: curve.jsonl line by line, and with it progress, checkpoints' marks and what evaluations decide.

Writes curve.jsonl and checkpoint-*/kotune.json. A line has ``step`` and either a training loss (``loss``), an
evaluation's (``eval_loss``) or ``samples``: what the adapter answered at an evaluation.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import Json, explained, jsonl_line
from kotune.training import checkpoints, tracking
from kotune.training.counts import Counts
from kotune.training.watching import Sampler, Watcher

if TYPE_CHECKING:
    from transformers import TrainerCallback


def curve_callback(
    label: str,
    folder: Path,
    counts: Counts,
    asked: dict[str, str],
    run: tracking.Run,
    watcher: Watcher,
    sampler: Sampler | None = None,
) -> TrainerCallback:
    """Return the callback that writes a curve, says progress, marks checkpoints as whole and heeds evaluations."""
    from transformers import TrainerCallback

    def write(line: Json) -> None:
        counts.curve.append(line)
        with explained(folder / "curve.jsonl", "write"), open(folder / "curve.jsonl", "a") as file:
            file.write(jsonl_line(line))
        run.log(line)

    class CurveCallback(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            watcher.check_steps(state.eval_steps, state.max_steps)
            self.progress = console.Progress(f"train {label}", state.max_steps)
            self.loss = ""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.progress.update(state.global_step, self.loss)
            if state.global_step >= state.max_steps:  # a training shorter than logging_steps has a loss to show, too
                control.should_log = True
            if watcher.asked.patience is not None and control.should_evaluate:  # it may be the last step
                control.should_log = True

        def on_log(self, args: Any, state: Any, control: Any, logs: Json, **_: Any) -> None:
            line: Json = {"step": state.global_step, "epoch": state.epoch}
            loss = next((name for name in ("loss", "eval_loss") if name in logs), None)
            if loss is None:  # the summary at the end: times, which belong into the record
                return
            line[loss] = float(logs[loss])
            if not math.isfinite(line[loss]):
                raise UserError(
                    f"train {label}: {loss} is not a number at step {state.global_step}; "
                    "lower trainer.learning_rate of the recipe, or look at the rows"
                )
            if loss == "loss":
                norm = float(logs.get("grad_norm", math.nan))
                line["grad_norm"] = norm if math.isfinite(norm) else None  # fp16 skips steps that overflow
                line["learning_rate"] = float(logs["learning_rate"])
                line |= {"tokens": counts.tokens, "target_tokens": counts.target_tokens}
                self.loss = f"loss {line['loss']:.3g}"
            write(line)

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Json, model: Any, **_: Any) -> None:
            if sampler is not None:
                write({"step": state.global_step, "samples": sampler.answer(model)})
            if watcher.judge(state.global_step, state.max_steps, float(metrics["eval_loss"]), model):
                console.say(f"train {label}: stops early at step {state.global_step}, best step {watcher.best_step}")
                control.should_training_stop = True

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            checkpoint = folder / f"checkpoint-{state.global_step}"
            watcher.keep(checkpoint)
            checkpoints.mark(checkpoint, asked, {**counts.state(), **watcher.state()})

    return CurveCallback()
