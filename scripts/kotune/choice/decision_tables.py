"""The tables on a selection: what the rule saw of each candidate, and what other rules would have chosen.

Read selection.json as it is made by a rule; write nothing.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.table import Cell, Column, Table, bare, build, text


def decision_table(selection: Json) -> Table:
    """Each candidate: its mean, whether it is excluded or near the leader, and the facts that tie-breaks look at."""
    columns = [
        Column("model", "candidate"),
        Column("mean", selection["metric"].replace("_", " "), "interval"),
        Column("verdict", "verdict"),
        Column("downloads", "downloads", "count"),
        Column("commercial", "commercial use"),
        Column("gflop_per_token", "GFLOP a token", "number"),
        Column("weights_gib", "weights, GiB", "number"),
    ]
    excluded = {line["model"] for line in selection["excluded"]}
    rows = []
    for line in selection["candidates"]:
        model = line["model"]
        facts = selection["facts"].get(model, {})
        low, high = line["low"], line["high"]
        mean = Cell(line["mean"], fixed(line["mean"], 3), None, low, high, fixed(low, 3), fixed(high, 3))
        chosen = model == selection["winner"]["model"]
        near = "near tie" if model in selection["near_tie"] else "behind"
        verdict = "selected" if chosen else "excluded" if model in excluded else near
        rows.append(
            [
                text(model, strong=chosen), mean, text(verdict, strong=chosen),
                bare(facts.get("downloads"), 0), text(facts.get("commercial") or "not known"),
                bare(facts.get("gflop_per_token"), 2), bare(facts.get("weights_gib"), 2),
            ]
        )  # fmt: skip
    dates = sorted({facts["downloads_on"] for facts in selection["facts"].values() if facts.get("downloads_on")})
    when = f" ({', '.join(dates)})" if dates else ""
    notes = [
        f"Means on {selection['split']}, in brackets 95 % bootstrap intervals. Downloads in the month before{when}, "
        "licence, GFLOP (two for each parameter) and weights (two bytes for each) are the catalogue's, of the model "
        "that a stand-in stands for."
    ]
    return build("decision", "What the selection rule saw", columns, rows, notes)


def rules_table(selection: Json) -> Table:
    """What would have won under other rules."""
    columns = [Column("rule", "rule"), Column("winner", "chooses"), Column("why", "that is")]
    rows = [
        [text(line["rule"]), text(line["winner"] or "nobody", strong=line["rule"] == "this rule"), text(line["why"])]
        for line in selection["what_if"]
    ]
    return build(
        "other-rules", "What other rules would have chosen", columns, rows, [f"This rule: {selection['rule']}."]
    )
