"""The tables on embedders: each candidate's mean by each of them, and how far they agree. Read embedders.json."""

from __future__ import annotations

from kotune.numbers import fixed
from kotune.storage import Json
from kotune.tables import EMPTY, Cell, Column, Table, build, text


def embedders_table(document: Json) -> Table:
    """Mean similarity of each candidate's answers by each embedder, with the candidate's place."""
    columns = [Column("embedder", "embedder")]
    for model in document["models"]:
        columns += [Column(f"{model}_mean", "mean", "number", model), Column(f"{model}_rank", "place", "count", model)]
    columns.append(Column("beyond", "texts beyond its window", "count"))
    rows = []
    for one in document["embedders"]:
        row = [text(one["name"])]
        for model in document["models"]:
            mean, place = one["means"][model], one["ranks"][model]
            row += [Cell(mean, fixed(mean, 3), strong=place == 1), Cell(place, str(place))]
        beyond = one["facts"]["texts_beyond_window"]
        rows.append([*row, Cell(beyond, fixed(beyond, 0))])
    ways = sorted({one["facts"]["beyond_window"] for one in document["embedders"] if "beyond_window" in one["facts"]})
    told = "Of a text beyond the window the mean over its windows is taken." if ways else ""
    return build(
        "embedders",
        "The candidates by other embedders",
        columns,
        rows,
        [f"Cosine of answer and gold answer, mean over {fixed(document['rows'], 0)} rows. {told}".strip()],
    )


def agreement_table(document: Json) -> Table:
    """Rank agreement of each pair of embedders, on candidates and on single answers."""
    columns = [
        Column("a", "embedder"),
        Column("b", "and"),
        Column("kendall", "candidates, Kendall's tau-b", "number"),
        Column("spearman", "answers, Spearman's rho", "number"),
        Column("same_first", "same first place"),
    ]
    rows = []
    for pair in document["agreement"]:
        cells = [
            EMPTY if pair[key] is None else Cell(pair[key], fixed(pair[key], 3)) for key in ("kendall", "spearman")
        ]
        rows.append([text(pair["a"]), text(pair["b"]), *cells, text("yes" if pair["same_first"] else "no")])
    notes = [
        "Kendall: of the candidates' means. Spearman: of all candidates' single answers. An empty cell: no spread."
    ]
    return build("embedder-agreement", "How far embedders agree", columns, rows, notes)
