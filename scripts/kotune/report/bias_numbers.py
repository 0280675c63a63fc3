"""Numbers of questions on social groups: each mean, floor and difference of their statistics, under a key.

Takes statistics.json (`harness.bias_statistics`) and what `report.settings.bias_of` says; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kotune.core.storage import Json
from kotune.harness.bias_statistics import ACC_AMB
from kotune.printing.numbers import Numbers, number, p_text
from kotune.report.bias_names import mean_key, order_key, pair_key, start_of

DIGITS = 4


def entries_of(settings: Json, statistics: Json) -> dict[str, Json]:
    """Return the entries of numbers.json."""
    start = start_of(settings["study"], settings["evaluation"])
    found = dict(_of_means(settings, start, statistics["means"]))
    found |= dict(_of_pairs(settings, start, statistics["pairs"]))
    return found | dict(_of_orders(settings, start, statistics["orders"]))


def numbers_of(settings: Json, statistics: Json) -> Numbers:
    """Return the same as numbers that tables look up."""
    return Numbers(entries_of(settings, statistics), f"harness/{settings['evaluation']}/statistics.json")


def _record(settings: Json, model: str) -> str:
    return f"{settings['study']}/harness/{settings['evaluation']}/{model}/record.json"


def _of_means(settings: Json, start: str, means: list[Json]) -> Iterator[tuple[str, Json]]:
    for line in means:
        key = mean_key(start, line["arm"], line["model"], line["way"], line["metric"])
        facts = {"n": line["n"], "templates": line["templates"], "no_spread": line.get("no_spread")}
        bounds, records = (line["low"], line["high"]), [_record(settings, line["model"])]
        yield key, number(line["mean"], DIGITS, records, bounds, seeds=len(line["seeds"]), **facts)


def _of_pairs(settings: Json, start: str, pairs: list[Json]) -> Iterator[tuple[str, Json]]:
    for line in pairs:
        a, b = line["a"], line["b"]
        key = pair_key(start, b["arm"], b["model"], line["way"], line["metric"])
        records = [_record(settings, side["model"]) for side in (a, b)]
        facts = {"n": line["n"], "templates": line["templates"], "no_spread": line.get("no_spread")}
        facts |= {"verdict": line["verdict"], "family": line["family"]}
        yield key, number(line["difference"], DIGITS, records, (line["low"], line["high"]), sign=True, **facts)
        yield f"{key}.p", number(line["p"], 3, records, text=p_text(line["p"]), n=line["n"], test=line["test"])
        yield f"{key}.p_holm", number(line["p_holm"], 3, records, text=p_text(line["p_holm"]), family=line["family"])


def _of_orders(settings: Json, start: str, orders: list[Json]) -> Iterator[tuple[str, Json]]:
    for line in orders:
        key = order_key(start, line["arm"], line["model"], line["way"], line["order"])
        yield key, number(line[ACC_AMB], DIGITS, [_record(settings, line["model"])], unknown_at=line["unknown_at"])
