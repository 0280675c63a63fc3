"""Findings: the counts and extremes from which the paper chooses its words.

The paper says "higher in 4 of 4 models, surely so in 3": each of these is a number like any other, made here from the
gathered numbers and kept in numbers.json with their records. "Surely" and every other verdict is what the statistics'
one rule says (`scoring.verdicts`). Reads and writes nothing.
"""

from __future__ import annotations

import math

from kotune.choice.optimism import LEVEL, POWER, units_needed
from kotune.core.names import BASE, ENSEMBLE, SELECTED
from kotune.core.storage import Json
from kotune.printing.numbers import Numbers, count, difference_key, gap_key, mean_key, number
from kotune.report.gather.examples import best_tuned
from kotune.report.view import Report
from kotune.scoring.ensembles import UPPER_BOUNDS
from kotune.scoring.gaps import CARRIES_OVER, FALLS
from kotune.scoring.verdicts import HIGHER, LOWER, WITHIN


def _tally(start: str, found: list[Json], report: Report) -> dict[str, Json]:
    """Return how many differences there are, how many point up or down, and how many have which verdict."""
    records = [record for entry in found for record in entry["records"]]
    entries = {
        f"{start}.models": count(len(found), records),
        f"{start}.higher": count(sum(entry["value"] > 0 for entry in found), records),
        f"{start}.lower": count(sum(entry["value"] < 0 for entry in found), records),
    }
    if all("verdict" in entry for entry in found):
        words = {"surely_higher": HIGHER, "surely_lower": LOWER, "alike": WITHIN}
        for name, word in words.items():
            entries[f"{start}.{name}"] = count(sum(entry["verdict"] == word for entry in found), records)
    for name, choose in (("smallest", min), ("largest", max)):
        extreme = choose(found, key=lambda entry: entry["value"])
        bounds = (extreme["low"], extreme["high"])
        entries[f"{start}.{name}"] = number(
            extreme["value"], report["digits"], records, bounds, sign=True, n=extreme["n"]
        )
    return entries


def tuning(report: Report, numbers: Numbers) -> dict[str, Json]:
    """Return, by tuned arm, split and metric, what tuning did to the models."""
    entries = {}
    for arm in report.other_arms:
        for split in report["reported"]:
            for metric in report["metrics"]:
                keys = [
                    difference_key(report.name, (model, BASE), (model, arm), split, metric)
                    for model in report["arms"][arm]["models"]
                ]
                found = [numbers[key] for key in keys if key in numbers]
                if found:
                    entries |= _tally(f"{report.name}.finding.{arm}.{split}.{metric}", found, report)
    return entries


def gap(report: Report, numbers: Numbers) -> dict[str, Json]:
    """Return, by arm, how the models fare on the split further from what was trained, against the nearer one.

    The rows differ, so nothing is paired (`scoring.gaps`). Counted are models whose score surely falls, whose score
    carries over (falls by less than the margin), and whose gain by tuning surely falls.
    """
    if not report.gap:
        return {}
    entries, metric = {}, report["primary_metric"]
    for arm, treatment in report["arms"].items():
        pairs = [
            tuple(numbers[mean_key(report.name, model, arm, split, metric)] for split in report.gap)
            for model in treatment["models"]
        ]
        records = [record for pair in pairs for entry in pair for record in entry["records"]]
        falls = [near["value"] - far["value"] for near, far in pairs]
        start = f"{report.name}.finding.gap.{arm}"
        entries[f"{start}.models"] = count(len(pairs), records)
        entries[f"{start}.lower"] = count(sum(fall > 0 for fall in falls), records)
        for name, what, word in (
            ("falls", "score", FALLS),
            ("carries_over", "score", CARRIES_OVER),
            ("gain_falls", "gain", FALLS),
        ):
            keys = [gap_key(report.name, what, model, arm) for model in treatment["models"]]
            found = sum(key in numbers and numbers[key]["verdict"] == word for key in keys)
            entries[f"{start}.{name}"] = count(found, records)
        entries[f"{start}.smallest"] = number(min(falls), report["digits"], records)
        entries[f"{start}.largest"] = number(max(falls), report["digits"], records)
    return entries


