"""How far ratings of rows may be believed, what rules find, and what is chosen by them: tables.

Takes the document of ratings (`curation.rating`), audits of chosen rowsets, and what others published; reads and writes
nothing. `report.quality_truth` holds ratings against what is known.
"""

from __future__ import annotations

from collections.abc import Mapping

from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.table import Cell, Column, Row, Table, bare, build, text
from kotune.report.quality_names import CHOSEN, FILTER, RULES
from kotune.study.quality_facts import FEATURES, METHODS

TOPICS = 12  # that a table shows


def between(found: Json, digits: int = 3, times: float = 1) -> Cell:
    """Return the cell of a number with its interval, where it has one."""
    value = found["value"] * times
    if not found["interval"]:
        return bare(value, digits)
    low, high = (end * times for end in found["interval"])
    return Cell(
        value, fixed(value, digits), low=low, high=high, low_text=fixed(low, digits), high_text=fixed(high, digits)
    )


def _percent(part: int, whole: int) -> Cell:
    return bare(100 * part / whole if whole else None, 1)


def filter_table(document: Json, published: Json) -> Table:
    """Return how far ratings agree with held-out labels, and what a filter removes, beside what others published."""
    columns = [
        Column("what", "what"),
        Column("rows", "rows", "count"),
        Column("ours", "ours", "interval"),
        Column("published", "published", "number"),
        Column("work", "by"),
        Column("source", "source", printed=False),
    ]
    theirs = {(one["name"], one["threshold"]): one for one in published.get("filters", ())}
    found, threshold = document["validation"], document["threshold"]

    def beside(name: str, at: int) -> Row:
        one = theirs.get((name, at))
        if one is None:
            return {}
        return {
            "published": bare(one["value"], one["digits"]),
            "work": text(one["work"]),
            "source": text(one["source"]),
        }

    def row(what: str, rows: int, ours: Cell, name: str = "", at: int = 0) -> Row:
        return {"what": text(what), "rows": bare(rows, 0), "ours": ours, **beside(name, at)}

    f1 = [
        row(f"binary F1 at {threshold}", found["rows"], between(found["binary_f1"]), "binary_f1", threshold),
        row("macro-F1 over the classes 0 to 5", found["rows"], between(found["macro_f1"]), "macro_f1", threshold),
        row(f"binary F1 at {threshold} of passing every row", found["rows"], bare(found["always"], 3)),
    ]
    second = [line for one in document.get("second", ()) for line in _second_rows(one, threshold)]
    rows = document["rows"]
    gone = [
        row(f"share removed at {at}", rows, bare(count / rows, 3), "removed", int(at))
        for at, count in document["removed"].items()
    ]
    return build(FILTER, "The filter by educational value", columns, [f1, second, gone], _filter_notes(document))


def _second_rows(one: Json, threshold: int) -> list[Row]:
    """Return the rows of another source of labels: the F1s of ratings, and of the labels that they learned."""
    by = f"by {one['source'].replace('_', ' ')}"

    def row(what: str, rows: int, ours: Cell) -> Row:
        return {"what": text(what), "rows": bare(rows, 0), "ours": ours}

    made = [row(f"binary F1 at {threshold}, {by}", one["rows"], between(one["binary_f1"]))]
    if "macro_f1" in one:
        made.append(row(f"macro-F1, {by}", one["rows"], between(one["macro_f1"])))
    made.append(row(f"binary F1 at {threshold} of passing every row, {by}", one["rows"], bare(one["always"], 3)))
    if one.get("between"):
        told = one["between"]
        made.append(
            row(f"binary F1 at {threshold} of the first labels, {by}", told["rows"], bare(told["binary_f1"], 3))
        )
        made.append(row(f"macro-F1 of the first labels, {by}", told["rows"], bare(told["macro_f1"], 3)))
    return made


def _filter_notes(document: Json) -> list[str]:
    found, second = document["validation"], [_second_note(one) for one in document.get("second", ())]
    return [*_first_notes(document, found), *second]


def _second_note(one: Json) -> str:
    source = one["source"].replace("_", " ")
    if one["kind"] == "truth":
        return (
            f"By {source}: the held-out rows again, by what is known to be wrong with them; {one['positive']:,} of "
            f"{one['rows']:,} have nothing wrong and should pass. The rating learned labels, and not this."
        )
    return (
        f"By {source}: another source of labels, which the rating did not learn; rows that share a unit with one that "
        f"it learned are left out. {one['positive']:,} of {one['rows']:,} should pass by it. No rating that copies the "
        "first labels can be asked to agree more with the second than these do."
    )


def _first_notes(document: Json, found: Json) -> list[str]:
    return [
        f"A ridge regression (strength {document['strength']:g}, by leave-one-out) on embeddings by "
        f"{document['embedder']['name']} learned {document['learned']:,} labels of {document['labelled']:,}; "
        f"{found['rows']:,} others, drawn by lot from each class, whole units together, validate it. A rating counts "
        "as the class that it rounds to, and a filter at a class removes the rows below it.",
        f"Binary: at least {document['threshold']} or not, as {found['positive']:,} of the held-out labels are. Macro: "
        f"the mean over the {found['classes']} classes that occur among their labels and ratings, as scikit-learn "
        "counts. Intervals: 95 %, by a bootstrap of units.",
    ]


