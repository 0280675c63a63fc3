"""A report of a study beside the published KoBEST accuracies, with our own numbers where they are given."""

from pathlib import Path

from checkout import ROOT

from kotune.printing.numbers import Numbers, merged, number
from kotune.report.gather import published, published_tasks
from kotune.report.view import Report

PATH = str(ROOT / "config/published/kobest.yaml")
START = "toy.published.five_shot"
AOG, ORCA, BASE = (
    "werty1248/Llama-3-Ko-8B-Instruct-AOG",
    "werty1248/Llama-3-Ko-8B-OpenOrca",
    "beomi/Llama-3-Open-Ko-8B",
)


def report(stands_for=None):
    """Return a report of a study that names the file; ``stands_for``: the model that its stand-in stands for."""
    model = {"name": "open-ko", "hub_id": None if stands_for else BASE, "stands_for": stands_for}
    settings = {
        "study": "toy", "published": PATH, "models": [model], "reported": ["test"], "primary_metric": "char_f1",
        "ensembles": None, "arms": {"base": {"models": ["open-ko"]}}, "arm_order": ["base"],
    }  # fmt: skip
    return Report(settings, Path("results/full/toy"))


def gathered(one, ours=None):
    """Return all numbers; ``ours``: our accuracy of the base on boolq."""
    key = "toy.harness.kobest.base.open-ko.published-5shot-none.kobest_boolq.acc"
    known = {} if ours is None else {key: number(ours, 4, ["record.json"], (ours - 0.02, ours + 0.02), n=1404)}
    document, numbers = published.document_of(one), Numbers(known, "toy")
    more = published_tasks.entries_of(one, document, numbers, [one.shown(PATH)])
    return Numbers(merged([known, published.published(one, numbers), more]), "toy")
