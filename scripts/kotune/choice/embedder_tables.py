"""The tables of a comparison of embedders: means and ranks by each, and how far they agree.

Takes a document of `choice.agreement.compare`; reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.table import Cell, Column, Table, build, text

LONG = {"cut": "cut", "mean_windows": "the mean of their windows"}


def _number(value: float | None, digits: int, sign: bool = False) -> Cell:
    return Cell(None, "–") if value is None else Cell(value, fixed(value, digits, sign))


def _long_note(entry: Json) -> str | None:
    """Return what became of texts beyond an embedder's window, or None where it has none."""
    facts = entry["facts"]
    if not facts.get("window_tokens"):
        return None
    beyond = facts["texts_beyond_window"]
    told = f"{entry['name']} reads {fixed(facts['window_tokens'], 0)} tokens: {fixed(beyond, 0)} of "
    told += f"{fixed(facts['texts'], 0)} texts were longer"
    return f"{told} and were {LONG[facts['long_texts']]}." if beyond else f"{told}."


def embedders_table(doc: Json) -> Table:
    """Return the mean similarity and the rank of each model by each embedder; the best of each is strong."""
    columns = [Column("model", "model")]
    for entry in doc["embedders"]:
        columns += [
            Column(f"{entry['name']}.mean", "mean", "number", entry["name"]),
            Column(f"{entry['name']}.rank", "rank", "number", entry["name"]),
        ]
    rows = []
    for place, model in enumerate(doc["models"]):
        line = [text(model)]
        for entry in doc["embedders"]:
            found = entry["models"][place]
            line.append(Cell(found["mean"], fixed(found["mean"], 3), strong=found["rank"] == 1))
            line.append(Cell(found["rank"], fixed(found["rank"], 0)))
        rows.append(line)
    notes = [note for note in map(_long_note, doc["embedders"]) if note]
    return build("embedders", "Mean similarity of the untuned models by each embedder", columns, rows, notes)


def agreement_table(doc: Json) -> Table:
    """Return how far each two embedders rank alike: the models' means, and the single answers."""
    columns = [
        Column("a", "embedder"),
        Column("b", "and embedder"),
        Column("kendall_tau_b", "Kendall τ-b of models", "number"),
        Column("spearman", "Spearman ρ of answers", "number"),
        Column("models", "models", "count"),
        Column("answers", "answers", "count"),
    ]
    rows = [
        [
            text(one["a"]),
            text(one["b"]),
            _number(one["kendall_tau_b"], 3, sign=True),
            _number(one["spearman"], 3, sign=True),
            _number(one["models"], 0),
            _number(one["pairs"], 0),
        ]
        for one in doc["agreement"]
    ]
    notes = ["–: one of the two gives all the same value, so that there is nothing to rank."]
    undefined = any(one[key] is None for one in doc["agreement"] for key in ("kendall_tau_b", "spearman"))
    return build("agreement", "How far embedders agree", columns, rows, notes if undefined else [])
