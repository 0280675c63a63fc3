"""Rehearse one (model, arm): its true shape with random weights, a few steps and a few answers, on this machine's GPU.

Reads nothing but its settings and row lengths, and writes nothing that stays. Running out of memory is a result
as well: it does not fit.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable
from pathlib import Path

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.gpu_energy import of_torch
from kotune.core.storage import Json
from kotune.cost.fit import Job, full_run
from kotune.models import loading
from kotune.rehearsal import runs


def check_device(settings: Json) -> str:
    """Return the device that work runs on; UserError where there is no GPU, and the shapes are not capped for a CPU."""
    device, asked = loading.set_up_torch(settings["compute"]), settings["compute"]["device"]
    if device == "cpu" and asked != "cpu":
        raise UserError(
            "a rehearsal needs a GPU, and torch sees none here; run it where the studies will be trained, or look at "
            "the predictions alone in `snakemake -n --config scale=full`"
        )
    if device == "cpu" and "shape_caps" not in settings["rehearsal"]:
        raise UserError(
            "config/scales/, compute.device: a rehearsal of true shapes needs a GPU; on `cpu` it runs shrunken ones "
            "only, so give rehearsal.shape_caps"
        )
    return device


def _empty(device: str) -> None:
    """Empty the memory, and begin a new peak."""
    import torch

    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def full_memory(error: BaseException | None) -> bool:
    """Return whether an error says, or was made of one that says, that the GPU's memory is full."""
    import torch

    while error is not None:
        if isinstance(error, torch.cuda.OutOfMemoryError) or "CUDA out of memory" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def measured(what: Callable[[], Json], device: str, label: str) -> Json:
    """Return what a measurement gives and `fits`: a full memory is a measurement too."""
    console.say(f"rehearse {label}")
    try:
        _empty(device)
        return {"fits": True, **what()}
    except Exception as error:
        if not full_memory(error):
            raise
        console.say(f"rehearse {label}: does not fit")
    _empty(device)  # outside the handler, whose error still holds the tensors
    return {"fits": False}


def rehearse(settings: Json, job: Job) -> Json:
    """Return what was measured: {"device", "training" (null for a base), "answers", "energy"}."""
    device = check_device(settings)
    energy = of_torch(device)
    label, tuned = settings["label"], None
    if job.tuned:
        with tempfile.TemporaryDirectory(prefix="kotune-rehearsal-") as folder:
            tuned = measured(
                lambda: runs.rehearse_training(settings, job, device, energy, Path(folder)),
                device,
                f"{label}, training",
            )
    answers = measured(lambda: runs.rehearse_answers(settings, job, device, energy), device, f"{label}, answers")
    return {"training": tuned, "answers": answers, "energy": energy.why or "NVML, the whole card", "device": device}


def extrapolated(result: Json, job: Job) -> Json:
    """Return a measurement with rows a second, hours and Wh of the full run added to its parts."""
    training_part, answers = result["training"], result["answers"]
    if training_part and training_part["fits"]:
        mean = sum(map(sum, job.rows)) / len(job.rows)
        rate = training_part["tokens_per_second"] / mean
        training_part |= {"rows_per_second": rate, "hours": full_run(rate, job.rows_learned)}
        _energy(training_part)
    if answers["fits"]:
        answers |= {"hours": full_run(answers["prompts_per_second"], job.answer_count)}
        _energy(answers)
    return result


def _energy(part: Json) -> None:
    """Add the watts that were drawn, and the Wh of the full run; null where there was no counter."""
    joules = part["joules"]
    part["watts"] = None if joules is None else joules / part["seconds"]
    part["wh"] = None if joules is None else part["watts"] * part["hours"]
