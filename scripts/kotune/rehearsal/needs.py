"""What a run needs before it starts: downloads and their size, licences, access tokens, the user's files, trainings.

Reads the resolved studies, which snapshots already exist, and what a rehearsal found; writes nothing.
Sizes are estimates from the catalogue's parameter counts at two bytes each, and hours without a rehearsal are the cost
model's; both say so. If something is not known, that is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kotune.choice.facts import commercial
from kotune.core.errors import UserError
from kotune.core.names import SELECTED
from kotune.core.storage import Json, read_json
from kotune.cost import fit, processor
from kotune.cost.cards import cards_of
from kotune.hub import gguf
from kotune.models.precision import AUTO, BYTES_A_PARAMETER
from kotune.rehearsal import settings
from kotune.study.evaluations import asked_with
from kotune.study.kept_arms import LEFT_OUT, UNASKED
from kotune.study.mixtures import MIXTURE
from kotune.study.origins import snapshot_file
from kotune.study.scales import lens_at
from kotune.study.study import Study
from kotune.study.wording import prompt_additions

REHEARSAL = "rehearsal"  # the scale, a file in config/scales/
BYTES_IN_FULL = 4  # of a value that a GGUF file holds in fewer bits: it is written in float32


def _there(study: Study, kind: str, name: str) -> bool:
    return (study.root / snapshot_file(kind, name)).is_file()


def model_needs(study: Study, name: str, entry: Json, licences: Json) -> str:
    """Return one line on a model: its size, whether it is there, its licence, whether access must be asked for.

    ``licences``: those of the catalogue, which say whether commercial use is allowed.
    """
    size = (
        f"about {entry['parameters'] * BYTES_A_PARAMETER / 1e9:.1f} GB" if "parameters" in entry else "size not known"
    )
    to_come = of_gguf(entry) if "gguf" in entry else f"to download, {size}"
    state = "is here" if _there(study, "models", name) else to_come
    unverified = " (unverified)" if "licence" in entry.get("unverified", []) else ""
    use = commercial(entry.get("licence"), licences) or "not known"
    licence = f"licence {entry['licence']}{unverified}" if "licence" in entry else "licence not stated"
    licence = f"{licence}, commercial use: {use}"
    gate = ""
    if entry.get("gated") and "gguf" not in entry:
        gate = f"; gated: accept its terms at huggingface.co/{entry['hub_id']} and set HF_TOKEN"
    return f"model {name}: {state}; {licence}{gate}"


def of_gguf(entry: Json) -> str:
    """Return what a model takes that is made of a GGUF file: where that comes from, its size, and the size it gets."""
    own, packages = gguf.path_of(entry["gguf"]), gguf.source_of(entry["gguf"])
    size = own.stat().st_size if own and own.is_file() else entry["gguf"].get("bytes")
    said = f"{size / 1e9:.1f} GB" if size else "size not known"
    grown = f" to about {entry['parameters'] * BYTES_IN_FULL / 1e9:.1f} GB" if "parameters" in entry else ""
    if own:
        return f"to convert from {own}, {said},{grown or ' to float32'}"
    return f"to fetch as GGUF by pip, {len(packages)} packages, {said}, and to convert{grown}"


def _jobs(study: Study) -> list[tuple[str, str]]:
    """Return (model, arm) of each treatment; of the selected model, which nobody knows yet, the first candidate."""
    first = next(iter(study.models))
    return [(first if model == SELECTED else model, arm) for model, arm, _ in study.treatments()]


def rehearsed_hours(study: Study, results: Path) -> str | None:
    """Return the hours that a rehearsal of every treatment found; None where one is missing or did not fit."""
    total, cards = 0.0, set()
    for model, arm in _jobs(study):
        path = results / REHEARSAL / study.owner_of(arm) / "rehearsal" / model / f"{arm}.json"
        if not path.is_file():
            return None
        found = read_json(path)
        if not found["measured"]["fits"] or found["shrunken"]:
            return None
        parts = (found["measured"]["training"], found["measured"]["answers"])
        total += sum(part["hours"] for part in parts if part)
        cards.add(found["on"]["device"])
    return f"about {total:,.1f} hours by its rehearsal on {', '.join(sorted(cards))}"


def predicted_hours(study: Study, config: Json) -> str | None:
    """Return the hours that the cost model predicts on each card that holds every treatment; None where it cannot."""
    try:
        asked = lens_at(REHEARSAL, study.root)
        catalogue, constants = settings.cost_constants(study.root)
        jobs = [
            fit.job_of(settings.of_lens(study, config, model, arm, asked), None, None) for model, arm in _jobs(study)
        ]
        said = []
        for card in cards_of(catalogue).values():
            found = [fit.predicted(job, card, constants) for job in jobs]
            if all(one["fits"] for one in found):
                parts = [part for one in found for part in (one["training"], one["answers"]) if part]
                said.append(f"{card.name}: {_hours(sum(part['hours'] for part in parts))}")
    except UserError:  # a shape, or the rows' lengths, that nobody knows
        return None
    if not said:
        return "predicted to fit none of the cards of config/cards.yaml"
    return f"hours predicted for the row lengths that the study assumes: {', '.join(said)}; rehearse on your own card"


def _hours(hours: float) -> str:
    """Return hours in print: whole ones, and tenths where they are few."""
    return f"{hours:,.0f}" if hours >= 10 else f"{hours:.1f}" if hours >= 0.1 else "under 0.1"


def without_gpu(study: Study, config: Json) -> str | None:
    """Return what the study takes on a processor, at a scale that runs on one; None where that cannot be said."""
    if study.lens["compute"]["dtype"] != AUTO or any(
        "parameters" not in config["models"][name] for name in study.models
    ):
        return None
    sizes = {name: config["models"][name]["parameters"] for name in study.models}
    try:
        asked, constants = lens_at(REHEARSAL, study.root), settings.cost_constants(study.root)[1]["cpu"]
        spent = 0.0
        for model, arm in _jobs(study):
            job = fit.job_of(settings.of_lens(study, config, model, arm, asked), None, None)
            shown = prompt_additions(asked_with(study.arms[arm]), study.root).get("shots", {}).get("number", 0)
            spent += processor.seconds(job, sizes[model], constants, shown)
    except UserError:  # a shape, or the rows' lengths, that nobody knows
        return None
    memory = processor.gigabytes(max(sizes.values()))
    time = f"{spent / 60:,.0f} minutes" if spent < 7200 else f"{spent / 3600:,.0f} hours"
    return (
        f"without a GPU at most about {time} on {constants['cores']} cores by the tokens that the study assumes, and "
        f"{memory:,.1f} GB of memory for weights alone; with a GPU, the hours that stand above"
    )


def _work(study: Study) -> str:
    """Return how many trainings and sets of answers a study has, and how many of them it shares."""
    arms = [arm for _, arm, _ in study.treatments()]
    work = f"{sum(map(study.trains, arms))} trainings and {len(arms)} sets of answers"
    shared = [arm for arm in arms if arm in study.shared_arms]
    if not shared:
        return work
    return f"{work}, of them {sum(map(study.trains, shared))} and {len(shared)} shared with {study.owner}"


def hours_of(study: Study, config: Json, results: Path) -> str:
    """Return what is known of the hours: measured in a rehearsal, else predicted, else nothing."""
    known = rehearsed_hours(study, results) or predicted_hours(study, config)
    return known or "hours not known before a rehearsal on your card"


def download_bytes(entry: Json) -> int:
    """Return how much comes over the network for a model, as far as the catalogue knows."""
    if "gguf" in entry:
        return entry["gguf"].get("bytes", 0) if gguf.source_of(entry["gguf"]) else 0
    return entry.get("parameters", 0) * BYTES_A_PARAMETER


def rows_needs(study: Study, config: Json) -> list[str]:
    """Return a line for each data set that a study's own rows come from, or one for the files."""
    parts = study.source.get(MIXTURE, {}).get("parts", [])
    asked = [study.hub_dataset] if study.hub_dataset else [part["hub"] for part in parts if "hub" in part]
    lines = []
    for name in asked:
        licence = config["datasets"].get(study.source["dataset"] if study.hub_dataset else name, {}).get("licence")
        state = "is here" if _there(study, "datasets", name) else "to download, size not known"
        lines.append(f"data set {name}: {state}; licence {licence or 'not stated'}")
    places = [place for place in (study.source.get("path"), *study.source.get("files", {}).values()) if place]
    files = [part["path"] for part in parts if "hub" not in part] if parts else places
    if files and not study.hub_dataset:
        lines.append(f"rows of {study.name}: {', '.join(str(Path(file)) for file in files)}")
    return lines


