"""The table of what each training took: memory before and at its peak, its share of the card, time, energy, money.

Reads costs and records; see `report.inputs.tables_inputs`.
"""

from __future__ import annotations

from kotune.core.storage import Json, read_json
from kotune.printing.numbers import Numbers
from kotune.printing.table import Column, Table, build, shown_below, text
from kotune.report.gather.memory import memory_key, price_of
from kotune.report.view import Report

FIRST = (Column("model", "model"), Column("arm", "arm"), Column("seed", "seed"))
ALWAYS = (
    Column("start_memory_gib", "at the start", "number", "GiB"),
    Column("peak_memory_gib", "peak", "number", "GiB"),
    Column("memory_gib", "for training", "number", "GiB"),
)
# shown where any training has it
PERCENT = (
    Column("card_percent", "peak", "number", "% of the card"),
    Column("training_card_percent", "for training", "number", "% of the card"),
)
TIME = (Column("seconds", "s", "number", "time"), Column("minutes", "min", "number", "time"))
MORE = (
    Column("rehearsed_gib", "GiB", "number", "rehearsed"),
    Column("rehearsed_minutes", "min", "number", "rehearsed"),
    Column("wh", "Wh", "number"),
    Column("money", "money", "number"),
)


def memory_table(report: Report, costs: Numbers) -> Table:
    """Memory, time, energy and money of each training; like the costs, it differs between equal runs."""
    starts = [memory_key(report.name, one) for one in report.trained()]

    def there(columns: tuple[Column, ...]) -> list[Column]:
        return [column for column in columns if any(f"{start}.{column.name}" in costs for start in starts)]

    columns = [*FIRST, *ALWAYS, *there(PERCENT), *TIME, *there(MORE)]
    rows = [
        {
            **{name: text(part) for name, part in zip(("model", "arm", "seed"), treatment, strict=True)},
            **shown_below(costs, columns, start, required=["seconds"]),
        }
        for treatment, start in zip(report.trained(), starts, strict=True)
    ]
    records = [read_json(report.adapter(one) / "record.json") for one in report.trained()]
    names = {column.name for column in columns}
    return build("memory", "Memory and time of each training", columns, [rows], _notes(report, records, names))


def _notes(report: Report, records: list[Json], columns: set[str]) -> list[str]:
    """Return what the figures are; ``columns``: those that are shown."""
    devices = sorted({record["on"].get("device", "") for record in records})
    notes = [
        "At the start: once model, adapter and trainer are there. For training: the peak less that. On a GPU it is "
        "what torch reserves of the card."
    ]
    if "cpu" in devices:
        notes.append("On a CPU it is the process's peak of resident memory, and there is no card to be a share of.")
    if any("start_memory_gib" not in record["cost"] for record in records):
        notes.append("Empty: not measured; the record was written before this was.")
    why = sorted({record["cost"].get("energy", "not measured") for record in records})
    if "wh" in columns:
        notes.append(f"Energy: {', '.join(why)}.")
    elif records:
        notes.append(f"Energy is not measured: {', '.join(why)}.")
    if "rehearsed_gib" in columns:
        notes.append(
            "Rehearsed: with random weights of the true shape, measured where that was on a card of the same name, "
            "else the cost model's prediction."
        )
    for device in devices:
        price = price_of(report, device)
        if price:
            notes.append(
                f"Money: {price['an_hour']:,.2f} {price['currency']} an hour of {device} ({price['source']}, "
                f"{price['date']}), for each card; jobs that share a card share its price."
            )
    return [*notes, "These figures differ from run to run."]
