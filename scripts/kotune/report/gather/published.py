"""Published: the numbers that others printed about a study's question, and how far ours are from them.

Reads config/published/; gives entries for numbers.json. A difference is computed only where our models are those that
the numbers are about, never for a stand-in.
"""

from __future__ import annotations

from kotune.core.catalogue import read_yaml
from kotune.core.names import BASE, ENSEMBLE
from kotune.core.storage import Json
from kotune.printing.numbers import Numbers, count, mean_key, number
from kotune.report.gather.votes import vote_patterns
from kotune.report.view import Report


def document_of(report: Report) -> Json:
    """Return what was published; nothing where the study names no such file."""
    return read_yaml(report["published"]) if report["published"] else {}


def score_name(score: Json) -> str:
    """Return whose score it is: a model's id on the hub, or an ensemble's method; with its task where it has one."""
    name = score.get("model") or score["method"]
    return f"{name}.{score['task']}" if "task" in score else name


def score_key(report: Report, score: Json) -> str:
    """Return the key of a published score."""
    return f"{report.name}.published.{score['stage']}.{score_name(score)}"


def our_side(report: Report, score: Json) -> tuple[str | None, str | None]:
    """Return our (model, arm) that a published score is about; stand-ins take the place of what they stand for."""
    if "method" in score:
        return ENSEMBLE, score["method"]
    ours = {model["stands_for"] or model["hub_id"]: model["name"] for model in report["models"]}
    stages = {"before": BASE, "after": report.main_arm}
    return ours.get(score.get("now")) or ours.get(score["model"]), stages.get(score["stage"])


def our_key(report: Report, score: Json) -> str:
    """Return the key that our mean would have, or nothing."""
    model, arm = our_side(report, score)
    split, metric = report["reported"][0], report["primary_metric"]
    return mean_key(report.name, model, arm, split, metric) if model and arm else ""


def votes_split(report: Report) -> str:
    """Return the split whose votes stand beside published ones: a submission, whose rows are a competition's own."""
    return report.submission or report["reported"][0]


def count_key(report: Report, name: str) -> str:
    """Return the key of our count of rows, ``read`` or ``trained``."""
    start = f"{report.name}.data.{report.main['rowset']}"
    return f"{start}.read" if name == "read" else f"{start}.train.rows"


def published(report: Report, known: Numbers) -> dict[str, Json]:
    """Return what was published as it was printed, and each difference to ``known``, our own numbers."""
    document = document_of(report)
    if not document:
        return {}
    records, entries = [report.shown(report["published"])], {}
    for score in document.get("scores", []):
        key, facts = score_key(report, score), {"source": score["source"], "mark": score["mark"]}
        entries[key] = number(score["value"], score["digits"], records, **facts)
        if our_key(report, score) in known and not report.stand_ins:
            ours, times = known[our_key(report, score)], document["times"]
            value, low, high = (ours[part] * times - score["value"] for part in ("value", "low", "high"))
            both = [*records, *ours["records"]]
            digits = score["digits"]
            entries[f"{key}.difference"] = number(value, digits, both, (low, high), sign=True, n=ours["n"])
    for one in document.get("counts", []):
        facts = {"source": one["source"], "mark": one["mark"]}
        entries[f"{report.name}.published.counts.{one['name']}"] = count(one["value"], records, **facts)
    return entries | _votes(report, document, known, records) | _choice(report, document, records)


def _choice(report: Report, document: Json, records: list[str]) -> dict[str, Json]:
    """Return the counts that others chose by: popularity, windows and lengths in tokens."""
    entries, start = {}, f"{report.name}.published"
    for model, one in document.get("popularity", {}).items():
        facts = {"source": one["source"], "mark": one["mark"], "unit": one["unit"]}
        entries[f"{start}.popularity.{model}"] = count(one["value"], records, **facts)
    for one in document.get("windows", []):
        if one["thousand"] is not None:
            facts = {"source": one["source"], "mark": one["mark"]}
            entries[f"{start}.windows.{one['model']}"] = count(one["thousand"], records, **facts)
    for part in ("mean", "max"):
        if "tokens" in document:
            facts = {"source": document["tokens"]["source"], "mark": document["tokens"]["mark"]}
            entries[f"{start}.tokens.{part}"] = count(document["tokens"][part], records, **facts)
    return entries


def _votes(report: Report, document: Json, known: Numbers, records: list[str]) -> dict[str, Json]:
    """Return how often the members of others agreed, in rows and per cent, and how far ours are from that."""
    entries: dict[str, Json] = {}
    votes = document.get("votes", [])
    rows = sum(vote["value"] for vote in votes)
    patterns = vote_patterns(len(report.members)) if report.members else []
    for vote in votes:
        key = f"{report.name}.published.votes.{vote['pattern']}"
        facts = {"n": rows, "source": vote["source"], "mark": vote["mark"]}
        share = 100 * vote["value"] / rows
        entries[f"{key}.rows"] = count(vote["value"], records, **facts)
        entries[f"{key}.share"] = number(share, 1, records, **facts)
        if vote["pattern"] in patterns and not report.stand_ins:
            ours = known[f"{report.name}.votes.{votes_split(report)}.{vote['pattern']}.share"]
            both = [*records, *ours["records"]]
            entries[f"{key}.difference"] = number(ours["value"] - share, 1, both, sign=True, n=ours["n"])
    return entries
