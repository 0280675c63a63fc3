"""The tables of a choice: the token census, what a rule used of each candidate, embedders and how far they agree.

Takes a census (`choice.census.take_census`), a selection made by a rule (`choice.select`) and a comparison of
embedders (`choice.agreement.compare`); reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import LEAVE_OUT, ZERO
from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.table import Cell, Column, Row, Table, bare, build, text

PARTS = {"cot_answer": "reasoning", "row": "whole row"}  # how parts are called in print, where not by their column


def percent(share: float) -> Cell:
    """Return a share as per cent, rounded down: 99.96 % of the rows are never shown as all of them."""
    held = int(share * 1000 + 1e-9) / 10
    return Cell(100 * share, fixed(held, 1))


def _held(held: Json) -> Cell:
    return percent(held["share"])


def census_table(census: Json) -> Table:
    """Return what the parts of a row take: a line a model and part, a rule above each model."""
    columns = [
        Column("model", "model"),
        Column("part", "part"),
        Column("texts", "texts", "count"),
        Column("mean", "mean", "number", "tokens"),
        Column("median", "median", "number", "tokens"),
        Column("p95", "p95", "number", "tokens"),
        Column("max", "max", "number", "tokens"),
        Column("characters_per_token", "characters/token", "number"),
    ]
    sections = [_parts(model) for model in census["models"]]
    splits = ", ".join(f"{split} {fixed(count, 0)}" for split, count in census["rows"].items())
    notes = [
        f"Rows: {splits}. Each text is counted by the model's own tokenizer without control tokens; the whole row is "
        "the rendered prompt with its completion, as it is tokenised."
    ]
    return build("census", "What the rows take in each model's tokens", columns, sections, notes)


def _parts(model: Json) -> list[Row]:
    """Return a line a part of the rows that has texts: its column may be there and empty."""
    rows: list[Row] = []
    for part, found in model["tokens"].items():
        if found is None:
            continue
        per_token = model["characters_per_token"] if part == model["characters_of"] else None
        rows.append(
            {
                "model": text(model["name"]),
                "part": text(PARTS.get(part, part)),
                "texts": bare(found["values"], 0),
                **{name: bare(found[name], 0) for name in ("mean", "median", "p95", "max")},
                "characters_per_token": bare(per_token, 2),
            }
        )
    return rows


def windows_table(census: Json) -> Table:
    """Return the share of rows that each model's window, and each other that is asked for, would hold."""
    settings = census["settings"]
    columns = [
        Column("model", "model"),
        Column("window", "window", "number", "own"),
        Column("held", "rows held %", "number", "own"),
        *(
            Column(f"what_if.{window}", fixed(window, 0), "number", "rows held % by a window of")
            for window in settings["what_if"]
        ),
        Column("excluded", "excluded"),
        Column("reason", "reason", printed=False),
    ]
    rows = [
        {
            "model": text(model["name"]),
            "window": bare(model["context_window"], 0),
            "held": _held(model["own"]),
            **{f"what_if.{held['window']}": _held(held) for held in model["what_if"]},
            "excluded": text("yes" if model["excluded"] else "no", strong=model["excluded"]),
            "reason": text(model["reason"] or ""),
        }
        for model in census["models"]
    ]
    notes = [
        f"A row fits where its prompt does, with its completion and with the {fixed(settings['reserve'], 0)} new "
        f"tokens that answering needs. A model whose window holds less than {100 * settings['share']:.10g} % of the "
        f"{fixed(census['total'], 0)} rows is excluded."
    ]
    notes += [f"{model['name']}: {model['reason']}." for model in census["models"] if model["excluded"]]
    return build("windows", "Which windows hold the rows", columns, [rows], notes)


def decision_table(selection: Json, embedders: Json | None = None) -> Table:
    """Each candidate: its mean, whether it is excluded or near the leader, and the facts that tie-breaks look at.

    ``embedders``: their comparison, whose first is the study's own (`choice.agreement`), for what its window cut.
    """
    columns = [
        Column("model", "candidate"),
        Column("mean", selection["metric"].replace("_", " "), "interval"),
        Column("verdict", "verdict"),
        Column("downloads", "downloads", "count"),
        Column("commercial", "commercial use"),
        Column("gflop_per_token", "GFLOP a token", "number"),
        Column("weights_gib", "weights, GiB", "number"),
    ]
    rows = [_candidate(selection, line) for line in selection["candidates"]]
    dates = sorted({facts["downloads_on"] for facts in selection["facts"].values() if facts.get("downloads_on")})
    when = f" ({', '.join(dates)})" if dates else ""
    notes = [
        f"Means on {selection['split']}, in brackets 95 % intervals. Downloads in the month before{when}, "
        "licence, GFLOP (two for each parameter) and weights (two bytes for each) are the catalogue's, of the model "
        "that a stand-in stands for."
    ]
    if embedders and selection["metric"] == "similarity":
        notes += [note for note in map(_long_note, embedders["embedders"][:1]) if note]
    split = selection.get("overlong", {}).get("splits", {}).get(selection["split"])
    if split:
        asked = {line["model"]: line["rows"] for line in split["asked"]}
        notes += _unasked_notes(asked, split["rows"], selection["overlong"]["policy"])
    return build("decision", "What the selection rule saw", columns, [rows], notes)


