"""What a selection rule may use besides a candidate's scores: popularity, licence, speed, memory.

Reads an entry of config/models.yaml; writes nothing. Speed and memory are computed, not measured, so that a
study selects the same model on every machine.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.models.precision import BYTES_A_PARAMETER
from kotune.study.study import Study

ANSWERS = {True: "yes", False: "no", "conditions": "conditions"}


def commercial(licence: str | None, licences: Json) -> str | None:
    """Return whether a licence allows commercial use: yes, conditions or no; None where that is not known.

    ``licences``: those of config/models.yaml.
    """
    return ANSWERS.get(licences.get(licence, {}).get("commercial"))


def selection_facts(entry: Json, licences: Json) -> Json:
    """Return the facts of a candidate: downloads with their day, licence, weights in GiB, GFLOP for a token.

    Weights are parameters at two bytes; a token's forward pass takes two operations a parameter.
    """
    popularity = entry.get("popularity", {})
    parameters = entry.get("parameters")
    licence = None if "licence" in entry.get("unverified", []) else entry.get("licence")
    return {
        "downloads": popularity.get("figure"),
        "downloads_on": popularity.get("date"),
        "licence": entry.get("licence"),
        "commercial": commercial(licence, licences),  # an unverified licence decides nothing
        "parameters": parameters,
        "weights_gib": parameters and round(parameters * BYTES_A_PARAMETER / 2**30, 2),
        "gflop_per_token": parameters and round(2 * parameters / 1e9, 2),
    }


def facts_of_candidates(study: Study, config: Json) -> dict[str, Json]:
    """Return what the selection rule may use of each candidate; for a stand-in, the facts of the real model."""
    licences = config.get("licences", {})
    return {shown: selection_facts(config["models"][name], licences) for name, shown in study.names.items()}
