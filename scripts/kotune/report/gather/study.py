"""Gather a study's numbers from its files: statistics, audits, prompts, model folders.

Gives entries for numbers.json. Nothing is computed here beyond counts, sums and shares: means and tests are the
statistics' work.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.model_folder import gguf_of
from kotune.core.names import ENSEMBLE
from kotune.core.storage import Json, needed, read_json
from kotune.core.tensor_file import count_values
from kotune.printing.numbers import (
    compared_key,
    count,
    difference_key,
    gap_key,
    mean_key,
    merged,
    number,
    p_text,
    prompt_key,
)
from kotune.report.view import Report
from kotune.rows.personal_rows import KEY
from kotune.scoring.ensembles import bounds
from kotune.scoring.gaps import GAIN


def _score_records(report: Report, *sides: tuple[str, str]) -> list[str]:
    return [
        report.shown(report.scores((model, arm, seed), "record.json"))
        for model, arm in sides
        for seed in report.seeds(arm)
    ]


def means(report: Report, statistics: Json) -> dict[str, Json]:
    """Return each mean score with its interval."""
    entries = {}
    for mean in statistics["means"]:
        model, arm = mean["model"], mean["arm"]
        bound = "upper" if model == ENSEMBLE and bounds(arm, mean["metric"]) else None
        key = mean_key(report.name, model, arm, mean["split"], mean["metric"])
        records = _score_records(report, (model, arm))
        entries[key] = number(
            mean["mean"],
            report["digits"],
            records,
            (mean["low"], mean["high"]),
            n=mean["n"],
            articles=mean["articles"],
            bound=bound,
            no_spread=mean.get("no_spread"),
            seeds=len(mean["seeds"]) if len(mean["seeds"]) > 1 else None,
        )
        entries |= _seeds(report, key, mean, records)
    return entries


def _seeds(report: Report, key: str, line: Json, records: list[str]) -> dict[str, Json]:
    """Return the number of each seed and their standard deviation, where there are several."""
    entries = {f"{key}.seed{one['seed']}": one["value"] for one in line.get("by_seed", [])}
    entries |= {f"{key}.seed_sd": line["seed_sd"]} if "seed_sd" in line else {}
    return {name: number(value, report["digits"], records) for name, value in entries.items()}


def read_statistics(report: Report) -> Json:
    """Return statistics.json, with ``means``, ``pairs`` and ``overlong``; UserError names what is missing."""
    path = report.folder / "statistics.json"
    statistics = read_json(path)
    for key in ("means", "pairs", "overlong"):
        needed(statistics, key, path)
    return statistics


def compared(name: str, statistics: Json, records: list[str]) -> dict[str, Json]:
    """Return how many rows and articles of each split are compared, and how many contenders were not asked all rows."""
    policy, entries = statistics["overlong"]["policy"], {}
    articles = {line["split"]: line["articles"] for line in statistics["means"]}
    for split, of_split in statistics["overlong"]["splits"].items():
        facts = {"n": of_split["rows"], "unasked": len(of_split["asked"]), "policy": policy}
        entries[compared_key(name, split)] = count(of_split["compared"], records, **facts)
        if split in articles:
            entries[f"{compared_key(name, split)}.articles"] = count(articles[split], records)
    return entries


def pair_sides(pair: Json) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the (model, arm) a and the (model, arm) b of a comparison."""
    return (pair["a"]["model"], pair["a"]["arm"]), (pair["b"]["model"], pair["b"]["arm"])


def pair_key(report: Report, pair: Json) -> str:
    """Return the key of a comparison's difference."""
    return difference_key(report.name, *pair_sides(pair), pair["split"], pair["metric"])


def differences(report: Report, statistics: Json) -> dict[str, Json]:
    """Return each difference that was tested, with its interval and p value."""
    entries = {}
    for pair in statistics["pairs"]:
        key = pair_key(report, pair)
        records = _score_records(report, *pair_sides(pair))
        facts = {"n": pair["n"], "articles": pair["articles"], "name": pair["name"]}
        entries |= judged(key, pair, report["digits"], records, facts)
        entries |= _seeds(report, key, pair, records)
    return entries


