"""Rows that are an arm's samples, in print: how many are kept, how many not and why, and the reference among them.

Takes the audits of `curation.sampled`; makes a table.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.storage import Json
from kotune.printing.table import Cell, Column, Row, Table, bare, build, text
from kotune.report.sampled_names import SAMPLED


def _reasons(counts: Json) -> Cell:
    return text("; ".join(f"{count:,} {reason}" for reason, count in counts.items()) or "none")


def _row(one: Json) -> Row:
    audit = one["audit"]
    reference, bare_rows = audit["reference"], audit.get("without_pair")
    return {
        **{name: text(one[name]) for name in ("rowset", "model", "arm", "seed", "evaluation")},
        "asked": bare(audit["rows"], 0),
        "answers": bare(audit["answers"], 0),
        "kept": bare(audit["kept"], 0),
        "left_out": _reasons(audit["excluded"]),
        **({} if bare_rows is None else {"without_pair": _reasons(bare_rows)}),
        "among": bare(reference["among"], 0),
        "references": bare(reference["rows"], 0),
    }


def sampled_table(found: Sequence[Json]) -> Table:
    """Return the table; ``found``: {"rowset", "model", "arm", "seed", "evaluation", "audit"} of each."""
    columns = [
        Column("rowset", "rowset"),
        Column("model", "model"),
        Column("arm", "arm", group="samples of"),
        Column("seed", "seed", group="samples of"),
        Column("evaluation", "asked", group="samples of"),
        Column("asked", "rows", "count"),
        Column("answers", "answers", "count"),
        Column("kept", "rows or pairs made", "count"),
        Column("left_out", "answers left out"),
        Column("without_pair", "rows without a pair"),
        Column("among", "among the answers", "count", "reference answer"),
        Column("references", "of rows", "count", "reference answer"),
    ]
    notes = [
        "Reference answer: of how many rows that were asked it is among their answers, word for word but for white "
        "space at the ends; what is learned of such a row may be the reference itself. Pairs: an answer that scores "
        "high enough beside one of the same row that does not."
    ]
    return build(SAMPLED, "Rows made of an arm's samples", columns, [[_row(one) for one in found]], notes)
