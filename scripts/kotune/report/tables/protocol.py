"""How models were run and judged, as a table: seeds, decoding, precision, embedder, tests, licences.

Reads records and statistics.json; what the catalogue says of licences comes with the settings. Nothing here depends on
the machine, which stands in the provenance, but the precision where the scale leaves that to it.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from kotune.core.names import VALID
from kotune.core.storage import Json, needed, read_json
from kotune.models import precision
from kotune.printing.table import Column, Table, build, text
from kotune.report.titles import metric_title
from kotune.report.view import Report
from kotune.scoring.stacking import FOLDS, FOREST


class _Line(NamedTuple):
    """A line of the protocol; a rule is drawn where ``of`` changes."""

    of: str
    what: str
    value: str


def protocol_table(report: Report) -> Table:
    """How the models were run and judged."""
    lines = [*_data(report), *_runs(report), *_answers(report), *_ensembles(report), *_judging(report)]
    columns = [Column("of", "of"), Column("what", "what"), Column("value", "as it was set or recorded")]
    sections = [
        [{"of": text(of), "what": text(what), "value": text(value)} for of, what, value in group]
        for _, group in groupby(lines, key=lambda line: line.of)
    ]
    return build("protocol", "How the models were run and judged", columns, sections)


def _data(report: Report) -> list[_Line]:
    """Return whose rows these are, and under which licence."""
    rows = report["dataset"]
    may = "" if rows["redistribution"] else "; the rows may not be redistributed"
    told = [_Line("data", what, rows[what]) for what in ("from", "terms") if what in rows]
    return [_Line("data", "rows", rows["name"]), _Line("data", "licence", f"{rows['licence']}{may}"), *told]


def _runs(report: Report) -> list[_Line]:
    """Return the seeds, precision and quantisation of each arm, from the records of its answers."""
    weights, seeds = [], []
    for arm, settings in report["arms"].items():
        records = _records(report, arm)
        found = {_precision(needed(one, "asked", path), needed(one, "on", path)) for path, one in records}
        weights.append(_Line("weights", arm, "; ".join(sorted(found))))
        if arm in report.tuned_arms:
            seeds.append(_Line("seeds", arm, ", ".join(map(str, settings["seeds"]))))
    return weights + seeds


def _records(report: Report, arm: str) -> list[tuple[Path, Json]]:
    """Return the records of an arm's answers with their paths."""
    paths = [report.answers(one, "record.json") for one in report.treatments(arm)]
    return [(path, read_json(path)) for path in paths]


def _precision(asked: Json, on: Json) -> str:
    """Return in words how a model's weights are held and computed with; ``on``: the machine of the record."""
    computed = precision.of_device(asked["model"].get("dtype"), on.get("device", ""))
    settings = asked.get("quantization") or {}
    if settings.get("load_in_4bit"):
        kind = str(settings.get("bnb_4bit_quant_type", "fp4")).upper()
        double = ", quantised twice" if settings.get("bnb_4bit_use_double_quant") else ""
        return f"4 bits ({kind}{double}), computed in {settings.get('bnb_4bit_compute_dtype', computed)}"
    return "8 bits" if settings.get("load_in_8bit") else f"not quantised, {computed or 'precision not recorded'}"


def _answers(report: Report) -> list[_Line]:
    """Return how answers are decoded, from the records of all arms; several values where arms differ."""
    records = [one for arm in report["arms"] for one in _records(report, arm)]
    found = [needed(record, "asked", path)["generation"] for path, record in records]
    ways = {"decoding": _decoding, "most new tokens": lambda one: str(one.get("max_new_tokens", ""))}
    lines = [_Line("answers", what, "; ".join(sorted({way(one) for one in found}))) for what, way in ways.items()]
    reasons = {str(one["reasoning_tokens"]) for one in found if "reasoning_tokens" in one}
    return lines + ([_Line("answers", "most new tokens of the reasons", "; ".join(sorted(reasons)))] if reasons else [])


def _decoding(generation: Json) -> str:
    """Return in words how the next token is chosen."""
    if not generation.get("do_sample"):
        return "greedy: always the likeliest token"
    names = [name for name in ("temperature", "top_p") if generation.get(name) is not None]
    times = f" {generation['samples']} times" if "samples" in generation else ""
    how = ", ".join(f"{name} {generation[name]}" for name in names) or "the model's whole distribution"
    return f"sampled{times}: {how}"


def _ensembles(report: Report) -> list[_Line]:
    """Return by what stacking chooses, where the study stacks."""
    if "stacking" not in report.methods:
        return []
    forest = ", ".join(f"{name} {value:g}" for name, value in FOREST.items())
    folds = f"its own rows by {FOLDS} folds of whole {report['task']['unit']}s"
    return [_Line("ensembles", "stacking", f"random forest ({forest}), fitted on {VALID}; {folds}")]


def _judging(report: Report) -> list[_Line]:
    """Return what answers and differences are judged by."""
    statistics = read_json(report.folder / "statistics.json")
    tests = sorted({pair["test"].split(" (")[0] for pair in statistics["pairs"]})
    primary = metric_title(report, report["primary_metric"])
    lines = [
        _Line("judging", "primary metric", primary),
        _Line("judging", "sentence vectors of", report["embedder"]),
        _Line("judging", "bootstrap resamples", f"{statistics['resamples']:,}"),
        _Line("judging", "seed of the resamples", str(statistics["seed"])),
    ]
    return lines + ([_Line("judging", "tests", "; ".join(tests))] if tests else [])