def needs_of(studies: Iterable[Study], config: Json, results: Path = Path("results")) -> list[str]:
    """Return what the studies need at a scale without stand-ins, one line each, and a line with the sum.

    A rehearsal needs nothing: it downloads no weights. ``results`` is where an earlier one may lie.
    """
    lines: dict[str, None] = {}
    total = 0.0
    for study in studies:
        if study.lens["stand_ins"] or "rehearsal" in study.lens:
            continue
        for name in study.models:
            entry = config["models"][name]
            lines[model_needs(study, name, entry, config.get("licences", {}))] = None
            if not _there(study, "models", name):
                total += download_bytes(entry) / 1e9
        for name, reason in study.left_out.items():
            lines[f"{study.name}: {name} is left out: {reason}"] = None
        for name, path in study.settings.get(UNASKED, {}).items():
            lines[f"{study.name}: the evaluation '{name}' is not asked: its file {path} is not here"] = None
        missing = study.settings.get(LEFT_OUT, [])
        if missing:
            lines[f"{study.name}: left out at the scale '{study.scale}': {', '.join(missing)}"] = None
        for embedder in study.embedders:
            if "hub_id" in embedder:
                state = "is here" if _there(study, "models", embedder["name"]) else "to download, size not known"
                lines[f"embedder {embedder['name']}: {state}"] = None
        lines |= dict.fromkeys(rows_needs(study, config))
        for one in study.others:
            if one.hub_dataset:
                state = "is here" if _there(study, "datasets", one.hub_dataset) else "to download, size not known"
                lines[f"data set {one.hub_dataset} of the evaluation {one.name}: {state}"] = None
        for one in [*study.harness.values(), *study.bias.values()]:
            for name in one.hub:
                state = "is here" if _there(study, "datasets", name) else "to download, size not known"
                lines[f"data set {name} of the evaluation {one.name}: {state}"] = None
        for one in study.harness.values():
            if "folder" in one.source:
                lines[f"data of the evaluation {one.name}: {one.source['folder']}"] = None
        work = _work(study)
        lines[f"{study.name}: {work}; {hours_of(study, config, results)}"] = None
        processor_line = without_gpu(study, config)
        if processor_line:
            lines[f"{study.name}: {processor_line}"] = None
    if lines:
        lines[f"in all about {total:.1f} GB of models to download"] = None
    return list(lines)