def bests(report: Report, numbers: Numbers) -> dict[str, Json]:
    """Return the best model of each arm, the best single tuned model and the best ensemble, on each reported split."""
    groups = {
        **{arm: [(model, arm) for model in treatment["models"]] for arm, treatment in report["arms"].items()},
        "ensemble": [(ENSEMBLE, method) for method in report.methods if method not in UPPER_BOUNDS],
        "member": [(member, report["ensembles"]["arm"]) for member in report.members],
        "oracle": [(ENSEMBLE, method) for method in report.methods if method in UPPER_BOUNDS],
    }
    return {
        f"{report.name}.finding.best.{group}.{split}": _best(report, numbers, sides, split)
        for split in report["reported"]
        for group, sides in groups.items()
        if sides
    }


def _best(report: Report, numbers: Numbers, sides: list[tuple[str, str]], split: str) -> Json:
    """Return the highest mean of some (model, arm), with whose it is; of equals the first."""
    means = {side: numbers[mean_key(report.name, *side, split, report["primary_metric"])] for side in sides}
    model, arm = max(means, key=lambda side: means[side]["value"])
    entry = means[model, arm]
    facts = {"n": entry["n"], "articles": entry["articles"], "name": arm if model == ENSEMBLE else model, "arm": arm}
    bounds = (entry["low"], entry["high"])
    return number(entry["value"], report["digits"], entry["records"], bounds, bound=entry.get("bound"), **facts)


def ensembles(report: Report, numbers: Numbers) -> dict[str, Json]:
    """Return each usable method's difference to the best single member of each reported split, and their tally."""
    if not report.members:
        return {}
    entries, metric, arm = {}, report["primary_metric"], report["ensembles"]["arm"]
    for split in report["reported"]:
        single = max(
            report.members, key=lambda member: numbers.value(mean_key(report.name, member, arm, split, metric))
        )
        found = {}
        for method in report.methods:
            key = difference_key(report.name, (single, arm), (ENSEMBLE, method), split, metric)
            if key in numbers:
                start = f"{report.name}.finding.ensemble.{method}.{split}"
                entries[start] = numbers[key] | {"against": single}
                for one in ("p", "p_holm"):
                    if f"{key}.{one}" in numbers:
                        entries[f"{start}.{one}"] = numbers[f"{key}.{one}"] | {"against": single}
                if method not in UPPER_BOUNDS:
                    found[method] = numbers[key]
        if found:
            entries |= _tally(f"{report.name}.finding.ensembles.{split}", list(found.values()), report)
    return entries


def selected(report: Report, numbers: Numbers, selection: Json) -> dict[str, Json]:
    """Return the selected model's score on the split that it was selected on, and its runner-up's.

    Where the selected model is tuned under the name `selected`, it has no runner-up: nobody else was tuned.
    """
    split, start = selection["split"], f"{report.name}.finding.selected"

    def found(model: str, arm: str, **facts: str) -> Json:
        key = mean_key(report.name, model, arm, split, selection["metric"])
        return numbers[key] | {"name": model, "arm": arm, "split": split, **facts}

    best = best_tuned(selection, report)
    if best and best[0] == SELECTED:
        return {
            f"{start}.winner": found(*best, shown=selection["winner"]["model"]),
            **_costs(report, numbers, selection),
        }
    tuned = [(entry["model"], entry["arm"]) for entry in selection["ranking"] if entry["arm"] in report.tuned_arms]
    entries = {f"{start}.{place}": found(*side) for place, side in zip(("winner", "second"), tuned, strict=False)}
    if best and tuned:
        entries[f"{start}.winner"] = found(*best)
    return entries | _costs(report, numbers, selection)


