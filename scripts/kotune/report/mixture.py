"""A mixture in print: what each part gives, what was left out of it, and what trainings see beside what was planned.

Takes the document of `curation.mixture` and the prompts that are learned; makes tables and a figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.printing.figure_style import COLOURS, INK, WIDTH
from kotune.printing.numbers import fixed
from kotune.printing.table import Cell, Column, Row, Table, bare, build, text
from kotune.report.mixture_names import FIGURE, LEFT_OUT, SEEN
from kotune.rows.mixed_ids import part_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FROM_PER_CENT = 5  # a part of a bar that is narrower has no room for its number
ALL = "all"
DARK = 100  # of 255: below it, a colour is dark


def seen(document: Json, prompts: Sequence[Json], redrawn: Json) -> list[Json]:
    """Return what trainings see of each part in an epoch: {"model", "arms", "rows": {part: n}, "tokens": {part: n}}.

    ``prompts``: {"model", "arms", "parts": those that are learned, "table": id, prompt_tokens, completion_tokens,
    excluded, as columns}. Rows that were excluded when they were rendered are not seen. Of a part that is redrawn, an
    epoch has the share that its weight says.
    """
    shares, found = redrawn.get("parts", {}), []
    for one in prompts:
        rows, tokens, table = Counter(), Counter(), one["table"]
        for place, name in enumerate(table["id"]):
            if table["excluded"][place] is None:
                rows[part_of(name)] += 1
                tokens[part_of(name)] += table["prompt_tokens"][place] + table["completion_tokens"][place]
        names = [part["name"] for part in document["parts"] if part["name"] in one["parts"]]
        kept = {
            "rows": {name: round(rows[name] * shares.get(name, 1)) for name in names},
            "tokens": {name: round(tokens[name] * shares.get(name, 1)) for name in names},
        }
        found.append({"model": one["model"], "arms": one["arms"], **kept})
    return found


def _percent(part: float, whole: float) -> Cell:
    return bare(100 * part / whole if whole else 0.0, 1)


def _asked(part: Json) -> str:
    """Return how much of a part was asked for."""
    if "cap" in part:
        return f"at most {part['cap']:,}"
    again = ", drawn each epoch" if part.get("redraw_each_epoch") else ""
    return f"× {part['weight']:g}{again}"


def composition(document: Json) -> Table:
    """Return the table of what each part gives."""
    columns = [
        Column("part", "part"),
        Column("dataset", "data set"),
        Column("read", "rows read", "count"),
        Column("available", "left", "count"),
        Column("asked", "asked for"),
        Column("rows", "rows", "count", "in the mixture"),
        Column("rows_share", "%", "number", "in the mixture"),
        Column("tokens", "tokens", "count", "in the mixture"),
        Column("tokens_share", "%", "number", "in the mixture"),
        Column("copies", "copies", "count", "in the mixture"),
        Column("inserted", "with instruction, %", "number", "in the mixture"),
        Column("several_turns", "several turns", "count", "in the mixture"),
    ]
    parts = [
        {
            "part": text(part["name"]),
            "dataset": text(part["dataset"]),
            "read": bare(part["file"]["rows"], 0),
            "available": bare(part["available"]["rows"], 0),
            "asked": text(_asked(part)),
            **{name: bare(part[name], 0) for name in ("rows", "tokens", "copies", "several_turns")},
            **{f"{name}_share": bare(100 * part["shares"][name], 1) for name in ("rows", "tokens")},
            "inserted": _percent(part["inserted"], part["rows"]),
        }
        for part in document["parts"]
    ]
    summed = {name: sum(part[name] for part in document["parts"]) for name in ("rows", "tokens", "copies", "inserted")}
    whole = {
        "part": text(ALL),
        "read": bare(sum(part["file"]["rows"] for part in document["parts"]), 0),
        "available": bare(sum(part["available"]["rows"] for part in document["parts"]), 0),
        **{name: bare(summed[name], 0) for name in ("rows", "tokens", "copies")},
        "several_turns": bare(sum(part["several_turns"] for part in document["parts"]), 0),
        "inserted": _percent(summed["inserted"], summed["rows"]),
    }
    return build(FIGURE, "What the mixture is made of", columns, [parts, [whole]], _notes(document))


def _notes(document: Json) -> list[str]:
    """Return what stands below the table of parts."""
    said = [
        f"Weights count {document['weights']}. Tokens are those of a row's texts by the tokenizer of "
        f"{document['tokenizer']}, the prompt's own words left out. Left: after filters and without duplicates."
    ]
    repeated = [part for part in document["parts"] if part["copies"]]
    if repeated:
        said.append(
            "Rows are repeated where a weight is above 1: "
            + ", ".join(f"{part['name']}, of whose rows {part['copies']:,} are copies" for part in repeated)
            + "."
        )
    asked = [part for part in document["parts"] if "instruction_probability" in part]
    if asked:
        chances = ", ".join(f"{part['name']} with {100 * part['instruction_probability']:g} %" for part in asked)
        said.append(f"An instruction is inserted by a row's own id: {chances}.")
    return said


def left_out(document: Json) -> Table:
    """Return the table of what was left out: a row a reason, a column a part."""
    names = [part["name"] for part in document["parts"]]
    columns = [Column("reason", "left out for"), *(Column(name, name, "count") for name in names)]
    columns.append(Column("rows", "rows", "count"))
    unparsed = Counter((fault["why"], fault["part"]) for fault in document["unparsed"])
    reasons = {f"no conversation: {why}": {} for why, _ in unparsed}
    for (why, name), count in unparsed.items():
        reasons[f"no conversation: {why}"][name] = count
    reasons |= {reason: entry["splits"] for reason, entry in document["excluded"].items()}
    rows: list[Row] = [
        {
            "reason": text(reason),
            **{name: bare(counts.get(name, 0), 0) for name in names},
            "rows": bare(sum(counts.values()), 0),
        }
        for reason, counts in reasons.items()
    ]
    return build(LEFT_OUT, "What was left out of the mixture's parts", columns, [rows], _of_duplicates(document))


def _of_duplicates(document: Json) -> list[str]:
    """Return what is said of duplicates."""
    across = [one for one in document["duplicates"] if one["part"] != one["of"]]
    exact, near = (sum(one[kind] for one in across) for kind in ("exact", "near"))
    said = (
        "Of duplicates the row of the earlier part stays. Texts are compared composed (NFC), in lower case and with "
        f"single spaces, without inserted instructions; rows of one part that stand in another: {exact:,} word for word"
    )
    if "near" in document:
        said += (
            f", {near:,} nearly (Jaccard similarity of their sets of 4 characters in a row from {document['near']:g})"
        )
    return [said + "."]


def seen_table(document: Json, found: Sequence[Json]) -> Table:
    """Return the table of shares: planned, in the mixture's file, and in an epoch of each training."""
    columns = [
        Column("model", "model"),
        Column("arms", "arms"),
        Column("part", "part"),
        Column("planned", "planned, %", "number"),
        Column("mixed", "in the mixture, %", "number"),
        Column("rows", "rows", "count", "seen in an epoch"),
        Column("rows_share", "%", "number", "seen in an epoch"),
        Column("tokens", "tokens", "count", "seen in an epoch"),
        Column("tokens_share", "%", "number", "seen in an epoch"),
    ]
    sections = []
    for one in found:
        whole = {unit: sum(one[unit].values()) for unit in ("rows", "tokens")}
        parts = [part for part in document["parts"] if part["name"] in one["rows"]]
        shares = {count: sum(part["shares"][count] for part in parts) for count in ("planned", document["weights"])}
        sections.append(
            [
                {
                    "model": text(one["model"] if place == 0 else ""),
                    "arms": text(", ".join(one["arms"]) if place == 0 else ""),
                    "part": text(part["name"]),
                    "planned": _percent(part["shares"]["planned"], shares["planned"]),
                    "mixed": _percent(part["shares"][document["weights"]], shares[document["weights"]]),
                    **{unit: bare(one[unit][part["name"]], 0) for unit in whole},
                    **{f"{unit}_share": _percent(one[unit][part["name"]], whole[unit]) for unit in whole},
                }
                for place, part in enumerate(parts)
            ]
        )
    note = (
        f"Planned, and in the mixture: shares of {document['weights']}, which its weights count, among the parts that "
        "the arms learn. Seen: rows of train that are not too long for the model, with the tokens of prompt and answer."
    )
    return build(SEEN, "What was planned of the mixture, and what trainings see", columns, sections, [note])


