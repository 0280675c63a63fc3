"""A selection rule, as a study's file gives it: exclusions, then the primary metric, then tie-breaks between near ties.

Takes a ranking, its pairs, the candidates' facts (`choice.facts`) and the census; returns what selection.json says
besides the ranking. Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kotune.core.errors import UserError
from kotune.core.storage import Json

LICENCES = ("yes", "conditions", "no")
WORDS = {
    "popularity": "downloads in the month before",
    "licence": "what the licence allows",
    "speed": "GFLOP for a token",
    "memory": "GiB of weights",
}


@dataclass(frozen=True)
class TieBreak:
    """One tie-break: the fact that it looks at, how good a value is (more is better), and how a value is said."""

    fact: str
    worth: Callable[[object], float]
    said: Callable[[object], str]


TIE_BREAKS: Mapping[str, TieBreak] = {
    "popularity": TieBreak("downloads", lambda value: float(value), lambda value: f"{value:,}"),
    "licence": TieBreak("commercial", lambda value: -LICENCES.index(value), lambda value: f"commercial use: {value}"),
    "speed": TieBreak("gflop_per_token", lambda value: -float(value), lambda value: f"{value:g} GFLOP"),
    "memory": TieBreak("weights_gib", lambda value: -float(value), lambda value: f"{value:g} GiB"),
}


def exclusions(models: Sequence[str], rule: Json, facts: Mapping[str, Json], census: Json | None) -> list[Json]:
    """Return each candidate that a hard rule excludes, with the reason as a sentence.

    Raises UserError where the window matters and there is no census, and where no candidate is left.
    """
    asked = rule["exclude"]
    counted = {one["name"]: one for one in (census or {}).get("models", [])}
    if asked.get("window") and census is None:
        raise UserError("selection.exclude.window: there is no census to look the windows up in; add the key 'census'")
    found = []
    for model in models:
        if asked.get("window") and model not in counted:
            raise UserError(f"selection.exclude.window: the census has no '{model}'; remove it and run again")
        if asked.get("window") and counted.get(model, {}).get("excluded"):
            found.append({"model": model, "reason": counted[model]["reason"]})
        elif facts.get(model, {}).get("licence") in asked.get("licences", []):
            found.append({"model": model, "reason": f"its licence, {facts[model]['licence']}, is excluded"})
    if len(found) == len(models):
        first = found[0]
        raise UserError(
            f"selection.exclude: leaves no candidate ({first['model']}: {first['reason']}); lower census.share, or "
            "take the window or a licence off the rule"
        )
    return found


def near_tie(ranking: Sequence[Json], rule: Json) -> list[str]:
    """Return the leader and those within the rule's margin of it, in the order of the ranking.

    The margin is held against the means themselves and not against an interval: who is trained must not hang on the
    seed of a bootstrap.
    """
    leader, margin = ranking[0], rule["near_tie"]["margin"]
    return [line["model"] for line in ranking if round(leader["mean"] - line["mean"], 12) <= margin]


def decided(group: Sequence[str], rule: Json, facts: Mapping[str, Json]) -> tuple[str, str, list[str]]:
    """Return the winner of a near tie, what decided, and each step in words; where nothing does, the first."""
    left, steps = list(group), []
    if len(left) == 1:
        return left[0], "metric", [f"No other is within the margin of {left[0]}: the metric decides."]
    steps.append(f"Near-equal by the rule's margin: {', '.join(left)}; tie-breaks in the order of the rule.")
    for name in rule["tie_breaks"]:
        way = TIE_BREAKS[name]
        values = {model: facts.get(model, {}).get(way.fact) for model in left}
        missing = [model for model, value in values.items() if value is None]
        if missing:
            steps.append(f"{name} is skipped: {WORDS[name]} of {', '.join(missing)} is not known.")
            continue
        best = max(way.worth(value) for value in values.values())
        told = ", ".join(f"{model} {way.said(value)}" for model, value in values.items())
        left = [model for model in left if way.worth(values[model]) == best]
        if len(left) == 1:
            return left[0], name, [*steps, f"{name} decides for {left[0]} ({WORDS[name]}: {told})."]
        steps.append(f"{name} does not part {', '.join(left)} ({told}).")
    steps.append(f"No tie-break decides: {left[0]} has the higher mean.")
    return left[0], "metric", steps


def what_if(
    everyone: Sequence[Json], allowed: Sequence[Json], rule: Json, facts: Mapping[str, Json], winner: str
) -> list[Json]:
    """Return what other rules would choose; ``everyone`` and ``allowed``: the ranking before and after exclusion."""

    def fact(line: Json, name: str):
        return facts.get(line["model"], {}).get(name)

    def best(lines: Sequence[Json], worth: Callable[[Json], float]) -> str | None:
        return max(lines, key=worth)["model"] if lines else None

    free = [line for line in allowed if fact(line, "commercial") == "yes"]
    known = [line for line in allowed if fact(line, "gflop_per_token")]
    counted = [line for line in allowed if fact(line, "downloads")]
    rows = [
        ("this rule", winner, "exclusions, metric, tie-breaks"),
        ("score only", allowed[0]["model"], "the highest mean, however small its lead"),
        ("score only, nobody excluded", everyone[0]["model"], "windows are not looked at"),
        (
            "score for speed",
            best(known, lambda line: line["mean"] / fact(line, "gflop_per_token")),
            "the highest mean for each GFLOP that a token takes",
        ),
        (
            "free for commerce",
            best(free, lambda line: line["mean"]),
            "only licences that allow commercial use as they are",
        ),
        ("popularity", best(counted, lambda line: fact(line, "downloads")), "the most downloads, whatever the scores"),
    ]
    return [
        {"rule": name, "winner": model, "why": why if model else f"{why}: no candidate fits, or nothing is known"}
        for name, model, why in rows
    ]
