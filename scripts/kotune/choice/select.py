"""Select the winner of a study from its statistics, by one rule, with the reasons in words.

Reads ``statistics.json``; gives ``selection.json``. The rule: the highest mean of the primary metric on the valid split
wins; equal means go to the model that stands first in the study's list of candidates. Whether a lead can be told from
none is said by the statistics' one rule (`scoring.verdicts`) and changes nothing. A study may have a rule of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kotune.choice import rule as selection_rule
from kotune.choice.optimism import optimism
from kotune.core.errors import UserError
from kotune.core.names import LEAVE_OUT
from kotune.core.storage import Json
from kotune.scoring.verdicts import CANNOT_TELL, HIGHER, LOWER, WITHIN

SAID = {  # what the statistics' verdict on a lead says
    HIGHER: "",
    WITHIN: ", a difference within the study's margin",
    CANNOT_TELL: ": these rows cannot tell the two apart",
}
KEPT = ("model", "arm", "mean", "low", "high")  # of a candidate's mean, in selection.json


@dataclass(frozen=True)
class Asked:
    """What a selection looks at: the metric on a split, the arms that compete, the candidates in the study's order."""

    metric: str
    split: str
    arms: Sequence[str]
    order: Sequence[str]


def _name(contender: Json) -> str:
    return f"{contender['model']}/{contender['arm']}"


def rank(means: Sequence[Json], asked: Asked) -> list[Json]:
    """Return the means of the candidates, the best first; upper bounds never take part.

    Raises UserError when the statistics hold none of them, or a test split is asked for.
    """
    if asked.split.startswith("test"):
        raise UserError(
            f"selection: the split '{asked.split}' is for testing; select on 'valid', and report the test split"
        )
    order, arms = list(asked.order), list(asked.arms)
    candidates = [
        line
        for line in means
        if line["split"] == asked.split
        and line["metric"] == asked.metric
        and line["model"] in order
        and line["arm"] in arms
        and not line.get("upper_bound")
    ]
    if not candidates:
        raise UserError(
            f"selection: the statistics hold no {asked.metric} on '{asked.split}' for the models {', '.join(order)} "
            f"with the arms {', '.join(arms)}; check the study's candidates, arms and splits"
        )
    # 12 digits, so that the last bit of a mean of equal scores does not decide
    return sorted(
        candidates,
        key=lambda line: (-round(line["mean"], 12), order.index(line["model"]), arms.index(line["arm"])),
    )


@dataclass(frozen=True)
class Lead:
    """What the leader has more than another, with its interval, its p, the corrected p and the verdict."""

    difference: float
    low: float
    high: float
    p: float
    p_holm: float | None
    verdict: str | None


def _pair(pairs: Sequence[Json], winner: Json, other: Json) -> Lead | None:
    """Return the winner's lead over another by the two's comparison, or None when it was not made."""
    for pair in pairs:
        if (pair["split"], pair["metric"]) != (winner["split"], winner["metric"]):
            continue
        if (_name(pair["a"]), _name(pair["b"])) == (_name(other), _name(winner)):
            ends, verdict = (pair["low"], pair["high"]), pair.get("verdict")
            return Lead(pair["difference"], *ends, pair["p"], pair.get("p_holm"), verdict)
        if (_name(pair["a"]), _name(pair["b"])) == (_name(winner), _name(other)):
            ends, verdict = (-pair["high"], -pair["low"]), pair.get("verdict")
            verdict = {HIGHER: LOWER, LOWER: HIGHER}.get(verdict, verdict)
            return Lead(-pair["difference"], *ends, pair["p"], pair.get("p_holm"), verdict)
    return None


def _highest(leader: Json) -> str:
    """Return the sentence on the highest mean."""
    return (
        f"{_name(leader)} has the highest {leader['metric']} on {leader['split']}: {leader['mean']:.3f} "
        f"({leader['low']:.3f} to {leader['high']:.3f}; {leader['n']} rows, {leader['articles']} articles)."
    )


def _lower(leader: Json, other: Json, pairs: Sequence[Json]) -> str:
    """Return the sentence on a mean that is not the highest."""
    if round(leader["mean"], 12) == round(other["mean"], 12):
        return f"{_name(other)} has the same mean; {_name(leader)} stands before it in the study's order."
    lead = _pair(pairs, leader, other)
    if lead is None:
        gap = leader["mean"] - other["mean"]
        return f"{_name(other)} is {gap:.3f} lower; the two were not compared row by row, so nothing says how surely."
    p = lead.p if lead.p_holm is None else lead.p_holm
    corrected = "" if lead.p_holm is None else "corrected "
    told = f"{_name(other)} is {lead.difference:.3f} lower (95 % interval of the paired difference {lead.low:.3f} to "
    return f"{told}{lead.high:.3f}, {corrected}p = {p:.4f}){SAID.get(lead.verdict, '')}."


