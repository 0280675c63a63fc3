"""The table of how likely arms find held-out gold answers. Takes `scoring.perplexity`'s numbers; makes a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.table import Cell, Column, Table, bare, build, text
from kotune.report.leak_names import PERPLEXITY
from kotune.scoring.perplexity import RESAMPLES


def _cell(one: Json) -> Cell:
    value = fixed(one["value"], 2)
    return text(value if one["low"] is None else f"{value} ({fixed(one['low'], 2)} to {fixed(one['high'], 2)})")


def table(found: Sequence[Json], unit: str) -> Table:
    """Return the table: a section a split, a row a model and arm; ``unit``: what rows of one unit share."""
    columns = [
        Column("split", "split"), Column("model", "model"), Column("arm", "arm"), Column("rows", "rows", "count"),
        Column("units", f"{unit}s", "count"), Column("seeds", "seeds", "count"), Column("value", "perplexity"),
        Column("different", "different, %", "number", "answers"),
        Column("recited", "an answer of train, %", "number", "answers"),
    ]  # fmt: skip
    sections = []
    for split, of in groupby(sorted(found, key=lambda one: one["split"]), key=lambda one: one["split"]):
        rows = [
            {
                "split": text(split if place == 0 else ""),
                "model": text(one["model"]),
                "arm": text(one["arm"]),
                **{name: bare(one[name], 0) for name in ("rows", "units", "seeds")},
                "value": _cell(one),
                **{name: bare(100 * one[name], 1) for name in ("different", "recited") if name in one},
            }
            for place, one in enumerate(of)
        ]
        sections.append(rows)
    notes = [
        "Perplexity is the exponential of the mean negative log-probability of the gold answers' tokens, each behind "
        "its own prompt, the stop token and the white space that ends the prompt included; models whose tokenizers "
        "differ cannot be compared. Nats of a row, and shares of an arm's answers, are averaged over seeds. In "
        f"brackets 95 % intervals by bootstrap over {unit}s ({RESAMPLES:,} draws)."
    ]
    return build(PERPLEXITY, "Perplexity of held-out gold answers", columns, sections, notes)
