"""Numbers of an evaluation by lm-evaluation-harness: each mean, floor and difference of its statistics, under a key.

Takes statistics.json (`harness.statistics`) and what `report.settings.harness_of` says; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kotune.core.storage import Json
from kotune.printing.numbers import Numbers, count, number, p_text
from kotune.report.harness_names import mean_key, pair_key, row_name, start_of

DIGITS = 4  # behind the point, as the harness's tables and published cards have them
ABOVE, PROTOCOLS = "floors", "protocols"


def entries_of(settings: Json, statistics: Json) -> dict[str, Json]:
    """Return the entries of numbers.json."""
    start = start_of(settings["study"], settings["evaluation"])
    found = dict(_of_means(settings, start, statistics["means"]))
    found |= dict(_of_pairs(settings, start, statistics["pairs"]))
    return found | dict(_of_above(settings, start, statistics))


def numbers_of(settings: Json, statistics: Json) -> Numbers:
    """Return the same as numbers that tables look up."""
    return Numbers(entries_of(settings, statistics), f"harness/{settings['evaluation']}/statistics.json")


def _record(settings: Json, model: str) -> str:
    return f"{settings['study']}/harness/{settings['evaluation']}/{model}/record.json"


def _of_means(settings: Json, start: str, means: list[Json]) -> Iterator[tuple[str, Json]]:
    for line in means:
        key = mean_key(start, line["arm"], line["model"], row_name(line), line["task"], line["metric"])
        records = [_record(settings, line["model"])]
        bounds = (line["low"], line["high"]) if "low" in line else None
        facts = {"n": line["n"], "no_spread": line.get("no_spread")}
        yield key, number(line["mean"], DIGITS, records, bounds, seeds=len(line["seeds"]), **facts)
        if line["stderr"] is not None:
            yield f"{key}.stderr", number(line["stderr"], DIGITS, records, n=line["n"])
        if "ties" in line:
            yield f"{key}.ties", number(line["ties"], DIGITS, records, n=line["n"])


def _of_pairs(settings: Json, start: str, pairs: list[Json]) -> Iterator[tuple[str, Json]]:
    for line in pairs:
        a, b, claim = line["a"], line["b"], line["claim"]
        row = {"shots": line["shots"], "template": line["template"]}
        row |= {} if claim == PROTOCOLS else {"protocol": b["protocol"]}
        floor = a["arm"] if claim == ABOVE else None
        key = pair_key(start, claim, b["arm"], b["model"], row_name(row), line["task"], floor)
        records = [_record(settings, side["model"]) for side in (a, b)]
        facts = {"n": line["n"], "no_spread": line.get("no_spread"), "verdict": line["verdict"]}
        facts |= {"family": line["family"]}
        bounds = (line["low"], line["high"])
        yield key, number(line["difference"], DIGITS, records, bounds, sign=True, **facts)
        yield f"{key}.p", number(line["p"], 3, records, text=p_text(line["p"]), n=line["n"], test=line["test"])
        for name in ("broken", "mended") if "flips" in line else ():
            yield f"{key}.{name}", count(line["flips"][name], records, n=line["flips"]["answers"])
        yield f"{key}.p_holm", number(line["p_holm"], 3, records, text=p_text(line["p_holm"]), family=line["family"])


def _of_above(settings: Json, start: str, statistics: Json) -> Iterator[tuple[str, Json]]:
    """Yield how many tasks of a row an arm has above every floor, and of how many: the group is no task."""
    counted: dict[tuple[str, str, str], list[bool]] = {}
    for line in statistics["above"]:
        if line["task"] != statistics["group"]:
            counted.setdefault((line["arm"], line["model"], row_name(line)), []).append(line["above"])
    for (arm, model, row), above in counted.items():
        key = f"{start}.above.{arm}.{model}.{row}"
        yield key, count(sum(above), [_record(settings, model)], n=len(above))
    for place, leak in enumerate(statistics["leaks"]):
        records = [f"{settings['study']}/harness/{settings['evaluation']}/data/audit.json"]
        yield f"{start}.leaks.{leak['task']}.{place}", count(leak["test"], records, n=leak["rows"], what=leak["what"])