def _scores(ranking: Sequence[Json], pairs: Sequence[Json]) -> list[str]:
    """Return a sentence on each mean, the highest first."""
    return [_highest(ranking[0]), *(_lower(ranking[0], other, pairs) for other in ranking[1:])]


def _absent(asked: Asked, ranking: Sequence[Json]) -> list[str]:
    """Return the sentence on candidates without scores; nothing where all have some."""
    absent = [model for model in asked.order if model not in {line["model"] for line in ranking}]
    arms = ", ".join(asked.arms)
    return [f"Not considered, for want of scores in the arms {arms}: {', '.join(absent)}."] if absent else []


def _unasked(statistics: Json, asked: Asked) -> list[str]:
    """Return a sentence on each competing candidate that was not asked every row of the split."""
    overlong = statistics.get("overlong", {})
    split = overlong.get("splits", {}).get(asked.split)
    if not split:
        return []
    became = "these are left out for everybody" if overlong["policy"] == LEAVE_OUT else "the others count 0 for it"
    return [
        f"{_name(line)} was asked {line['rows']} of the {split['rows']} rows of {asked.split}, the others are too long "
        f"for it; {became}."
        for line in split["asked"]
        if line["arm"] in asked.arms and line["model"] in asked.order
    ]


def _kept(ranking: Sequence[Json]) -> list[Json]:
    return [{key: line[key] for key in KEPT} for line in ranking]


def select_by_rule(statistics: Json, asked: Asked, rule: Json, facts: Mapping[str, Json], census: Json | None) -> Json:
    """Return selection.json by the study's rule: the excluded, the near ties, what decided, and what else could."""
    everyone, pairs = rank(statistics["means"], asked), statistics["pairs"]
    excluded = selection_rule.exclusions([line["model"] for line in everyone], rule, facts, census)
    out = {line["model"] for line in excluded}
    ranking = [line for line in everyone if line["model"] not in out]
    near = selection_rule.near_tie(ranking, rule)
    winner, decided_by, steps = selection_rule.decided(near, rule, facts)
    told = [f"{line['model']} is excluded: {line['reason']}." for line in excluded] + _absent(asked, everyone)
    won = next(line for line in ranking if line["model"] == winner)
    return {
        "split": asked.split,
        "metric": asked.metric,
        "ranking": _kept([won, *(line for line in ranking if line is not won)]),
        "winner": {"model": winner, "arm": won["arm"]},
        "luck": optimism(ranking, pairs),
        "rule": _told(rule, asked),
        "reasons": [*told, *_unasked(statistics, asked), *_scores(ranking, pairs), *steps],
        "candidates": _kept(everyone),
        "facts": {model: facts.get(model, {}) for model in asked.order},
        **_overlong(statistics),
        "excluded": excluded,
        "near_tie": near,
        "decided_by": decided_by,
        "what_if": selection_rule.what_if(everyone, ranking, rule, facts, winner),
    }


def _overlong(statistics: Json) -> Json:
    """Return who was asked how many rows, as the statistics count them, where they do."""
    return {key: statistics[key] for key in ("overlong",) if key in statistics}


def _told(rule: Json, asked: Asked) -> str:
    """Return a rule in words."""
    hard = rule["exclude"]
    first = [
        *(["windows that do not hold the census's share of the rows"] if hard.get("window") else []),
        *(f"the licence {name}" for name in hard.get("licences", [])),
    ]
    near = f"a mean within {rule['near_tie']['margin']:g} of it"
    then = f"; among the leader and those with {near}: {', '.join(rule['tie_breaks'])}" if rule["tie_breaks"] else ""
    excluded = " and ".join(first) or "nobody"
    return f"excluded: {excluded}; then the highest mean {asked.metric} on {asked.split}{then}"


def select(statistics: Json, asked: Asked) -> Json:
    """Return selection.json: the ranking, the winner, the rule and the reasons."""
    ranking = rank(statistics["means"], asked)
    winner, how = ranking[0], f"highest mean {asked.metric} on {asked.split}"
    return {
        "split": asked.split,
        "metric": asked.metric,
        "ranking": _kept(ranking),
        "winner": {"model": winner["model"], "arm": winner["arm"]},
        "luck": optimism(ranking, statistics["pairs"]),
        "rule": f"{how}; equal means go to the first in the study's order of candidates",
        "reasons": _scores(ranking, statistics["pairs"]) + _absent(asked, ranking) + _unasked(statistics, asked),
        **_overlong(statistics),
    }
