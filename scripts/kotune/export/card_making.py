"""How a model was made, as its card says it: its base, its data and its training.

Takes what was read; reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.console import duration
from kotune.core.names import SPLITS
from kotune.core.storage import Json
from kotune.export.card_facts import Facts
from kotune.printing.markdown import code_span, plain, table


def base(facts: Facts) -> list[str]:
    """Return what is said of the base model."""
    of, adapter = facts.base, facts.adapter
    model, quantization = facts.record["asked"]["model"], facts.record["asked"]["recipe"]["quantization"]
    dtype = model.get("dtype") or "float32"
    named = ", ".join(f"{name}={value}" for name, value in sorted((quantization or {}).items()))
    while_tuned = f"quantized by bitsandbytes ({named}), the rest in {dtype}" if named else f"{dtype}, not quantized"
    rows = [
        ("model", code_span(of["title"])),
        ("revision", code_span(adapter.get("revision") or "not recorded")),
        ("licence", plain(of["licence"])),
        ("parameters", f"{of['parameters']:,}" if of["parameters"] else None),
        ("context window", f"{of['context_window']:,} tokens"),
        ("chat format", code_span(model["family"])),
        ("as it was tuned", code_span(while_tuned)),
    ]
    return table(("", ""), ([name, value] for name, value in rows if value))


def data(facts: Facts) -> list[str]:
    """Return what is said of the data: licences, rows of each split, what was left out."""
    rows = [[plain(one["title"]), code_span(one["hub_id"] or one["name"]), plain(one["licence"])] for one in facts.data]
    lines = [*table(("data set", "id", "licence"), rows), "", *_parts(facts)]
    lines.append(_rows(facts.audit))
    found = facts.record["found"]
    learned, without = found.get("rows", {}).get("train"), found.get("rows_excluded", {}).get("train") or {}
    if learned is not None:
        lines += ["", f"Learned: {learned:,} rows. Left out of training: {_counts(without)}."]
    return lines


def _rows(audit: Json) -> str:
    """Return what is said of the rows by their audit: that of prepared rows, or that of an arm's samples."""
    left_out = _counts(audit["excluded"])
    if "splits" not in audit:
        made = "pairs of a better and a worse one" if "without_pair" in audit else "rows"
        asked = f"{audit['answers']:,} answers of a model to {audit['rows']:,} rows"
        return f"What is learned are {audit['kept']:,} {made}, made of {asked}. Answers left out: {left_out}."
    rows_of = {name: one.get("rows") for name, one in audit["splits"].items()}
    counted = ", ".join(f"{plain(name)} {rows_of[name]:,}" for name in SPLITS if rows_of.get(name))
    return f"Rows after preparation: {counted}. Left out while they were prepared: {left_out}."


def _parts(facts: Facts) -> list[str]:
    """Return the table of the parts of a mixture, as far as their rows are learned; nothing where there is none."""
    learned = {one["name"] for one in facts.data}
    parts = [one for one in (facts.mixture or {}).get("parts", ()) if one["dataset"] in learned]
    rows = [
        [plain(one["name"]), code_span(one["dataset"]), f"{one['rows']:,}", f"{one['tokens']:,}"]
        + [f"{100 * one['shares'][count]:.1f} %" for count in ("rows", "tokens")]
        for one in parts
    ]
    head = ("part of the mixture", "data set", "rows", "tokens", "share of rows", "share of tokens")
    return [*table(head, rows), ""] if rows else []


def _counts(reasons: Json) -> str:
    """Return what was left out and why: of each reason a count, or what an audit says of it."""
    counts = {why: one["rows"] if isinstance(one, dict) else one for why, one in sorted(reasons.items())}
    return ", ".join(f"{plain(why)} ({count:,})" for why, count in counts.items()) or "none"


def training(facts: Facts) -> list[str]:
    """Return what is said of the training: time, card, arguments, versions."""
    asked, found, cost, on = (facts.record[key] for key in ("asked", "found", "cost", "on"))
    recipe = asked["recipe"]
    card = f"{on['device']}" if on["device"] != "cpu" else f"CPU ({on['processor']}), {on['threads']} thread(s)"
    processes = found.get("processes") or 1
    energy = f"{cost['joules'] / 3.6e6:.3f} kWh" if cost.get("joules") else None
    about = [
        ("method", plain(recipe["method"])),
        ("time", f"{duration(cost['seconds'])} ({cost['seconds'] / 3600:.2f} h) on {processes} × {plain(card)}"),
        ("peak memory", f"{cost['peak_memory_gib']:.1f} GiB"),
        ("energy", energy),
        ("steps", f"{found['steps']:,}" if found.get("steps") else None),
        ("tokens", f"{cost['tokens']:,}" if cost.get("tokens") else None),
        ("final loss", f"{found['final_loss']:.4f}" if found.get("final_loss") is not None else None),
        ("trainable parameters", f"{found['trainable_parameters']:,}" if found.get("trainable_parameters") else None),
        ("seed", str(asked["seed"])),
        ("started from", code_span(facts.settings["from"]) if facts.settings.get("from") else None),
        ("kotune's commit", code_span(facts.record["commit"]) if facts.record.get("commit") else None),
    ]
    given = {**recipe["lora"], **{"loss": recipe.get("loss")}, **recipe["trainer"]}
    arguments = [[code_span(name), code_span(_value(value))] for name, value in given.items() if value is not None]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(facts.record["with"]["packages"].items()))
    return [
        *table(("", ""), ([name, value] for name, value in about if value)),
        "",
        "Arguments, under the names of peft (LoRA) and TRL (trainer):",
        "",
        *table(("argument", "value"), arguments),
        "",
        f"Packages: {plain(versions)}.",
    ]


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
