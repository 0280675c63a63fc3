"""Tables and numbers of a panel: one model asked with several prompts beside several models, by answers an item.

Takes what `plan.panel.tabulating` says and the panel's statistics.json (`scoring.panels`); reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kotune.core.storage import Json
from kotune.printing.numbers import Numbers, count, number, p_text
from kotune.printing.table import Column, Row, Table, bare, build, shown, text
from kotune.report.panel_names import COMPARED, KEY, listed_key, mean_key, pair_key
from kotune.report.titles import INTERVALS
from kotune.scoring.panels import ALONE, METRICS, MODELS, PROMPTS

TITLES = {"char_f1": "char-F1", "exact_match": "exact match"}
KINDS = {ALONE: "one prompt", PROMPTS: "several prompts", MODELS: "several models"}
NAMES = {"f1_sum": "F1 sum"}


def entries_of(settings: Json, statistics: Json) -> dict[str, Json]:
    """Return the entries of numbers.json."""
    return dict(_entries(settings["study"], settings["digits"], statistics))


def _entries(study: str, digits: int, statistics: Json) -> Iterator[tuple[str, Json]]:
    records = [f"{study}/panel/statistics.json"]
    for line in statistics["means"]:
        key = mean_key(study, line["of"], line["split"], line["model"], line["arm"], line["metric"])
        facts = {"n": line["n"], "articles": line["articles"], "no_spread": line.get("no_spread")}
        bounds = (line["low"], line["high"])
        yield key, number(line["mean"], digits, records, bounds, seeds=len(line["seeds"]), **facts)
    for line in statistics["pairs"]:
        key = pair_key(study, line["of"], line["split"], line)
        facts = {"n": line["n"], "articles": line["articles"], "no_spread": line.get("no_spread")}
        facts |= {"verdict": line["verdict"], "family": line["family"]}
        yield key, number(line["difference"], digits, records, (line["low"], line["high"]), sign=True, **facts)
        yield f"{key}.p", number(line["p"], 3, records, text=p_text(line["p"]), n=line["n"], test=line["test"])
        yield f"{key}.p_holm", number(line["p_holm"], 3, records, text=p_text(line["p_holm"]), family=line["family"])
    for line in statistics["listed"]:
        yield listed_key(study, line["of"], line["split"]), count(line["listed"], records, n=line["asked"])


def _who(line: Json) -> str:
    return f"{KINDS[line['model']]}, {NAMES.get(line['arm'], line['arm'])}"


def tables(settings: Json, statistics: Json) -> list[Table]:
    """Return the tables, in the order of `report.panel_names.table_names`."""
    numbers = Numbers(entries_of(settings, statistics), "panel/statistics.json")
    return [_first(settings, statistics, numbers), _compared(settings, statistics, numbers)]


def _first(settings: Json, statistics: Json, numbers: Numbers) -> Table:
    """Return what each way scores, and how many answers an item it takes of how many models."""
    columns = [
        Column("split", "split"), Column("of", "model"), Column("asked", "asked"), Column("taken", "taken by"),
        Column("answers", "answers an item", "count"), Column("models", "models", "count"),
        *(Column(metric, TITLES[metric], "interval") for metric in METRICS),
    ]  # fmt: skip
    by_name, sections = {column.name: column for column in columns}, dict[tuple[str, str], dict[tuple[str, str], Row]]()
    for line in statistics["means"]:
        of_place = sections.setdefault((line["split"], line["of"]), {})
        row = of_place.setdefault((line["model"], line["arm"]), {})
        row |= {"split": text(line["split"]), "of": text(line["of"]), "asked": text(KINDS[line["model"]])}
        row |= {"taken": text(NAMES.get(line["arm"], line["arm"])), "answers": bare(line["cost"], 0)}
        key = mean_key(settings["study"], line["of"], line["split"], line["model"], line["arm"], line["metric"])
        row |= {"models": bare(line["models"], 0), line["metric"]: shown(numbers, key, by_name[line["metric"]])}
    note = (
        f"{INTERVALS} Prompts, in this order: {', '.join(settings['answers'])}; the first is the one that was learned. "
        "Majority: the answer that most gave, in a tie the first of them; F1 sum: the answer with the largest sum of "
        "char-F1 to the others. Own choice: what the model writes when it is shown its own answers, taken as it is. "
        f"Several models: {', '.join(settings['beside'])}, each asked with the first prompt."
    )
    title = "One model asked with several prompts, beside several models"
    return build(KEY, title, columns, [list(rows.values()) for rows in sections.values()], [note])


def _compared(settings: Json, statistics: Json, numbers: Numbers) -> Table:
    """Return the paired differences on the same rows."""
    columns = [
        Column("split", "split"), Column("of", "model"), Column("claim", "question"), Column("b", "way"),
        Column("a", "against"), Column("difference", "difference", "interval"), Column("p", "p", "number"),
        Column("p_holm", "p, Holm", "number"), Column("word", "word"),
    ]  # fmt: skip
    by_name, sections = {column.name: column for column in columns}, dict[tuple[str, str, str], list[Row]]()
    for line in statistics["pairs"]:
        if line["metric"] != next(iter(METRICS)):
            continue
        key = pair_key(settings["study"], line["of"], line["split"], line)
        told: Row = {
            "split": text(line["split"]), "of": text(line["of"]), "claim": text(line["claim"]),
            "a": text(_who(line["a"])), "b": text(_who(line["b"])), "word": text(numbers[key]["verdict"]),
            **{name: shown(numbers, key if name == "difference" else f"{key}.{name}", by_name[name])
               for name in ("difference", "p", "p_holm")},
        }  # fmt: skip
        sections.setdefault((line["split"], line["of"], line["claim"]), []).append(told)
    note = (
        f"{TITLES[next(iter(METRICS))]} of the way less that of the other, on the same rows. {INTERVALS} p, Holm: "
        "corrected within each question; a word follows from it alone."
    )
    return build(
        COMPARED, "Several prompts against one, and against several models", columns, list(sections.values()), [note]
    )
