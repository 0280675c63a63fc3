"""Comparisons: the pairs of treatments whose differences the paper reports.

Reads and writes nothing.
"""

from __future__ import annotations

import itertools

from kotune.core.errors import UserError
from kotune.core.names import BASE, ENSEMBLE, OWN, SELECTED
from kotune.core.storage import Json
from kotune.study.study import Study

# what a comparison is to show: p values are corrected within all comparisons of one kind
TUNING, FURTHER, ARMS, MODELS, CANDIDATES, ENSEMBLES, CONTRASTS, LADDER = (
    "tuning",
    "further tuning",
    "arms",
    "models",
    "candidates",
    "ensembles",
    "contrasts",
    "ladder",
)


def comparisons_of(study: Study, evaluation: str = OWN) -> list[Json]:
    """Return each comparison of an evaluation: tuned and base, tuned and what it started from, model and model.

    Of the study's own rows also ensemble and member.
    """
    if evaluation == OWN:
        return _comparisons(study)
    arms = study.evaluations[evaluation].arms
    return [one for one in _comparisons(study) if one["a"]["arm"] in arms and one["b"]["arm"] in arms]


def _comparisons(study: Study) -> list[Json]:

    def side(model: str, arm: str) -> Json:
        return {"model": model, "arm": arm}

    pairs: list[tuple[str, str, Json, Json]] = []
    if "selection" in study.settings:
        pairs += [(one["name"], one["claim"], one["a"], one["b"]) for one in candidates_comparisons(study)]
    earlier: list[str] = []
    for arm, treatment in study.arms.items():
        if arm == BASE:
            continue
        for model in treatment["models"] if treatment.get("adapter") != BASE else ():
            if model in [
                *study.arms.get(BASE, {"models": []})["models"],
                SELECTED,
            ]:
                pairs.append((f"{arm}-vs-base", TUNING, side(model, BASE), side(model, arm)))
        start = treatment.get("from", treatment.get("adapter"))
        if start is not None:
            pairs += [
                (f"{arm}-vs-{start}", FURTHER, side(model, start), side(model, arm)) for model in treatment["models"]
            ]
        if SELECTED in treatment["models"]:
            others = [other for other in earlier if other != start and study.arms[other].get("from") != arm]
            pairs += [("between-arms", ARMS, side(SELECTED, other), side(SELECTED, arm)) for other in others]
            earlier.append(arm)
        if study.shared_arms:  # it is about its own arms; how models compare is the other study's question
            pairs += [(name, ARMS, side(model, other), side(model, arm)) for name, other, model in _beside(study, arm)]
            continue
        ordered = treatment["models"]
        pairs += [
            ("between-models", MODELS, side(first, arm), side(second, arm))
            for index, first in enumerate(ordered)
            for second in ordered[index + 1 :]
        ]
    arm = study.settings.get("ensembles", {}).get("arm")
    for method in dict.fromkeys(method for _, method, _ in study.ensemble_treatments()):
        pairs += [
            ("ensemble-vs-member", ENSEMBLES, side(member, arm), side(ENSEMBLE, method))
            for member in study.ensemble_members()
        ]
    pairs += _contrasts(study, [(a, b) for _, _, a, b in pairs])
    pairs += _rungs(study, [(a, b) for _, _, a, b in pairs])
    return [{"name": name, "claim": claim, "a": a, "b": b} for name, claim, a, b in pairs]


def _contrasts(study: Study, known: list[tuple[Json, Json]]) -> list[tuple[str, str, Json, Json]]:
    """Return the study's own contrasts, of each model that both arms have; UserError for a pair that is ``known``."""
    found = []
    for name, (first, second) in study.settings.get("contrasts", {}).items():
        for model in study.arms[first]["models"]:
            a, b = {"model": model, "arm": first}, {"model": model, "arm": second}
            if (a, b) in known or (b, a) in known:
                raise UserError(
                    f"config/studies/{study.name}.yaml, contrasts.{name}: '{first}' and '{second}' are compared "
                    "anyway; take the contrast away"
                )
            if model in study.arms[second]["models"]:
                found.append((name, CONTRASTS, a, b))
    return found


def _rungs(study: Study, known: list[tuple[Json, Json]]) -> list[tuple[str, str, Json, Json]]:
    """Return each rung of the ladder beside the one before, of each model that both have, but for ``known`` pairs."""
    rungs, found = study.settings.get("ladder", []), []
    for first, second in itertools.pairwise(rungs):
        for model in study.arms[first]["models"]:
            a, b = {"model": model, "arm": first}, {"model": model, "arm": second}
            if model in study.arms[second]["models"] and (a, b) not in known and (b, a) not in known:
                found.append((f"{second}-vs-{first}", LADDER, a, b))
    return found


def _beside(study: Study, arm: str) -> list[tuple[str, str, str]]:
    """Return (name, arm, model) of each shared arm that an arm of the study's own is compared with, base apart."""
    if arm in study.shared_arms:
        return []
    start = study.arms[arm].get("from", study.arms[arm].get("adapter"))
    return [
        (f"{arm}-vs-{other}", other, model)
        for other in study.shared_arms
        if other not in (BASE, start)
        for model in study.arms[arm]["models"]
        if model in study.arms[other]["models"]
    ]


def candidates_comparisons(study: Study) -> list[Json]:
    """Return each pair of candidates of each arm that the selection ranks."""
    return [
        {
            "name": "between-candidates",
            "claim": CANDIDATES,
            "a": {"model": first, "arm": arm},
            "b": {"model": second, "arm": arm},
        }
        for arm in study.competing
        for place, first in enumerate(study.arms[arm]["models"])
        for second in study.arms[arm]["models"][place + 1 :]
    ]