def _costs(report: Report, numbers: Numbers, selection: Json) -> dict[str, Json]:
    """Return how far the best of the others is from the chosen one: on the split that chose, and on those that did not.

    The other is the one with the highest mean besides the chosen one; of several arms, where the two were compared.
    """
    side = {line["model"]: (line["model"], line["arm"]) for line in reversed(selection["ranking"])}
    chosen = side[selection["winner"]["model"]]
    others = [(line["model"], line["arm"]) for line in selection["ranking"] if line["model"] != chosen[0]]
    if not others:
        return {}
    highest = max(selection["ranking"], key=lambda line: (line["model"] != chosen[0], line["mean"]))
    other, entries = (highest["model"], highest["arm"]), {}
    for split in (selection["split"], *report["reported"]):
        start = f"{report.name}.finding.rejected.{split}"
        for a, b, sign in ((chosen, other, 1), (other, chosen, -1)):
            key = difference_key(report.name, a, b, split, selection["metric"])
            if key in numbers:
                entries |= _turned(start, key, numbers, report["digits"], sign, {"name": other[0], "chosen": chosen[0]})
    return entries


def _turned(start: str, key: str, numbers: Numbers, digits: int, sign: int, facts: Json) -> dict[str, Json]:
    """Return a difference and its p values under another key, with the other sign where its sides are swapped."""
    entry = numbers[key]
    ends = sorted((sign * entry["low"], sign * entry["high"]))
    verdict = entry.get("verdict")
    if sign < 0:
        verdict = {HIGHER: LOWER, LOWER: HIGHER}.get(verdict, verdict)
    told = {name: entry.get(name) for name in ("n", "articles", "no_spread")}
    bounds = (ends[0], ends[1])
    found = number(sign * entry["value"], digits, entry["records"], bounds, sign=True, verdict=verdict, **told, **facts)
    ps = {f"{start}.{one}": numbers[f"{key}.{one}"] for one in ("p", "p_holm") if f"{key}.{one}" in numbers}
    return {start: found, **ps}


def luck(report: Report, selection: Json) -> dict[str, Json]:
    """Return what luck may have given to the winner, and the rows that would show a difference of the margin."""
    found = selection.get("luck")
    if not found:
        return {}
    start, records = f"{report.name}.finding.luck", [report.shown(report.folder / "selection.json")]
    facts = {"n": found["n"], "articles": found["articles"], "candidates": found["candidates"]}
    wanted = (LEVEL + POWER) * found["error"]
    entries = {
        f"{start}.candidates": count(found["candidates"], records),
        f"{start}.optimism": number(found["optimism"], report["digits"], records, **facts),
        f"{start}.shown": number(wanted, report["digits"], records, **facts),
    }
    margin = report.settings.get("margin")
    if margin:
        units = units_needed(found["error"], found["articles"], margin)
        entries[f"{start}.articles_needed"] = count(units, records, **facts)
        rows = math.ceil(units * found["n"] / found["articles"])
        entries[f"{start}.rows_needed"] = count(rows, records, **facts)
    return entries


def sizes(report: Report, numbers: Numbers) -> dict[str, Json]:
    """Return how much was done: models, tuned models, rows and articles of all splits, examples of each kind."""
    name = report.name
    files = [record for entry in numbers.entries.values() for record in entry["records"] if "/rows/" in record]
    entries = {
        f"{name}.size.models": count(len(report["models"]), files),
        f"{name}.size.tuned": count(len({model for model, _, _ in report.trained()}), files),
        f"{name}.size.seeds": count(max(len(report.seeds(arm)) for arm in report["arms"]), files),
        f"{name}.size.members": count(len(report.members), files),
        f"{name}.size.methods": count(len([one for one in report.methods if one not in UPPER_BOUNDS]), files),
    }
    rowset = report.first["rowset"]
    for part in ("rows", "articles"):
        keys = [f"{name}.data.{rowset}.{split}.{part}" for split in report["splits"]]
        entries[f"{name}.size.{part}"] = count(sum(numbers.value(key) for key in keys), files)
    return entries


def findings(report: Report, numbers: Numbers, selection: Json) -> dict[str, Json]:
    """Return all of a study's findings."""
    return {
        **tuning(report, numbers),
        **gap(report, numbers),
        **bests(report, numbers),
        **ensembles(report, numbers),
        **selected(report, numbers, selection),
        **luck(report, selection),
        **sizes(report, numbers),
    }
