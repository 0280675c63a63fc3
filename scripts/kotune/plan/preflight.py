"""What a preflight is asked: everything that a run takes from the hub, or only what this run would download.

Reads nothing but the plan; at the start of a run it asks the hub, prints, and ends the run where a fault bars it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kotune.core.storage import Json
from kotune.hub import findings, preflight
from kotune.plan import data
from kotune.plan.paths import Plan, Wildcards
from kotune.rows.bundles import parted
from kotune.study.checks import downloads_of
from kotune.study.mixtures import MIXTURE
from kotune.study.origins import hub_folder

LOCK = "config/hub.lock.yaml"
DOWNLOADS = {"download_model": "models", "download_dataset": "datasets"}  # rule → section of the hub's folder
OF_AN_ENTRY = {"model": (*data.OF_A_MODEL, "parameters"), "embedder": data.OF_A_MODEL}


def _of_hub(plan: Plan, kind: str, name: str) -> Json:
    folder = hub_folder("datasets" if kind == "dataset" else "models", name)
    if kind == "dataset":
        kept = data.of_dataset(plan, name)
    else:
        kept = {key: value for key, value in plan.config[f"{kind}s"][name].items() if key in OF_AN_ENTRY[kind]}
    return {"kind": kind, "name": name, "entry": kept, "folder": plan.beside(folder)}


def everything(plan: Plan) -> list[Json]:
    """Return what the studies take from the hub or from the user, once each; nothing at a scale with stand-ins."""
    found: list[Json] = []
    for study in plan.every:
        if study.lens["stand_ins"] or "rehearsal" in study.lens:
            continue
        found += [_of_hub(plan, "model", name) for name in study.models]
        found += [_of_hub(plan, "embedder", one["name"]) for one in study.embedders if "hub_id" in one]
        for one in study.evaluations.values():
            if one.hub_dataset:
                continue
            parts = one.source.get(MIXTURE, {}).get("parts", [])
            others = [part["path"] for part in parts if "hub" not in part]
            places = [one.source.get("path"), *one.source.get("files", {}).values(), *others]
            for file in dict.fromkeys(parted(place)[0] for place in places if place):
                ours = file if Path(file).exists() else plan.beside(file)
                found.append({"kind": "rows", "name": study.name, "entry": {}, "folder": str(ours)})
        found += [_of_hub(plan, "dataset", name) for name in downloads_of(study, plan.config["datasets"])]
    return [one for number, one in enumerate(found) if one not in found[:number]]


def everything_of_job(plan: Plan, wildcards: Wildcards) -> list[Json]:
    """Return `everything`, as the params of the rule preflight."""
    return everything(plan)


def to_download(plan: Plan, jobs: Iterable[Any]) -> list[Json]:
    """Return what the downloads among a run's jobs are of."""
    found = []
    for job in jobs:
        section = DOWNLOADS.get(job.rule.name)
        if section:
            name = job.wildcards.hub_name
            kind = "dataset" if section == "datasets" else "embedder" if name in plan.config["embedders"] else "model"
            found.append(_of_hub(plan, kind, name))
    return sorted(found, key=lambda one: (one["kind"], one["name"]))


def things(asked: Iterable[Json]) -> list[findings.Asked]:
    """Return what is asked, as the hub's package takes it."""
    return [findings.Asked(one["kind"], one["name"], one["entry"], Path(one["folder"])) for one in asked]


def begin(plan: Plan, jobs: Iterable[Any]) -> None:
    """Ask the hub about what a run would download, print what it says, and end the run where a fault bars it.

    Nothing is asked where ``preflight`` is false in the configuration, or nothing is to be downloaded.
    """
    asked = to_download(plan, jobs) if plan.config.get("preflight", True) else []
    found = preflight.inspected(things(asked), Path(plan.beside(LOCK)))
    if any(one.cells.get("to come") != "is here" or one.bars for one in found):
        print(findings.report(found), file=sys.stderr)
    if said := findings.verdict(found):
        sys.exit(f"error: {said}; without this check: --config preflight=False")
