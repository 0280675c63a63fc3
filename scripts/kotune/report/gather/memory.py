"""Gather what each training took besides its seconds: memory, share of the card, energy, money, and what was rehearsed.

Reads the records of trainings, and rehearsals where the settings name any; all of it goes to costs.json. A figure that
a record does not hold has no entry.
"""

from __future__ import annotations

from kotune.core.storage import Json, needed, read_json
from kotune.cost.cards import title_of
from kotune.printing.numbers import number, treatment_key
from kotune.report.view import Report, Treatment

JOULES_A_WH = 3600


def memory_key(study: str, treatment: Treatment) -> str:
    """The start of the keys of what a training took; its seconds and its peak of memory are there, too."""
    return f"{treatment_key(study, 'cost', *treatment)}.training"


def price_of(report: Report, device: str) -> Json | None:
    """Return the price of a card as config/cards.yaml has it: an_hour, currency, source, date; None without one."""
    cards = report.settings.get("cards", {})
    return cards.get(title_of(device, cards), {}).get("price")


def rehearsed(report: Report, treatment: Treatment, device: str) -> Json | None:
    """Return what the rehearsal of a training says of this card: gib, hours; None where there is none, or none fits.

    Measured where it was rehearsed on a card of that name, else the cost model's.
    """
    model, arm, _ = treatment
    path = report.settings.get("rehearsals", {}).get(f"{model}/{arm}")
    if path is None:
        return None
    document = read_json(path)
    if needed(needed(document, "on", path), "device", path) == device:
        part = needed(document, "measured", path)["training"]
    else:
        card = title_of(device, report.settings.get("cards", {}))
        part = next((one["training"] for one in needed(document, "predicted", path) if one["card"] == card), None)
    return part if part and "gib" in part and "hours" in part else None


def memory(report: Report) -> dict[str, Json]:
    """Return what each training took, by key; the seconds and the peak are entries of `effort.costs`."""
    entries: dict[str, Json] = {}
    for treatment in report.trained():
        path = report.adapter(treatment) / "record.json"
        record, start = read_json(path), memory_key(report.name, treatment)
        records = [report.shown(path)]
        for name, (value, digits) in _of_record(record).items():
            entries[f"{start}.{name}"] = number(value, digits, records)
        device = record["on"].get("device", "")
        hours, price = record["cost"]["seconds"] / 3600, price_of(report, device)
        if price:
            cards, shared = record["found"].get("processes", 1), record["on"].get("jobs_per_gpu", 1)
            paid = hours * cards / shared * price["an_hour"]
            text = f"{paid:,.2f} {price['currency']}"
            entries[f"{start}.money"] = number(paid, 2, records, text=text, currency=price["currency"])
        said = rehearsed(report, treatment, device)
        if said:
            named = [*records, report.shown(report["rehearsals"]["/".join(treatment[:2])])]
            entries[f"{start}.rehearsed_gib"] = number(said["gib"], 2, named)
            entries[f"{start}.rehearsed_minutes"] = number(60 * said["hours"], 1, named)
    return entries


def _of_record(record: Json) -> dict[str, tuple[float, int]]:
    """Return the figures of one record, each with its digits."""
    cost = record["cost"]
    peak, began, card = (cost.get(name) for name in ("peak_memory_gib", "start_memory_gib", "card_memory_gib"))
    found: dict[str, tuple[float, int]] = {"minutes": (cost["seconds"] / 60, 2)}
    if began is not None:
        found |= {"start_memory_gib": (began, 2), "memory_gib": (max(0.0, peak - began), 2)}
    if card:
        found["card_percent"] = (100 * peak / card, 1)
        if began is not None:
            found["training_card_percent"] = (100 * max(0.0, peak - began) / card, 1)
    if cost.get("joules") is not None:
        found["wh"] = (cost["joules"] / JOULES_A_WH, 2)
    return found
