"""Mirror a training to Weights & Biases. Curves and results go to JSON lines first; nothing depends on the mirror.

Writes {folder}/wandb/ when tracking is `offline` or `online`; imports wandb only then.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from kotune.core.console import say
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.training.checkpoints import fingerprint

MODES = ("disabled", "offline", "online")
# What a run is logged under; the dashboard looks for these names.
CURVE = ("loss", "eval_loss", "grad_norm", "learning_rate", "tokens", "target_tokens")
SUMMARY = ("final_loss", "best_eval_loss", "best_step", "steps", "seconds", "tokens_per_second", "peak_memory_gib")
SAMPLES, EXAMPLES = "samples", "examples"  # tables: answers at each evaluation, and those of the adapter as written
SEEDED = ("seed", "prompts", "adapter")  # the fingerprints that may differ between the seeds of one treatment
COLUMNS = ("step", "id", "answer", "gold")


class Run:
    """One training's mirror. It does nothing where tracking is disabled, and goes silent after its first failure."""

    def __init__(self, live: Any = None) -> None:
        self.live = live
        self.samples: list[list[Any]] = []

    def log(self, line: Json) -> None:
        """Mirror one line of curve.jsonl; its step is the run's step. Samples become a table of all so far."""
        values = {name: value for name, value in line.items() if name != "step"}
        if SAMPLES in values:
            self.samples += [[line["step"], *(row[name] for name in COLUMNS[1:])] for row in values[SAMPLES]]
            self._attempt("log", lambda run: run.log({SAMPLES: _table(self.samples)}, step=line["step"]))
        else:
            self._attempt("log", lambda run: run.log(values, step=line["step"]))

    def finish(self, metrics: Json, step: int | None = None) -> None:
        """Store the final metrics, and the samples of ``step`` (None: the last) as examples, and end the run."""
        if self.samples:
            shown = self.samples[-1][0] if step is None else step
            rows = [row for row in self.samples if row[0] == shown]
            self._attempt("log", lambda run: run.log({EXAMPLES: _table(rows)}))
        self._attempt("finish", lambda run: (run.summary.update(metrics), run.finish()))
        self.live = None

    def _attempt(self, doing: str, call: Callable[[Any], object]) -> None:
        if self.live is None:
            return
        try:
            call(self.live)
        except Exception as error:  # whatever the mirror does, a training is worth more
            _failed(doing, error)
            self.live = None


def _table(rows: list[list[Any]]) -> Any:
    import wandb

    return wandb.Table(columns=list(COLUMNS), data=rows)


def _failed(doing: str, error: Exception) -> None:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    say(f"tracking: wandb could not {doing} ({reason}); the training goes on, curve.jsonl holds its curve")


def names_of(settings: Json, seed: int, asked: dict[str, str]) -> dict[str, str]:
    """Return the group and the id of a run, each ending with a hash of what was asked.

    ``asked``: the fingerprints by which checkpoints are continued, so that a resumed training goes on in its run and
    one with other settings gets a run of its own. The group's hash leaves out what differs from seed to seed.
    """
    treatment = "-".join(str(settings[key]) for key in ("study", "scale", "model", "arm"))
    shared = {name: value for name, value in asked.items() if name not in SEEDED}
    return {
        "group": _named(treatment, shared),
        "id": _named(f"{treatment}-seed{seed}", asked),
    }


def _named(text: str, asked: dict[str, str]) -> str:
    """Return a name that wandb takes: up to 128 characters, none of those that it refuses."""
    return f"{re.sub(r'[^0-9A-Za-z._-]', '_', text)[:119]}-{fingerprint(asked)[:8]}"


def _started(settings: Json, mode: str, config: Json, asked: dict[str, str]) -> Any:
    """Return wandb's run."""
    import wandb

    folder, arm = Path(settings["folder"]), settings["arm"]
    names = names_of(settings, config["seed"], asked)
    folder.mkdir(parents=True, exist_ok=True)
    return wandb.init(
        project=settings["project"],
        group=names["group"],
        id=names["id"],
        name=names["id"],
        dir=folder,
        mode=mode,
        config={**config, **{key: settings[key] for key in ("study", "scale", "arm")}},
        job_type=arm,
        resume="allow",
        # No host name, no command line, no source code: an offline run can be published as it is.
        settings=wandb.Settings(
            console="off",
            silent=True,
            disable_git=True,
            disable_code=True,
            x_disable_meta=True,
            x_disable_stats=True,
        ),
    )


def start(settings: Json, config: Json, asked: dict[str, str], curve: Iterable[Json] = ()) -> Run:
    """Start the mirror of one training and give it what a resumed training's curve already holds.

    ``settings``: mode, project, study, scale, model, arm, folder. Study, scale and arm stand in the run's configuration
    (the arm is its job type, too), so that runs can be found and grouped by them. ``config``: what was asked, with the
    seed; ``asked``: see `names_of`. The API key comes from WANDB_API_KEY and from nowhere else; without one an online
    run is kept offline.
    """
    mode = settings.get("mode", "disabled")
    if mode not in MODES:
        raise UserError(f"tracking: unknown mode '{mode}'{nearest(str(mode), MODES)}")
    if mode == "disabled":
        return Run()
    if mode == "online" and not os.environ.get("WANDB_API_KEY"):
        mode = "offline"
        say("tracking: WANDB_API_KEY is not set, so the run is kept offline; `wandb sync` can send it later")
    try:
        live = _started(settings, mode, config, asked)
    except Exception as error:  # whatever the mirror does, a training is worth more
        _failed("start", error)
        return Run()
    run = Run(live)
    for line in curve:
        run.log(line)
    return run
