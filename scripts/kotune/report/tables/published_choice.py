"""The table of a published choice: who was chosen from what, by which recipe and prompt, beside what ran here.

Reads numbers, selection.json, census.json and the settings of each arm; see `report.inputs.tables_inputs`.
"""

from __future__ import annotations

from kotune.core.storage import Json, read_json
from kotune.printing.numbers import Numbers
from kotune.printing.table import Cell, Column, Row, Table, build, shown, text
from kotune.report.view import Report

PLAIN = Column("published", "published", "number")
NOT_SET = "not set"


def table(report: Report, numbers: Numbers, document: Json) -> Table:
    """Return what was published on choice, recipe and prompt, with a column for each arm that was trained here."""
    columns = [
        Column("what", "what"),
        Column("name", "of"),
        Column("published", "published"),
        *(Column(arm, f"here, {arm}") for arm in report.trained_arms),
        Column("source", "source", printed=False),
        Column("mark", "mark", printed=False),
    ]
    sections = [
        _choice(report, numbers, document),
        [_setting(report, one, first=place == 0) for place, one in enumerate(document.get("recipe", []))],
        [_part(report, one, first=place == 0) for place, one in enumerate(document.get("prompt", []))],
    ]
    return build("published", "What was published beside what ran here", columns, sections, _notes(report, document))


def _source(entry: Json) -> dict[str, Cell]:
    return {"source": text(entry["source"]), "mark": text(entry["mark"])}


def _everywhere(report: Report, value: str) -> dict[str, Cell]:
    """Return a value that is the same for each arm, once, in the column of the first."""
    return {arm: text(value) for arm in report.trained_arms[:1]}


def _here(report: Report, candidate: str) -> tuple[str, Json | None]:
    """Return what a candidate of the catalogue is called here, and its settings; nothing where it is no candidate."""
    model = next((one for one in report["models"] if candidate == one["candidate"]), None)
    return (model["name"] if model else "not a candidate"), model


def _choice(report: Report, numbers: Numbers, document: Json) -> list[Row]:
    """Return the rows on who was chosen, whose window was too short, and what popularity said."""
    selection = read_json(report.folder / "selection.json")
    chosen, start = document["selected"], f"{report.name}.published"
    winner = selection["winner"]["model"]
    ours = next(one["candidate"] for one in report["models"] if one["name"] == winner)
    shown_winner = winner if ours == winner else f"{winner}, in place of {ours}"
    rows: list[Row] = [
        {
            "what": text("choice"),
            "name": text("selected"),
            "published": text(chosen["model"]),
            **_everywhere(report, shown_winner),
            **_source(chosen),
        }
    ]
    excluded = {one["model"] for one in selection.get("excluded", [])}
    for one in document.get("windows", []):
        name, model = _here(report, one["model"])
        key = f"{start}.windows.{one['model']}"
        told = f"{shown(numbers, key, PLAIN).text}k, " if key in numbers else ""
        said = "excluded" if one["excluded"] else "kept"
        window = f"{numbers[f'{report.name}.model.{name}.context_window']['text']}, " if model else ""
        state = ("excluded" if name in excluded else "kept") if model else name
        row = {"name": text(f"window of {one['model']}"), "published": text(f"{told}{said}")}
        rows.append({**row, **_everywhere(report, f"{window}{state}"), **_source(one)})
    for candidate, one in document.get("popularity", {}).items():
        name, _ = _here(report, candidate)
        facts = selection.get("facts", {}).get(name, {})
        count = facts.get("downloads")
        row = {
            "name": text(f"{one['unit']}, {candidate}"),
            "published": text(shown(numbers, f"{start}.popularity.{candidate}", PLAIN).text),
        }
        rows.append({**row, **_everywhere(report, "not known" if count is None else f"{count:,}"), **_source(one)})
    return rows


def value_text(value: object) -> str:
    """Return a setting as it is printed, under YAML's names; numbers that are equal are printed alike."""
    if value is None:
        return NOT_SET
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.10g}" if isinstance(value, (int, float)) else str(value)


def _setting(report: Report, one: Json, first: bool) -> Row:
    """Return the row of one setting of the recipe; what an arm's recipe does not name is the library's own."""
    part, _, key = one["name"].rpartition(".")
    row = {
        "what": text("recipe" if first else ""),
        "name": text(one["name"]),
        "published": text(value_text(one["value"])),
    }
    for arm in report.trained_arms:
        recipe = report["arms"][arm]["recipe"] or {}
        held = (recipe.get(part) or {}) if part else recipe
        ours = held.get(key, "completion" if one["name"] == "loss" else None)
        row[arm] = text(value_text(ours))
    return {**row, **_source(one)}


def _part(report: Report, one: Json, first: bool) -> Row:
    """Return the row of one part of the prompt: its text there, and the variant that each arm learns, once."""
    row = {"what": text("prompt" if first else ""), "name": text(one["part"]), "published": text(one["text"])}
    if first:
        row |= {arm: text(f"variant {report['arms'][arm]['prompt']}") for arm in report.trained_arms}
    return {**row, **_source(one)}


def _notes(report: Report, document: Json) -> list[str]:
    """Return what is to be known of the columns, with each remark on what was published."""
    remarks = [
        f"{one.get('name') or one.get('part') or one.get('model')}: {one['note']}"
        for key in ("windows", "recipe", "prompt")
        for one in document.get(key, [])
        if "note" in one
    ]
    notes = [
        "Published: read in the source; nothing of it was measured here. Here: as it ran, with what its scale "
        f"replaces; {NOT_SET}: the source's code, or the recipe, leaves it to the library.",
        *([f"{'. '.join(remarks)}."] if remarks else []),
    ]
    if report.stand_ins:
        notes.append("At this scale stand-ins take the models' places, and windows are theirs.")
    return notes
