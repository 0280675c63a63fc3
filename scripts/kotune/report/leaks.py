"""The audit of leaks: how many rows of one split or data set stand, word for word or nearly, in another.

Takes sets of texts with the ids of their rows; makes the document, the lines of single rows, the table and the figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.curation.contained import CHARACTERS, SHARE, found_within, longest
from kotune.curation.near_duplicates import Texts, Twin, found_at, rows_a_band, twins
from kotune.printing.figure_style import BLUE, INK, ORANGE, WIDTH
from kotune.printing.numbers import fixed
from kotune.printing.table import Column, Table, bare, build, text
from kotune.report.leak_names import NAME

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = ("id", "original")  # of a benchmark's item: its own, and that of the item that it was made from
SHOWN = 5  # pairs that the document shows of each comparison
BARS = 24  # that a page has room for


@dataclass(frozen=True)
class Rows:
    """One set of rows: its name, whether it is of the study itself, its rows' ids and what of each is compared.

    ``learned``: all of each row's texts, of a set that is learned from. ``within``: they are items of a benchmark,
    which are looked for within what is learned, and nowhere else.
    """

    name: str
    own: bool
    ids: Sequence[str]
    texts: Texts
    learned: Sequence[str] = ()
    within: bool = False


def rows_of(table: Json, name: str, own: bool, columns: Sequence[str], characters: int) -> Rows:
    """Return a set of rows; ``table``: column → values. What is compared is a row's columns, joined by a line's end."""
    parts = [[value or "" for value in table[column]] for column in columns]
    joined = ["\n".join(part for part in row if part) for row in zip(*parts, strict=True)]
    return Rows(name, own, [str(one) for one in table["id"]], Texts(joined, characters))


def items_of(items: Sequence[Json], name: str, characters: int) -> Rows:
    """Return a benchmark's items as a set; what is looked for of each is its longest text."""
    texts = [
        longest([value for key, value in item.items() if key not in NAMES and isinstance(value, str)]) for item in items
    ]
    ids = [str(item.get("id", number)) for number, item in enumerate(items, start=1)]
    return Rows(name, False, ids, Texts(texts, characters), within=True)


def compared(sets: Sequence[Rows]) -> Iterator[tuple[Rows, Rows]]:
    """Yield each two sets, the earlier first, that are not both from elsewhere; with items, what is learned alone."""
    for place, first in enumerate(sets):
        for second in sets[place + 1 :]:
            if first.learned if second.within else first.own or second.own:
                yield first, second


def audit(sets: Sequence[Rows], near: float, characters: int) -> tuple[Json, list[Json]]:
    """Return the document of all comparisons, and a line for each row that has a twin.

    Each row of the later set is looked up in the earlier one: of rows that are evaluated it says what was learned.
    """
    comparisons, lines = [], []
    for first, second in compared(sets):
        if second.within:
            found = found_within(second.texts.texts, first.learned)
        else:
            found = twins(second.texts, first.texts, near)
        comparisons.append(_comparison(first, second, found))
        lines += _lines(first, second, found)
    rows = rows_a_band(near)
    said = {"near": near, "characters": characters, "found_at_threshold": math.floor(1e4 * found_at(near, rows)) / 1e4}
    counts = [{"name": one.name, "rows": len(one.ids), "empty": one.texts.plain.count("")} for one in sets]
    within = {"within": {"share": SHARE, "characters": CHARACTERS}} if any(one.within for one in sets) else {}
    return {**said, **within, "sets": counts, "comparisons": comparisons}, lines


def _comparison(first: Rows, second: Rows, found: Sequence[Twin | None]) -> Json:
    """Return how many rows of the second set have a twin in the first, and the closest of those that are not equal."""
    exact = sum(twin is not None and twin.exact for twin in found)
    near = [(place, twin) for place, twin in enumerate(found) if twin is not None and not twin.exact]
    near.sort(key=lambda one: (-one[1].similarity, one[0]))
    shown = [
        {"id": second.ids[place], "twin": first.ids[twin.place], "similarity": round(twin.similarity, 4)}
        for place, twin in near[:SHOWN]
    ]
    counts = {"rows": len(second.ids), "exact": exact, "near": len(near)}
    return {"first": first.name, "second": second.name, **counts, "closest": shown}


