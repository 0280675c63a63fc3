"""What each result was made from, as a table: commits, machines, packages, files, prompts, settings.

Reads audits, prompts' summaries, records, and numbers.json for the files that models were made of.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from kotune.core.names import ENSEMBLE
from kotune.core.storage import Json, needed, read_json
from kotune.models.adapters import WEIGHTS
from kotune.printing.numbers import Numbers
from kotune.printing.table import Column, Table, build, text
from kotune.report.view import Report


class _Line(NamedTuple):
    """A line of the provenance; a rule is drawn where ``of`` changes."""

    of: str
    what: str
    value: str


def provenance_table(report: Report, numbers: Numbers) -> Table:
    """From what each result was made: commits, machines, packages, models, data, prompts, settings."""
    documents = {path: read_json(path) for path in report.record_files()}
    lines = [
        *_commits(documents),
        *_machines(documents),
        *_packages(documents),
        *_files(report, documents),
        *_dequantised(report, numbers),
        *_prompts(report),
        *_settings(report),
    ]
    columns = [Column("of", "of"), Column("what", "what"), Column("value", "value")]
    sections = [
        [{"of": text(of), "what": text(what), "value": text(value)} for of, what, value in group]
        for _, group in groupby(lines, key=lambda line: line.of)
    ]
    return build("provenance", "From what the results were made", columns, sections, ["Hashes are SHA-256."])


def _commits(documents: dict[Path, Json]) -> list[_Line]:
    """Return the commits that each kind of file was made at."""
    lines = []
    for kind in ("adapter", "answers", "scores"):
        made = {record["commit"] or "outside a checkout" for record in documents.values() if record["kind"] == kind}
        if made:
            lines.append(_Line("commit", kind, ", ".join(sorted(made))))
    return lines


def _machines(documents: dict[Path, Json]) -> list[_Line]:
    """Return what each kind of file was made on: the GPU or "cpu", the processor, its cores, and the memory."""
    lines = []
    for kind in ("adapter", "answers", "scores"):
        made = {_machine(record["on"]) for record in documents.values() if record["kind"] == kind}
        if made:
            lines.append(_Line("machine", kind, "; ".join(sorted(made))))
    return lines


def _machine(on: Json) -> str:
    cores = f"{on['processor']}, {on['cores']} cores, {on['memory_gib']:g} GiB"
    return f"CPU alone: {cores}" if on["device"] == "cpu" else f"{on['device']}; {cores}"


def _packages(documents: dict[Path, Json]) -> list[_Line]:
    """Return the versions of each package that something was made with."""
    packages: dict[str, set[str]] = {}
    for path, record in documents.items():
        for name, version in needed(needed(record, "with", path), "packages", path).items():
            packages.setdefault(name, set()).add(version)
    return [_Line("package", name, ", ".join(sorted(versions))) for name, versions in sorted(packages.items())]


def _prompts(report: Report) -> list[_Line]:
    """Return the hashes of each model's prompt, family and tokenizer."""
    lines = []
    for model, rowset, prompt in report.prompts():
        path = report.prompt_folder(model, rowset, prompt) / "prompts.json"
        document = read_json(path)
        for key in ("prompt_sha256", "family_sha256", "tokenizer_sha256"):
            what = f"{model} {prompt} {key.removesuffix('_sha256')}"
            lines.append(_Line("prompt", what, needed(document, key, path)))
    return lines


def _files(report: Report, documents: dict[Path, Json]) -> list[_Line]:
    """Return the hashes of data files (from the audits), models and adapters (from the records)."""
    lines = []
    for rowset in report.rowsets():
        for file in needed(read_json(report.audit(rowset)), "files", report.audit(rowset)):
            lines.append(_Line("data", report.shown(file["path"]), file["sha256"]))
    found: dict[str, dict[str, str]] = {"model": {}, "adapter": {}}
    folders = [Path(model["path"]).name for model in report["models"]]
    for record in documents.values():
        for file in record["with"]["files"].values():
            path = Path(file["path"])
            if path.suffix == ".safetensors" and path.parent.name in folders:
                found["model"][report.shown(path)] = file["sha256"]
            elif path.name == WEIGHTS:
                found["adapter"][report.shown(path)] = file["sha256"]
    return lines + [_Line(kind, name, value) for kind, files in found.items() for name, value in sorted(files.items())]


def _dequantised(report: Report, numbers: Numbers) -> list[_Line]:
    """Return the hashes of the GGUF files that models were made of."""
    found = {model["name"]: numbers[f"{report.name}.model.{model['name']}.parameters"] for model in report["models"]}
    return [
        _Line("gguf", f"{name}, from {one['quantisation']}: {one['gguf']}", one["sha256"])
        for name, one in found.items()
        if "gguf" in one
    ]


def _settings(report: Report) -> list[_Line]:
    """Return the settings of each tuned arm and of the ensembles, one a line, under the libraries' own names."""
    lines = []
    for arm in report.trained_arms:
        treatment = report["arms"][arm]
        lines.append(_Line(arm, "seeds", ", ".join(map(str, treatment["seeds"]))))
        for part in ("lora", "quantization", "trainer"):
            for key, value in sorted(((treatment["recipe"] or {}).get(part) or {}).items()):
                value = ", ".join(map(str, value)) if isinstance(value, list) else value
                lines.append(_Line(arm, f"{part}.{key}", "null" if value is None else str(value)))
    if report.members:
        lines.append(_Line(ENSEMBLE, "members", ", ".join(report.members)))
        lines.append(_Line(ENSEMBLE, "favourite", report["ensembles"]["favourite"]))
    return lines