def judged(key: str, line: Json, digits: int, records: list[str], facts: Json) -> dict[str, Json]:
    """Return a difference, its p, and by the primary metric its corrected p and its verdict (`scoring.verdicts`)."""
    verdict = {"verdict": line.get("verdict"), "family": line.get("family"), "no_spread": line.get("no_spread")}
    ends = (line["low"], line["high"])
    entries = {
        key: number(line["difference"], digits, records, ends, sign=True, **facts, **verdict),
        f"{key}.p": number(line["p"], 3, records, text=p_text(line["p"]), test=line["test"], **facts),
    }
    if "p_holm" in line:
        p = line["p_holm"]
        entries[f"{key}.p_holm"] = number(p, 3, records, text=p_text(p), family=line["family"], **facts)
    return entries


def gaps(report: Report, statistics: Json) -> dict[str, Json]:
    """Return each fall from one split to one further from what was trained: of a score, and of what tuning added."""
    entries = {}
    for line in statistics.get("gaps", []):
        model, arm = line["model"], line["arm"]
        what = "gain" if line["claim"] in GAIN.values() else "score"
        facts = {"n": min(line["n"]), "articles": min(line["articles"])}
        records = _score_records(report, (model, arm))
        entries |= judged(gap_key(report.name, what, model, arm), line, report["digits"], records, facts)
    return entries


def data(report: Report) -> dict[str, Json]:
    """Return the audit's counts and means: each split's, and each reason for leaving rows out."""
    entries = {}
    for rowset in report.rowsets():
        path = report.audit(rowset)
        audit, records = read_json(path), [report.shown(path)]
        start = f"{report.name}.data.{rowset}"
        whole = {f"{column['name']}_chars_mean" for column in report["task"]["asked"] if column["long"]}
        for split, facts in needed(audit, "splits", path).items():
            for fact, value in facts.items():
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    digits = 0 if isinstance(value, int) or fact in whole else 1
                    entries[f"{start}.{split}.{fact}"] = number(value, digits, records)
            for kind, rows in facts.get(KEY, {}).items():
                entries[f"{start}.{split}.{KEY}.{kind}"] = count(rows, records)
        for kind, rows in audit.get("masked", {}).items():
            entries[f"{start}.masked.{kind}"] = count(rows, records)
        for reason, rows in needed(audit, "excluded", path).items():
            entries[f"{start}.excluded.{reason}"] = count(rows["rows"], records)
        for file in audit["files"]:
            if file["split"] is None:  # the one file that was split
                entries[f"{start}.read"] = count(file["rows"], records)
        total = sum(rows["rows"] for rows in audit["excluded"].values())
        entries[f"{start}.excluded"] = count(total, records)
    return entries


def prompts(report: Report) -> dict[str, Json]:
    """Return each split's prompt and completion tokens: by model, and the range over the models of an arm."""
    entries: dict[str, Json] = {}
    short: dict[str, bool] = {}  # whether any row of a model's prompts is left out
    read: list[str] = []
    for model, rowset, prompt in report.prompts():
        path = report.prompt_folder(model, rowset, prompt) / "prompts.json"
        document, records = read_json(path), [report.shown(path)]
        for split, facts in needed(document, "splits", path).items():
            start = prompt_key(report.name, model, rowset, prompt, split)
            excluded = facts.get("excluded") or 0
            excluded = sum(excluded.values()) if isinstance(excluded, dict) else excluded
            entries[f"{start}.rows"] = count(needed(facts, "rows", path), records)
            entries[f"{start}.excluded"] = count(excluded, records)
            if "beyond_limit" in facts:
                entries[f"{start}.beyond_limit"] = count(facts["beyond_limit"], records, n=facts["rows"] - excluded)
            short[model] = short.get(model, False) or excluded > 0
            read += records
            for part in ("prompt_tokens", "completion_tokens"):
                for name, value in (facts.get(part) or {}).items():
                    if isinstance(value, (int, float)):
                        digits = 1 if name == "mean" else 0
                        entries[f"{start}.{part}.{name}"] = number(value, digits, records)
    total = {f"{report.name}.prompts.short_models": count(sum(short.values()), read, n=len(short))}
    return entries | _token_ranges(report, entries) | total