def _candidate(selection: Json, line: Json) -> Row:
    """Return a candidate's row; the selected one's name and verdict are strong."""
    model, low, high = line["model"], line["low"], line["high"]
    facts = selection["facts"].get(model, {})
    chosen = model == selection["winner"]["model"]
    return {
        "model": text(model, strong=chosen),
        "mean": Cell(line["mean"], fixed(line["mean"], 3), None, low, high, fixed(low, 3), fixed(high, 3)),
        "verdict": text(_verdict(selection, model), strong=chosen),
        "downloads": bare(facts.get("downloads"), 0),
        "commercial": text(facts.get("commercial") or "not known"),
        "gflop_per_token": bare(facts.get("gflop_per_token"), 2),
        "weights_gib": bare(facts.get("weights_gib"), 2),
    }


def _verdict(selection: Json, model: str) -> str:
    """Return what the rule made of a candidate, in a word or two."""
    if model == selection["winner"]["model"]:
        return "selected"
    if model in [line["model"] for line in selection["excluded"]]:
        return "excluded"
    return "near tie" if model in selection["near_tie"] else "behind"


def rules_table(selection: Json) -> Table:
    """What would have won under other rules."""
    columns = [Column("rule", "rule"), Column("winner", "chooses"), Column("why", "that is")]
    rows = [
        {
            "rule": text(line["rule"]),
            "winner": text(line["winner"] or "nobody", strong=line["rule"] == "this rule"),
            "why": text(line["why"]),
        }
        for line in selection["what_if"]
    ]
    notes = [f"This rule: {selection['rule']}."]
    return build("other-rules", "What other rules would have chosen", columns, [rows], notes)


LONG = {"cut": "cut", "mean_windows": "the mean of their windows"}


def _dashed(value: float | None, digits: int, sign: bool = False) -> Cell:
    """Return the cell of a number; a dash if there is no number."""
    return Cell(None, "–") if value is None else bare(value, digits, sign)


def window_note(name: str, window: int, long: str, beyond: int, texts: int) -> str:
    """Return what became of texts beyond an embedder's window; ``long``: cut or mean_windows."""
    told = f"{name} reads {fixed(window, 0)} tokens: {fixed(beyond, 0)} of {fixed(texts, 0)} texts were longer"
    if not beyond:
        return f"{told}."
    if long == "cut":
        cut = "what stands behind is not compared, and two texts with one beginning have similarity 1"
        return f"{told} and were {LONG[long]}: {cut} (long_texts: mean_windows compares them whole)."
    return f"{told} and were {LONG[long]}."


def _long_note(entry: Json) -> str | None:
    """Return that of an embedder of the comparison, or None where it has no window."""
    facts = entry["facts"]
    if not facts.get("window_tokens"):
        return None
    counts = facts["texts_beyond_window"], facts["texts"]
    return window_note(entry["name"], facts["window_tokens"], facts["long_texts"], *counts)


def _unasked_notes(asked: Json, rows: int, overlong: str) -> list[str]:
    """Return who was not asked all rows, by model; nothing where everybody was."""
    fewer = [f"{model} {fixed(count, 0)}" for model, count in asked.items() if count < rows]
    if not fewer:
        return []
    became = "are left out for all models" if overlong == LEAVE_OUT else "count 0 for it"
    return [f"Of {fixed(rows, 0)} rows were asked: {', '.join(fewer)}; rows that are too long for a model {became}."]


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
        row = {"model": text(model)}
        for entry in doc["embedders"]:
            found, name = entry["models"][place], entry["name"]
            row[f"{name}.mean"] = Cell(found["mean"], fixed(found["mean"], 3), strong=found["rank"] == 1)
            row[f"{name}.rank"] = bare(found["rank"], 0)
        rows.append(row)
    notes = [note for note in map(_long_note, doc["embedders"]) if note]
    notes += _unasked_notes(doc.get("asked", {}), doc.get("rows_in_all", 0), doc.get("overlong", ZERO))
    return build("embedders", "Mean similarity of the untuned models by each embedder", columns, [rows], notes)


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
        {
            "a": text(one["a"]),
            "b": text(one["b"]),
            "kendall_tau_b": _dashed(one["kendall_tau_b"], 3, sign=True),
            "spearman": _dashed(one["spearman"], 3, sign=True),
            "models": _dashed(one["models"], 0),
            "answers": _dashed(one["pairs"], 0),
        }
        for one in doc["agreement"]
    ]
    notes = ["–: one of the two gives all the same value, so that there is nothing to rank."]
    undefined = any(one[key] is None for one in doc["agreement"] for key in ("kendall_tau_b", "spearman"))
    return build("embedder-agreement", "How far embedders agree", columns, [rows], notes if undefined else [])