def _readable_on(colour: str) -> str:
    """Return the colour of a number that stands on another: white on a dark one, ink on a light one."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < DARK else INK


def figure(document: Json, found: Sequence[Json]) -> Figure:
    """Draw the parts' shares as stacked bars: planned, in the file, and in an epoch of the first training."""
    from matplotlib.figure import Figure

    names = [part["name"] for part in document["parts"]]
    bars = {f"planned ({document['weights']})": [part["shares"]["planned"] for part in document["parts"]]}
    bars |= {f"mixture, {unit}": [part["shares"][unit] for part in document["parts"]] for unit in ("rows", "tokens")}
    for one in found[:1]:
        for unit in ("rows", "tokens"):
            whole = sum(one[unit].values()) or 1
            bars[f"seen, {unit}"] = [one[unit].get(name, 0) / whole for name in names]
    made = Figure(figsize=(WIDTH, 0.8 + 0.3 * len(bars)), layout="constrained")
    axis = made.subplots()
    for place, shares in enumerate(bars.values()):
        start = 0.0
        for number, share in enumerate(shares):
            colour = COLOURS[number % len(COLOURS)]
            label = names[number] if place == 0 else None
            axis.barh(place, 100 * share, left=start, height=0.62, color=colour, edgecolor="white", label=label)
            if 100 * share >= FROM_PER_CENT:
                shown = {"ha": "center", "va": "center", "color": _readable_on(colour), "fontsize": 7}
                axis.text(start + 50 * share, place, fixed(100 * share, 1), **shown)
            start += 100 * share
    axis.set_yticks(range(len(bars)), list(bars))
    axis.set_ylim(len(bars) - 0.5, -0.5)
    axis.set_xlim(0, 100)
    axis.set_xlabel("%")
    axis.spines["left"].set_visible(False)
    made.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=len(names), frameon=False)
    return made
