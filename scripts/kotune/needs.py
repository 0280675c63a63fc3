"""What a run needs before it starts: downloads and their size, licences, tokens, files to bring, trainings.

Reads the resolved studies and looks which snapshots are there already; writes nothing. Sizes are estimates from the
catalogue's parameter counts at two bytes each, and say so; what is not known is called not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kotune.origins import snapshot_file
from kotune.storage import Json
from kotune.studies import BASE, Study

BYTES_A_PARAMETER = 2  # hub weights are stored in 16 bits


def _there(study: Study, kind: str, name: str) -> bool:
    return (study.root / snapshot_file(kind, name)).is_file()


def model_needs(study: Study, name: str, entry: Json) -> str:
    """Return one line on a hub model: its size, whether it is there, its licence, whether access must be asked for."""
    size = (
        f"about {entry['parameters'] * BYTES_A_PARAMETER / 1e9:.1f} GB" if "parameters" in entry else "size not known"
    )
    state = "is here" if _there(study, "models", name) else f"to download, {size}"
    unverified = " (unverified)" if "licence" in entry.get("unverified", []) else ""
    licence = f"licence {entry['licence']}{unverified}" if "licence" in entry else "licence not stated"
    gate = ""
    if entry.get("gated"):
        gate = f"; gated: accept its terms at huggingface.co/{entry['hub_id']} and set HF_TOKEN"
    return f"model {name}: {state}; {licence}{gate}"


def needs_of(studies: Iterable[Study], config: Json) -> list[str]:
    """Return what the studies need at a scale without stand-ins, one line each, and a line with the sum."""
    lines: dict[str, None] = {}
    total = 0.0
    for study in studies:
        if study.lens["stand_ins"]:
            continue
        for name in study.models:
            entry = config["models"][name]
            lines[model_needs(study, name, entry)] = None
            if not _there(study, "models", name):
                total += entry.get("parameters", 0) * BYTES_A_PARAMETER / 1e9
        if "hub_id" in study.embedder:
            state = "is here" if _there(study, "models", study.embedder["name"]) else "to download, size not known"
            lines[f"embedder {study.embedder['name']}: {state}"] = None
        dataset = config["datasets"].get(study.source["dataset"], {})
        if study.hub_dataset:
            state = "is here" if _there(study, "datasets", study.hub_dataset) else "to download, size not known"
            lines[f"data set {study.hub_dataset}: {state}; licence {dataset.get('licence', 'not stated')}"] = None
        else:
            files = [study.source.get("path"), *study.source.get("files", {}).values()]
            lines[f"rows of {study.name}: {', '.join(str(Path(file)) for file in files if file)}"] = None
        trainings = sum(arm != BASE for _, arm, _ in study.treatments())
        hours = "hours not known before a rehearsal on your card"
        lines[f"{study.name}: {trainings} trainings and {len(study.treatments())} sets of answers; {hours}"] = None
    if lines:
        lines[f"in all about {total:.1f} GB of models to download"] = None
    return list(lines)
