"""Agreement between embedders: does another one put the candidates, and single answers, in the same order?

Reads the candidates' answers and the rows; gives embedders.json. Kendall's tau-b compares the order of the candidates'
means, Spearman's rho the order of all single answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kotune import similarity
from kotune.metrics import Pair
from kotune.storage import Json


def ranks(means: Mapping[str, float]) -> dict[str, int]:
    """Return each candidate's place, 1 for the highest mean; equal means share a place."""
    return {name: 1 + sum(other > value for other in means.values()) for name, value in means.items()}


def correlation(kind: str, one: Sequence[float], other: Sequence[float]) -> float | None:
    """Return Kendall's tau-b (``kendall``) or Spearman's rho; None where one side does not vary."""
    from scipy import stats

    if len(set(one)) < 2 or len(set(other)) < 2:
        return None
    found = stats.kendalltau(one, other) if kind == "kendall" else stats.spearmanr(one, other)
    return round(float(found.statistic), 6)


def compare(pairs: Mapping[str, Sequence[Pair]], embedders: Sequence[Json], cache: str | None) -> Json:
    """Return means, ranks and agreement. ``pairs``: (answer, gold answers) of each candidate, the same rows in order."""
    values: dict[str, dict[str, list[float]]] = {}
    documents = []
    for settings in embedders:
        embedder = similarity.open_embedder(settings)
        store = similarity.VectorStore(cache, embedder)
        own, facts = {}, {}
        for model, of_model in pairs.items():
            own[model], facts = similarity.similarities(of_model, embedder, store)
        means = {model: round(sum(found) / len(found), 6) for model, found in own.items()}
        values[settings["name"]] = own
        documents.append({"name": settings["name"], "means": means, "ranks": ranks(means), "facts": facts})
    agreement = []
    for place, one in enumerate(documents):
        for other in documents[place + 1 :]:
            a, b = (values[document["name"]] for document in (one, other))
            agreement.append(
                {
                    "a": one["name"],
                    "b": other["name"],
                    "kendall": correlation("kendall", list(one["means"].values()), list(other["means"].values())),
                    "spearman": correlation("spearman", sum(a.values(), []), sum(b.values(), [])),
                    "same_first": _first(one) == _first(other),
                }
            )
    rows = len(next(iter(pairs.values())))
    for document in documents:  # how many of the texts were beyond a window stays; a cache's state does not
        document["facts"] = {key: value for key, value in document["facts"].items() if key != "texts"}
    return {"rows": rows, "models": list(pairs), "embedders": documents, "agreement": agreement}


def _first(document: Json) -> list[str]:
    return sorted(model for model, place in document["ranks"].items() if place == 1)