def _token_ranges(report: Report, entries: dict[str, Json]) -> dict[str, Json]:
    """Return, by arm and split, the lowest and highest mean token count over the models."""
    ranges = {}
    for arm, treatment in report["arms"].items():
        for split in report["splits"]:
            start = f"{report.name}.prompts.{arm}.{split}"
            keys = [
                prompt_key(report.name, model, treatment["rowset"], treatment["prompt"], split)
                for model in treatment["models"]
            ]
            for part in ("prompt_tokens", "completion_tokens"):
                found = [entries[f"{key}.{part}.mean"] for key in keys if f"{key}.{part}.mean" in entries]
                if found:
                    values = [entry["value"] for entry in found]
                    records = [record for entry in found for record in entry["records"]]
                    middle, ends = sum(values) / len(values), (min(values), max(values))
                    ranges[f"{start}.{part}"] = number(middle, 0, records, ends)
    return ranges


def models(report: Report) -> dict[str, Json]:
    """Return each model's parameters, size and shape."""
    entries = {}
    for model in report["models"]:
        start, folder = f"{report.name}.model.{model['name']}", Path(model["path"])
        config = read_json(folder / "config.json")
        records = [report.shown(folder / "config.json")]
        for key in ("num_hidden_layers", "hidden_size", "vocab_size"):
            if key in config:
                entries[f"{start}.{key}"] = count(config[key], records)
        entries[f"{start}.context_window"] = count(model["context_window"], records)
        parameters = model["parameters"]
        if not parameters:
            weights = folder / "model.safetensors"
            records, parameters = [report.shown(weights)], count_values(weights, "remove it and run again")
            entries[f"{start}.size_mib"] = number(weights.stat().st_size / 2**20, 1, records)
        architecture = ", ".join(config.get("architectures") or [])
        entries[f"{start}.parameters"] = number(
            parameters, 0, records, text=in_short(parameters), architecture=architecture, **_dequantised(model)
        )
    return entries


def _dequantised(model: Json) -> Json:
    """Return, of a model made of a GGUF file, what the weights were stored as and the file's name and SHA-256."""
    found = gguf_of(Path(model["path"])) if model["hub_id"] else None
    return {"quantisation": found["quantisation"], "gguf": found["file"], "sha256": found["sha256"]} if found else {}


def in_short(parameters: int) -> str:
    """Return a count of parameters as models are spoken of: ``3.60 M``, ``9.24 B``."""
    return f"{parameters / 1e9:.2f} B" if parameters >= 1e9 else f"{parameters / 1e6:.2f} M"


def _margin(report: Report, statistics: Json) -> dict[str, Json]:
    """Return the smallest difference that the study says matters, where it says so."""
    margin = statistics.get("margin")
    records = [report.shown(report.folder / "statistics.json")]
    return {} if margin is None else {f"{report.name}.statistics.margin": number(margin, 3, records)}


def gathered(report: Report) -> dict[str, Json]:
    """Return all of the study's numbers that its files hold as such."""
    path, statistics = report.folder / "statistics.json", read_statistics(report)
    return merged(
        [
            means(report, statistics),
            differences(report, statistics),
            gaps(report, statistics),
            _margin(report, statistics),
            compared(report.name, statistics, [report.shown(path)]),
            data(report),
            models(report),
            prompts(report),
            {f"{report.name}.statistics.resamples": count(needed(statistics, "resamples", path), [report.shown(path)])},
        ]
    )
