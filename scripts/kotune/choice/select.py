"""Select the winner of a study from its statistics, by one rule, with the reasons in words.

Reads ``statistics.json``; gives ``selection.json``. The rule: the highest mean of the primary metric on the valid split
wins; equal means go to the model that stands first in the study's list of candidates. A near tie, where the interval of
the paired difference to the winner contains 0, is reported but changes nothing. A study may have its own rule instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kotune.choice import rule as selection_rule
from kotune.core.errors import UserError
from kotune.core.storage import Json


def _name(contender: Json) -> str:
    return f"{contender['model']}/{contender['arm']}"


def rank(means: Sequence[Json], metric: str, split: str, arms: Sequence[str], order: Sequence[str]) -> list[Json]:
    """Return the means of the candidates, the best first; upper bounds never take part.

    ``order`` is the study's list of candidate models, ``arms`` the arms that compete. Raises UserError when the
    statistics hold none of them, or name a test split.
    """
    if split.startswith("test"):
        raise UserError(f"selection: the split '{split}' is for testing; select on 'valid', and report the test split")
    candidates = [
        line
        for line in means
        if line["split"] == split
        and line["metric"] == metric
        and line["model"] in order
        and line["arm"] in arms
        and not line.get("upper_bound")
    ]
    if not candidates:
        raise UserError(
            f"selection: the statistics hold no {metric} on '{split}' for the models {', '.join(order)} "
            f"with the arms {', '.join(arms)}; check the study's candidates, arms and splits"
        )
    # 12 digits, so that the last bit of a mean of equal scores does not decide
    return sorted(
        candidates,
        key=lambda line: (-round(line["mean"], 12), list(order).index(line["model"]), list(arms).index(line["arm"])),
    )


def _pair(pairs: Sequence[Json], winner: Json, other: Json) -> tuple[float, float, float, float] | None:
    """Return difference (winner minus other), low, high and p of the two's comparison, or None when it was not made."""
    for pair in pairs:
        if (pair["split"], pair["metric"]) != (winner["split"], winner["metric"]):
            continue
        if (_name(pair["a"]), _name(pair["b"])) == (_name(other), _name(winner)):
            return pair["difference"], pair["low"], pair["high"], pair["p"]
        if (_name(pair["a"]), _name(pair["b"])) == (_name(winner), _name(other)):
            return -pair["difference"], -pair["high"], -pair["low"], pair["p"]
    return None


def _reason(winner: Json, other: Json, pairs: Sequence[Json]) -> str:
    if round(winner["mean"], 12) == round(other["mean"], 12):
        return f"{_name(other)} has the same mean; {_name(winner)} stands before it in the study's order."
    found = _pair(pairs, winner, other)
    if found is None:
        gap = winner["mean"] - other["mean"]
        return f"{_name(other)} is {gap:.3f} lower; the two were not compared row by row, so this may be a near tie."
    difference, low, high, p = found
    told = f"{difference:.3f} lower (95 % interval of the paired difference {low:.3f} to {high:.3f}, p = {p:.4f})"
    if low <= 0.0 <= high:
        return f"Near tie: {_name(other)} is {told}, which holds 0; the mean decided."
    return f"{_name(other)} is {told}."


def select_by_rule(
    statistics: Json, metric: str, split: str, arms: Sequence[str], order: Sequence[str], rule: Json,
    facts: Mapping[str, Json], census: Json | None,
) -> Json:  # fmt: skip
    """Return selection.json by the study's rule: the excluded, the near ties, what decided, and what else could."""
    everyone = rank(statistics["means"], metric, split, arms, order)
    excluded = selection_rule.exclusions([line["model"] for line in everyone], rule, facts, census)
    out = {line["model"] for line in excluded}
    ranking = [line for line in everyone if line["model"] not in out]
    pairs = statistics["pairs"]
    near = selection_rule.near_tie(ranking, lambda leader, other: _pair(pairs, leader, other), rule)
    winner, decided_by, steps = selection_rule.decided(near, rule, facts)
    told = [f"{line['model']} is excluded: {line['reason']}." for line in excluded]
    absent = [model for model in order if model not in {line["model"] for line in everyone}]
    told += (
        [f"Not considered, for want of scores in the arms {', '.join(arms)}: {', '.join(absent)}."] if absent else []
    )
    leader = ranking[0]
    scores = [
        f"{_name(leader)} has the highest {metric} on {split}: {leader['mean']:.3f} "
        f"({leader['low']:.3f} to {leader['high']:.3f}; {leader['n']} rows, {leader['articles']} articles).",
        *(_reason(leader, other, pairs).replace("; the mean decided", "") for other in ranking[1:]),
    ]
    won = next(line for line in ranking if line["model"] == winner)
    facts_kept = ("model", "arm", "mean", "low", "high")
    return {
        "split": split,
        "metric": metric,
        "ranking": [{key: line[key] for key in facts_kept} for line in [won, *(o for o in ranking if o is not won)]],
        "winner": {"model": winner, "arm": won["arm"]},
        "rule": _told(rule, metric, split),
        "reasons": [*told, *scores, *steps],
        "candidates": [{key: line[key] for key in facts_kept} for line in everyone],
        "facts": {model: facts.get(model, {}) for model in order},
        "excluded": excluded,
        "near_tie": near,
        "decided_by": decided_by,
        "what_if": selection_rule.what_if(everyone, ranking, rule, facts, winner),
    }


def _told(rule: Json, metric: str, split: str) -> str:
    """Return a rule in words."""
    hard = rule["exclude"]
    first = [
        *(["windows that do not hold the census's share of the rows"] if hard.get("window") else []),
        *(f"the licence {name}" for name in hard.get("licences", [])),
    ]
    margin = rule["near_tie"].get("margin")
    near = f"a mean within {margin:g} of it" if margin is not None else "a paired difference whose interval holds 0"
    then = f"; among the leader and those with {near}: {', '.join(rule['tie_breaks'])}" if rule["tie_breaks"] else ""
    return f"excluded: {' and '.join(first) or 'nobody'}; then the highest mean {metric} on {split}{then}"


def select(statistics: Json, metric: str, split: str, arms: Sequence[str], order: Sequence[str]) -> Json:
    """Return selection.json: the ranking, the winner, the rule and the reasons."""
    ranking = rank(statistics["means"], metric, split, arms, order)
    winner, others = ranking[0], ranking[1:]
    reasons = [
        f"{_name(winner)} has the highest {metric} on {split}: {winner['mean']:.3f} "
        f"({winner['low']:.3f} to {winner['high']:.3f}; {winner['n']} rows, {winner['articles']} articles).",
        *(_reason(winner, other, statistics["pairs"]) for other in others),
    ]
    absent = [model for model in order if model not in {line["model"] for line in ranking}]
    if absent:
        reasons.append(f"Not considered, for want of scores in the arms {', '.join(arms)}: {', '.join(absent)}.")
    return {
        "split": split,
        "metric": metric,
        "ranking": [{key: line[key] for key in ("model", "arm", "mean", "low", "high")} for line in ranking],
        "winner": {"model": winner["model"], "arm": winner["arm"]},
        "rule": f"highest mean {metric} on {split}; equal means go to the first in the study's order of candidates",
        "reasons": reasons,
    }
