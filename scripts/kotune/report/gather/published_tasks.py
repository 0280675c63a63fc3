"""Published accuracies of several tasks: what their counts show, and how far our own run is from them.

Takes the document of config/published/ (its key `tasks`) and numbers; gives entries for numbers.json. Only counts were
published, so models are compared unpaired; our own arms are compared on the same items (`harness.statistics`).
"""

from __future__ import annotations

from collections.abc import Iterator

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.numbers import Numbers, count, number, p_text
from kotune.report.gather.published import score_key
from kotune.report.harness_names import mean_key, start_of
from kotune.report.view import Report
from kotune.scoring import two_shares, verdicts

DIGITS = 4


def counted(document: Json) -> list[Json]:
    """Return the scores whose counts are known: right of rows."""
    return [score for score in document.get("scores", []) if "right" in score and "task" in score]


def of_base(document: Json) -> dict[str, Json]:
    """Return the base's counted score of each task."""
    return {score["task"]: score for score in counted(document) if score["model"] == document["tasks"]["base"]}


def rerun(document: Json, task: str) -> float:
    """Return how far two runs of one model may lie apart on a task, as a share."""
    bands = document["tasks"]["rerun"]
    return bands.get(task, bands["default"])


def own_cards(document: Json, score: Json) -> list[Json]:
    """Return the scores of the same model, task and number of shots that another source printed."""
    return [
        other
        for other in document["scores"]
        if other is not score
        and (other.get("model"), other.get("task")) == (score["model"], score["task"])
        and other["stage"].startswith(score["stage"])
    ]


def our_key(report: Report, document: Json, score: Json) -> str:
    """Return the key of our own accuracy of a published one; nothing where no arm is said to stand for its model."""
    told = document["tasks"]
    arm = told["arms"].get(score["model"])
    models = [model["name"] for model in report["models"] if model["hub_id"] == told["base"]]
    if arm is None or not models:
        return ""
    start = start_of(report.name, told["evaluation"])
    return mean_key(start, arm, models[0], told["row"], f"{told['prefix']}{score['task']}", "acc")


def entries_of(report: Report, document: Json, known: Numbers, records: list[str]) -> dict[str, Json]:
    """Return counts, differences to the base with their tests, and differences of our run to what was printed."""
    if "tasks" not in document:
        return {}
    found = {}
    for score in counted(document):
        key = score_key(report, score)
        found[f"{key}.right"] = count(score["right"], records, n=score["rows"], mark="CALC")
        ours = our_key(report, document, score)
        if ours in known and not report.stand_ins:
            value = known.value(ours) - score["value"]
            within = "yes" if abs(value) <= rerun(document, score["task"]) else "no"
            both = [*records, *known[ours]["records"]]
            found[f"{key}.difference"] = number(value, DIGITS, both, sign=True, n=known[ours]["n"], within=within)
    return found | dict(_against_base(report, document, records))


def _against_base(report: Report, document: Json, records: list[str]) -> Iterator[tuple[str, Json]]:
    """Yield each model's differences to the base; a family is the tasks of one model."""
    bases = of_base(document)
    models = dict.fromkeys(score["model"] for score in counted(document) if score["model"] != document["tasks"]["base"])
    for model in models:
        scores = [score for score in counted(document) if score["model"] == model and score["task"] in bases]
        pairs = [(bases[one["task"]], one) for one in scores]
        tests = [two_shares.fisher(a["right"], a["rows"], b["right"], b["rows"]) for a, b in pairs]
        for (a, b), p, corrected in zip(pairs, tests, verdicts.holm(tests), strict=True):
            value, low, high = two_shares.difference(a["right"], a["rows"], b["right"], b["rows"])
            word = verdicts.word_of(value, corrected, (low, high), None)
            key = f"{score_key(report, b)}.minus_{BASE}"
            facts = {"n": b["rows"], "verdict": word, "family": len(pairs), "items": b["right"] - a["right"]}
            yield key, number(value, DIGITS, records, (low, high), sign=True, mark="CALC", **facts)
            yield f"{key}.p", number(p, 3, records, text=p_text(p), test="Fisher's exact test, unpaired")
            yield f"{key}.p_holm", number(corrected, 3, records, text=p_text(corrected), family=len(pairs))
