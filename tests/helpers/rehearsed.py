"""Settings of a rehearsal that a CPU runs in a second or two, and its document with made-up measurements."""

import copy

from shortened import CAPS
from studies import configuration

from kotune.cost import fit
from kotune.rehearsal import result
from kotune.rehearsal.settings import settings_of
from kotune.study import resolve

CONFIG = configuration(scale="rehearsal", data={})
ON_CPU = {"optim": "adamw_torch", "bf16": False, "fp16": False, "gradient_checkpointing": False}


def shrunken(model, arm, **changes):
    """The settings of a rehearsal on a CPU, as a scale with caps would give them."""
    study = resolve.study_at("econ-qa", CONFIG)
    study.lens["rehearsal"] |= {"warmup_steps": 1, "timed_steps": 2, "prompts": 3, "max_tokens": 96, "shape_caps": CAPS}
    study.lens["compute"] |= {"device": "cpu", "threads": 1}
    settings = copy.deepcopy(settings_of(study, CONFIG, model, arm))
    settings["recipe"]["trainer"] |= ON_CPU
    settings["generation"] |= {"max_new_tokens": 6, "batch_size": 2}
    return settings | changes


def measured(tuned=True, **training):
    """What a rehearsal measured, made up: a thousand tokens a second, two prompts a second."""
    part = {"seconds": 2.0, "joules": 100.0, "gib": 1.0, "gib_allocated": 0.5, "notes": [], "passes": None}
    trained = {**part, "fits": True, "steps": 2, "tokens": 2000, "tokens_per_second": 1000.0, **training}
    answers = {**part, "fits": True, "prompts": 4, "prompt_tokens": 400, "new_tokens": 24, "prompts_per_second": 2.0}
    return {"training": trained if tuned else None, "answers": answers, "energy": "made up", "device": "cpu"}


def document(model="llama-3.2-3b-instruct", arm="qlora", found=None, **changes):
    settings = shrunken(model, arm, **changes)
    return result.document(settings, fit.job_of(settings, None, None), found or measured(arm != "base"), brought=False)
