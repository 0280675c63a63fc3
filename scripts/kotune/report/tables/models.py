"""The table of models: what each is, what it stands for, and what the catalogue could not confirm.

Reads numbers and the report's settings; see `report.inputs.tables_inputs`.
"""

from __future__ import annotations

from dataclasses import replace

from kotune.core.storage import Json
from kotune.printing.numbers import Numbers
from kotune.printing.table import Cell, Column, Table, build, shown_below, text
from kotune.report.view import Report

DAGGER = "†"
WITH_LICENCE = {"yes": "allows it", "no": "forbids it", "conditions": "allows it on conditions"}


def models_table(report: Report, numbers: Numbers) -> Table:
    """What each model is, and what it stands for."""
    columns = [
        Column("model", "model"),
        Column("family", "family"),
        Column("architecture", "architecture"),
        Column("parameters", "parameters", "number"),
        Column("size_mib", "size, MiB", "number"),
        Column("context_window", "context, tokens", "count"),
        Column("licence", "licence"),
        Column("stands_for", "stands for at full scale" if report.stand_ins else "on the hub"),
    ]
    rows = [_model(report, numbers, columns, model) for model in report["models"]]
    notes = []
    if report.stand_ins:
        notes.append("Each model is a stand-in: no result here is about the model named in the last column.")
    notes += [
        f"{model['name']}: weights dequantised from {found['quantisation']} ({found['gguf']}), not those of the hub."
        for model in report["models"]
        if "gguf" in (found := numbers[f"{report.name}.model.{model['name']}.parameters"])
    ]
    notes += _hub_notes(report)
    return build("models", "The models", columns, [rows], notes + _unverified_notes(report))


def _hub_notes(report: Report) -> list[str]:
    """Return notes on models of the hub: what their licences let a company do, and windows that are not used here."""
    said = {model["licence"]: model["commercial"] for model in report["models"] if model.get("commercial")}
    notes = []
    if said:
        allowed = ", ".join(f"{licence} {WITH_LICENCE[use]}" for licence, use in sorted(said.items()))
        notes.append(f"Commercial use, by the catalogue's reading of licences: {allowed}.")
    for model in report["models"]:
        if extended := model.get("extended_window"):
            factor = f", factor {extended['factor']:g}" if "factor" in extended else ""
            how = f"{extended['by']}{factor}, which is not done here"
            notes.append(f"{model['name']}: reads {extended['tokens']:,} tokens by {how}.")
    return notes


def _model(report: Report, numbers: Numbers, columns: list[Column], model: Json) -> dict[str, Cell]:
    """Return a model's row; what the catalogue did not confirm has a dagger."""
    start = f"{report.name}.model.{model['name']}"
    architecture = numbers[f"{start}.parameters"].get("architecture", "")
    row = {
        "model": text(model["name"]),
        "family": text(model["family"]),
        "architecture": Cell(architecture, architecture.removesuffix("ForCausalLM")),
        **shown_below(numbers, columns, start),
        "licence": text(model["licence"]),
        "stands_for": text(model["stands_for"] or model["hub_id"] or ""),
    }
    facts = {"stands_for": "hub_id"}  # what the catalogue calls it, where a column has another name
    return {
        name: _daggered(cell) if facts.get(name, name) in model["unverified"] else cell for name, cell in row.items()
    }


def _daggered(cell: Cell) -> Cell:
    """Return a cell that says that its fact was not confirmed; a text says so in CSV too."""
    value = f"{cell.value}{DAGGER}" if isinstance(cell.value, str) else cell.value
    return replace(cell, value=value, text=f"{cell.text}{DAGGER}")


def _unverified_notes(report: Report) -> list[str]:
    """Return what the dagger means, with each fact of the catalogue that was not confirmed."""
    found = [
        f"{model['name']}: {', '.join(fact.replace('_', ' ') for fact in model['unverified'])}"
        for model in report["models"]
        if model["unverified"]
    ]
    if not found:
        return []
    return [f"{DAGGER} Not confirmed from a public source; of {'; of '.join(found)}."]
