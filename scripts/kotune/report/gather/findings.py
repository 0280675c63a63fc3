"""Findings: the counts and extremes from which the paper chooses its words.

The paper says "higher in 4 of 4 models; the interval excludes 0 in 3": each of these is a number like any other, made
here from the gathered numbers and kept in numbers.json with their records. Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import BASE, ENSEMBLE, SELECTED
from kotune.core.storage import Json
from kotune.printing.numbers import Numbers, count, difference_key, mean_key, number
from kotune.report.gather.examples import best_tuned
from kotune.report.view import Report
from kotune.scoring.ensembles import UPPER_BOUNDS


def _tally(start: str, found: list[Json], report: Report) -> dict[str, Json]:
    """Return how many differences there are, how many point up or down, and how many intervals leave zero out."""
    records = [record for entry in found for record in entry["records"]]
    entries = {
        f"{start}.models": count(len(found), records),
        f"{start}.higher": count(sum(entry["value"] > 0 for entry in found), records),
        f"{start}.lower": count(sum(entry["value"] < 0 for entry in found), records),
        f"{start}.surely_higher": count(sum(entry["low"] > 0 for entry in found), records),
        f"{start}.surely_lower": count(sum(entry["high"] < 0 for entry in found), records),
    }
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
    for arm in report.tuned_arms:
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
    """Return, by arm, how the models fare on kinds of rows that tuning never saw, against the first reported split.

    The rows differ, so nothing is paired: ``apart`` counts models whose two 95 % intervals do not overlap.
    """
    if not report.unseen:
        return {}
    entries, metric, first = {}, report["primary_metric"], report["reported"][0]
    for arm, treatment in report["arms"].items():
        pairs = [
            tuple(numbers[mean_key(report.name, model, arm, split, metric)] for split in (first, report.unseen))
            for model in treatment["models"]
        ]
        records = [record for pair in pairs for entry in pair for record in entry["records"]]
        falls = [seen["value"] - unseen["value"] for seen, unseen in pairs]
        start = f"{report.name}.finding.gap.{arm}"
        entries[f"{start}.models"] = count(len(pairs), records)
        entries[f"{start}.lower"] = count(sum(fall > 0 for fall in falls), records)
        entries[f"{start}.apart"] = count(sum(seen["low"] > unseen["high"] for seen, unseen in pairs), records)
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
                entries[f"{start}.p"] = numbers[f"{key}.p"] | {"against": single}
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
        return {f"{start}.winner": found(*best, shown=selection["winner"]["model"])}
    tuned = [(entry["model"], entry["arm"]) for entry in selection["ranking"] if entry["arm"] in report.tuned_arms]
    entries = {f"{start}.{place}": found(*side) for place, side in zip(("winner", "second"), tuned, strict=False)}
    if best and tuned:
        entries[f"{start}.winner"] = found(*best)
    return entries


def sizes(report: Report, numbers: Numbers) -> dict[str, Json]:
    """Return how much was done: models, tuned models, rows and articles of all splits, examples of each kind."""
    name = report.name
    files = [record for entry in numbers.entries.values() for record in entry["records"] if "/rows/" in record]
    entries = {
        f"{name}.size.models": count(len(report["models"]), files),
        f"{name}.size.tuned": count(len({model for model, _, _ in report.trained()}), files),
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
        **sizes(report, numbers),
    }