def _lines(first: Rows, second: Rows, found: Sequence[Twin | None]) -> Iterator[Json]:
    for place, twin in enumerate(found):
        if twin is not None:
            yield {
                "set": second.name,
                "id": second.ids[place],
                "twin_set": first.name,
                "twin": first.ids[twin.place],
                "similarity": round(twin.similarity, 4),
                "exact": twin.exact,
            }


def _share(one: Json, kind: str) -> float:
    return 100 * one[kind] / one["rows"] if one["rows"] else 0.0


def table(document: Json) -> Table:
    """Return the table: a row for each two sets that were compared."""
    columns = [
        Column("second", "rows of"),
        Column("first", "found in"),
        Column("rows", "rows", "count"),
        Column("exact", "rows", "count", "word for word"),
        Column("exact_share", "%", "number", "word for word"),
        Column("near", "rows", "count", "nearly"),
        Column("near_share", "%", "number", "nearly"),
        Column("closest", "closest", "number", "nearly"),
    ]
    sections: dict[str, list[Json]] = {}
    for one in document["comparisons"]:
        closest = one["closest"][0]["similarity"] if one["closest"] else None
        sections.setdefault(one["first"], []).append(
            {
                "second": text(one["second"]),
                "first": text(one["first"]),
                "rows": bare(one["rows"], 0),
                **{kind: bare(one[kind], 0) for kind in ("exact", "near")},
                **{f"{kind}_share": bare(_share(one, kind), 1) for kind in ("exact", "near")},
                "closest": bare(closest, 2),
            }
        )
    return build(
        NAME, "Rows that stand in another split or data set", columns, list(sections.values()), notes(document)
    )


def notes(document: Json) -> list[str]:
    """Return what stands below the table."""
    found = fixed(math.floor(1000 * document["found_at_threshold"]) / 10, 1)  # never rounded up to all
    within = [_of_items(document["within"])] if "within" in document else []
    return [
        "Texts are compared composed (NFC), in lower case and with single spaces. Word for word: they are equal then. "
        f"Nearly: the Jaccard similarity of their sets of {document['characters']} characters in a row is at least "
        f"{document['near']:g}; of a row's twins the closest counts. Candidates come from MinHash and LSH, whose bands "
        f"find at least {found} % of pairs at that similarity and more above it; the similarity itself is exact.",
        *within,
    ]


def _of_items(within: Json) -> str:
    """Return what is said of items that were looked for within learned rows."""
    return (
        "Items of lm-evaluation-harness's tasks are looked for within learned rows, answers included, by their longest "
        f"text. Word for word: it stands in one; nearly: {100 * within['share']:g} % of its sets of "
        f"{within['characters']} characters in a row do. Shorter texts are not looked for."
    )


def figure(document: Json) -> Figure:
    """Draw the share of each set's rows that stand in another: a bar two sets, word for word and nearly.

    Of more than fit on a page, those with the first set, from which is learned.
    """
    from matplotlib.figure import Figure

    shown = document["comparisons"]
    if len(shown) > BARS:
        shown = [one for one in shown if one["first"] == shown[0]["first"]]
    made = Figure(figsize=(WIDTH, 0.9 + 0.26 * max(1, len(shown))), layout="constrained")
    axis = made.subplots()
    exact, near = ([_share(one, kind) for one in shown] for kind in ("exact", "near"))
    places = range(len(shown))
    axis.barh(places, exact, height=0.62, color=ORANGE, label="word for word")
    axis.barh(places, near, left=exact, height=0.62, color=BLUE, label="nearly")
    for place, one in enumerate(shown):
        counts = f"{one['exact'] + one['near']:,} of {one['rows']:,}"
        axis.text(exact[place] + near[place] + 1, place, counts, va="center", color=INK, fontsize=7)
    axis.set_yticks(places, [f"{one['second']} in {one['first']}" for one in shown])
    axis.set_ylim(max(1, len(shown)) - 0.5, -0.5)
    axis.set_xlim(0, 118)
    axis.set_xticks([0, 25, 50, 75, 100])
    axis.set_xlabel("% of rows")
    axis.spines["left"].set_visible(False)
    if shown:
        made.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return made