def rules_table(document: Json) -> Table:
    """Return how many rows have each feature that rules find, and how uneven topics are."""
    columns = [Column("what", "what"), Column("rows", "rows", "count"), Column("share", "%", "number")]
    rows = document["rows"]

    def row(what: str, count: int) -> Row:
        return {"what": text(what), "rows": bare(count, 0), "share": _percent(count, rows)}

    found = [row(FEATURES[name], document["features"][name]) for name in FEATURES if name in document["features"]]
    topics = document.get("topics", {"rows": {}})["rows"]
    topics = dict(sorted(topics.items(), key=lambda item: (-item[1], item[0])))
    shown = [row(f"topic: {name or 'none'}", count) for name, count in list(topics.items())[:TOPICS]]
    rest = list(topics.values())[TOPICS:]
    shown += [row(f"{len(rest)} other topics", sum(rest))] if rest else []
    sections = [found, [row("any of these", document["any_feature"]), row("all rows", rows)], shown]
    return build(RULES, "What rules find in the rows", columns, sections, _rules_notes(document))


def _rules_notes(document: Json) -> list[str]:
    said = [
        f"Near-duplicates: the Jaccard similarity of character 4-grams to an earlier row that stays is at least "
        f"{document['near']:g}; candidates by MinHash and LSH, which finds at least "
        f"{fixed(100 * document['found_at_near'], 2)} % of pairs at that similarity, and each compared exactly."
    ]
    if len(document["features"]) > 1:
        said.append(
            "Programs are parsed and not run. External: no module of Python's own library "
            "(sys.stdlib_module_names). Boilerplate: no operator, branch, loop or call works on a value. Over-complex: "
            f"cyclomatic complexity by mccabe above {document['most_complex']}."
        )
    if "topics" in document:
        found = document["topics"]
        said.append(
            f"The largest topic has {fixed(100 * found['largest'], 1)} % of the rows; {len(found['rows'])} topics are "
            f"as varied as {found['even']:g} even ones (the exponential of the entropy)."
        )
    return said


def chosen_table(audits: Mapping[str, Json], published: Json) -> Table:
    """Return what was chosen: rows and their lengths, beside what was published of such choices."""
    columns = [
        Column("rowset", "rowset"),
        Column("by", "chosen by"),
        Column("of", "of rows", "count"),
        Column("rows", "rows", "count"),
        Column("added", "added", "count"),
        Column("asked_mean", "mean", "number", "characters asked"),
        Column("asked_median", "median", "number", "characters asked"),
        Column("learned_mean", "mean", "number", "characters learned"),
        Column("learned_median", "median", "number", "characters learned"),
        Column("mt_bench", "MT-Bench", "number"),
        Column("alpaca_eval", "AlpacaEval, %", "number"),
    ]
    ours = []
    for name, audit in audits.items():
        found = audit["chosen"]
        lengths = {
            f"{side}_{kind}": bare(found["lengths"][side][kind], 1)
            for side in ("asked", "learned")
            for kind in ("mean", "median")
        }
        ours.append(
            {
                "rowset": text(name),
                "by": text(found["by"] if "by" in found else "filter" if found["found"] else "all"),
                "of": bare(found["of_rows"], 0),
                "rows": bare(found["kept"] + found["added"], 0),
                "added": bare(found["added"], 0),
                **lengths,
            }
        )
    theirs = [
        {
            "rowset": text(f"{one['work']}: {one['model']}"),
            "by": text(one["method"]),
            "rows": bare(one["rows"], 0),
            **{key: bare(one[key], 2) for key in ("mt_bench", "alpaca_eval") if key in one},
        }
        for one in published.get("selections", ())
    ]
    notes = [
        "Lengths are those of the rows that are learned, in characters: of what a row asks, and of what is learned."
    ]
    used = {audit["chosen"].get("by") for audit in audits.values()}
    notes += ["; ".join(f"{name}: {METHODS[name]}" for name in METHODS if name in used) + "."] if used - {None} else []
    notes += [
        _topics_note(name, audit["chosen"]["topics"]) for name, audit in audits.items() if "topics" in audit["chosen"]
    ]
    if theirs:
        notes.append(f"Below, as published: {published['title']}. {published['note']}")
    return build(CHOSEN, "What was chosen from the rows", columns, [ours, theirs], notes)


def _topics_note(name: str, found: Json) -> str:
    before, after = found["before"], found["after"]
    return (
        f"{name}: no topic has more than {100 * found['share']:g} % of the rows that pass; {found['left_out']:,} rows "
        f"were left out for it, by lot. The largest topic had {fixed(100 * before['largest'], 1)} % and has "
        f"{fixed(100 * after['largest'], 1)} %; {len(before['rows'])} topics were as varied as {before['even']:g} even "
        f"ones and are as {after['even']:g}."
    )
