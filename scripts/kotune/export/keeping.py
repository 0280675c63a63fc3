"""Make a kept folder (`report.kept`) of a results folder: numbers, scores and curves, and no text of any row.

Reads results/{scale}: settings/gather_numbers/settings.json, numbers.json, costs.json, and the study's rows, audits,
records, scores and curves; writes the folder.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kotune.core.errors import UserError, nearest
from kotune.core.names import ENSEMBLE, OWN, SUBMISSION, TRAIN, UNIT
from kotune.core.storage import Json, needed, read_json, read_jsonl, read_parquet, replacing, sha256_of, write_jsonl
from kotune.printing.numbers import treatment_key
from kotune.report import kept
from kotune.report.view import Report
from kotune.scoring.score_columns import read_scores
from kotune.study import metrics
from kotune.study.metrics import MEAN

SETTINGS = Path("settings/gather_numbers/settings.json")
RESULTS = ("numbers.json", "costs.json")  # of a results folder: what kept.NUMBERS and kept.COSTS are made of
NO_TEXT = 8  # characters: a shorter answer ("2", "Seoul") stands in many a word that quotes no row
SAID = ("low_text", "high_text")  # facts that an entry's `interval` says again
TOLD = ("rowset", "learns", "prompt", "adapter", "answers_with", "thinking")  # of an arm's settings
OF_A_HARNESS = ("evaluation", "title", "dataset", "tasks", "num_fewshot", "protocols", "template", "arms")
OF_A_MODEL = ("name", "hub_id", "licence", "parameters", "stands_for")


def report_at(results: Path, study: str) -> Report:
    """Return a study as its report saw it; UserError where the results hold no report of it."""
    if not (results / SETTINGS).is_file():
        raise UserError(f"{results / SETTINGS}: is missing; run snakemake with this scale until its report is made")
    settings = {one["study"]: one for one in read_json(results / SETTINGS)}
    if study not in settings:
        raise UserError(f"{results}: holds no report of '{study}'{nearest(study, settings)}")
    return Report(settings[study], results / study)


def entries_of(path: Path, study: str) -> dict[str, Json]:
    """Return a study's entries of numbers.json or costs.json, without files, rows and what speaks of single rows."""
    found = {}
    for key, entry in read_json(path).items():
        parts = key.split(".")
        if parts[0] == study and parts[1] not in kept.OF_TEXTS:
            found[key] = {fact: value for fact, value in entry.items() if fact not in (*kept.TEXTS, *SAID)}
    if not found:
        raise UserError(f"{path}: holds no number of '{study}'; run snakemake until its report is made")
    kept.check_entries(found, study, str(path))
    return found


def texts_of(report: Report) -> list[str]:
    """Return all texts of the study's rows that are long enough to be told from a word."""
    import polars

    found: set[str] = set()
    for rowset in report.rowsets():
        for split in report["splits"]:
            frame = read_parquet(report.rows(rowset, split))
            for name, kind in frame.schema.items():
                if name not in ("id", UNIT) and kind in (polars.String, polars.List(polars.String)):
                    column = frame[name].explode() if kind != polars.String else frame[name]
                    found |= {text for text in column.drop_nulls().unique() if len(text) >= NO_TEXT}
    return sorted(found)


def check_no_texts(entries: dict[str, Json], texts: list[str], where: str) -> None:
    """Raise UserError where a fact holds the text of a row, or is a part of one."""
    facts = {value: (key, fact) for key, entry in entries.items() for fact, value in entry.items()
             if isinstance(value, str) and any(sign.isalpha() for sign in value)}  # fmt: skip
    for value, (key, fact) in facts.items():
        part = len(value) > NO_TEXT
        if any(text in value or (part and value in text) for text in texts):
            raise UserError(f"{where}: key '{key}': its '{fact}' holds the text of a row, which is never kept")


def flat(settings: Json, start: str = "") -> Iterator[tuple[str, object]]:
    """Yield each setting under its key with dots."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from flat(value, f"{start}{key}.")
        else:
            yield f"{start}{key}", value


def recipes_of(report: Report) -> tuple[Json, dict[str, Json]]:
    """Return what all trained arms' recipes have alike, and each arm's settings that do not."""
    recipes = {arm: dict(flat(report["arms"][arm]["recipe"])) for arm in report.trained_arms}
    keys = sorted({key for recipe in recipes.values() for key in recipe})
    alike = {key for key in keys if len({str(recipe.get(key)) for recipe in recipes.values()}) == 1}
    first = next(iter(recipes.values()), {})
    differs = {arm: {key: of.get(key) for key in keys if key not in alike} for arm, of in recipes.items()}
    return {key: first[key] for key in sorted(alike)}, differs


def arms_of(report: Report, numbers: dict[str, Json], differs: dict[str, Json]) -> dict[str, Json]:
    """Return what is said of each arm, and of each ensemble method as an arm of the model `ensemble`."""
    arms = {}
    for arm, settings in report["arms"].items():
        told = {key: settings[key] for key in TOLD if key in settings}
        learned = {
            model: numbers[f"{treatment_key(report.name, 'training', model, arm, settings['seeds'][0])}.rows"]["value"]
            for model in (settings["models"] if arm in differs else [])
        }
        arms[arm] = {"models": settings["models"], "seeds": settings["seeds"], **told}
        arms[arm] |= {"differs": differs[arm], "rows_learned": learned} if arm in differs else {}
    return arms | {method: {"models": [ENSEMBLE], "seeds": report.seeds(method)} for method in report.methods}


def data_of(report: Report, dataset: Json) -> Json:
    """Return what is said of the rows: of the data set, the files that they were read from, their counts."""
    files, counts = {}, {}
    for rowset in report.rowsets():
        path = report.audit(rowset)
        audit = read_json(path)
        for file in needed(audit, "files", path):
            told = {"split": file["split"], "name": Path(file["path"]).name, "rows": file["rows"]}
            files[file["sha256"], file["split"]] = {**told, "sha256": file["sha256"]}
        counts[rowset] = {
            split: {"rows": facts["rows"], "articles": facts["articles"]}
            for split, facts in needed(audit, "splits", path).items()
        }
    return {**dataset, "files": list(files.values()), "rows": counts}


def made_of(report: Report) -> Json:
    """Return commits, versions and devices that the records name, each with how many name it."""
    found: dict[str, Counter[str]] = {"commits": Counter(), "devices": Counter(), "jobs_per_gpu": Counter()}
    packages: dict[str, Counter[str]] = {}
    for path in report.record_files():
        record = read_json(path)
        machine = needed(record, "on", path)
        found["commits"][str(record.get("commit"))] += 1
        if record["kind"] != "scores":  # the work of any processor
            found["devices"][machine["device"]] += 1
            found["jobs_per_gpu"].update([str(machine["jobs_per_gpu"])] if "jobs_per_gpu" in machine else [])
        for name, version in needed(record, "with", path)["packages"].items():
            packages.setdefault(name, Counter())[version] += 1
    return {**{key: dict(of) for key, of in found.items()}, "packages": {key: dict(of) for key, of in packages.items()}}


def _model(report: Report, model: Json, numbers: dict[str, Json]) -> Json:
    """Return what is said of a model; of one made of a GGUF file how its weights were stored, and its SHA-256."""
    entry = numbers.get(f"{report.name}.model.{model['name']}.parameters", {})
    stored = {key: entry[key] for key in ("quantisation", "gguf", "sha256") if key in entry}
    return {**{key: model.get(key) for key in OF_A_MODEL}, **stored}


def _harness(one: Json) -> Json:
    """Return what is said of an evaluation by lm-evaluation-harness: how it was asked, and of whom."""
    return {key: one[key] for key in OF_A_HARNESS}


def _evaluations(report: Report) -> list[Json]:
    """Return what the study's other evaluations found: means with intervals, by group where a label parts rows."""
    found = []
    for one in report["evaluations"]:
        document = read_json(report.folder / "evaluations" / f"{one['name']}.json")
        means = [{key: line[key] for key in kept.OF_A_MEAN} for line in document["means"]]
        titles = {name: metrics.metric_named(name).title for name in dict.fromkeys(line["metric"] for line in means)}
        found.append(
            {
                "evaluation": one["name"],
                "title": one["title"],
                "parted_by": (one.get("by") or ["split"])[0],
                "metrics": titles,
                "means": means,
            }
        )
    return found


def about_of(report: Report, scale: str, numbers: dict[str, Json], dataset: Json) -> Json:
    """Return about.json but for the files' hashes."""
    alike, differs = recipes_of(report)
    splits = [split for split in report["splits"] if split not in (TRAIN, SUBMISSION)]
    return {
        "study": report.name,
        "scale": scale,
        "evaluation": OWN,
        **{key: report[key] for key in ("title", "title_ko", "question", "question_ko")},
        "models": [_model(report, model, numbers) for model in report["models"]],
        "data": data_of(report, dataset),
        "splits": splits,
        "reported": report["reported"],
        "metrics": {
            name: {
                "title": report["metric_facts"][name]["title"], "share": report["metric_facts"][name]["share"],
                "mean": metrics.metric_named(name).aggregate == MEAN,
            }
            for name in report["metrics"]
        },
        "primary_metric": report["primary_metric"],
        "margin": report["margin"],
        "recipe": alike,
        "arms": arms_of(report, numbers, differs),
        "arm_order": [*report.settings.get("arm_order", report["arms"]), *report.methods],
        "left_out_arms": report.settings.get("left_out_arms", []),
        "contrasts": report.settings.get("contrasts", {}),
        **({"evaluations": others} if (others := _evaluations(report)) else {}),
        **({"harness": [_harness(one) for one in asked]} if (asked := report.settings.get("harness")) else {}),
        "made": made_of(report),
    }  # fmt: skip


def short(value: float) -> str:
    """Return a value to four digits, without zeros that say nothing."""
    text = f"{value:.{kept.DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def score_rows(report: Report, splits: list[str]) -> Iterator[list[object]]:
    """Yield the lines of the scores' table; UserError where a row has several answers, or lacks a score."""
    metrics_told = sorted(report["metrics"])
    for treatment in [*report.treatments(), *report.ensembles()]:
        path = report.scores(treatment)
        scores = read_scores(path)
        keys = [key for key in scores.get(report["primary_metric"], {}) if key[0] in splits]
        for key in keys:
            split, name, number = key
            if number:
                raise UserError(f"{path}: the row '{name}' has several answers; what is kept has one a row")
            missing = [metric for metric in report["metrics"] if key not in scores.get(metric, {})]
            if missing:
                raise UserError(f"{path}: the row '{name}' of '{split}' has no {missing[0]}; remove it and run again")
            yield [*treatment, split, name, *(short(scores[metric][key]["value"]) for metric in metrics_told)]


def curve_rows(report: Report) -> Iterator[list[object]]:
    """Yield the lines of the curves' table."""
    for treatment in report.trained():
        path = report.adapter(treatment) / "curve.jsonl"
        for line in read_jsonl(path):
            if "loss" in line:
                point = [short(needed(line, key, path)) for key in ("epoch", "loss")]
                yield [*treatment, needed(line, "step", path), *point, needed(line, "tokens", path)]


def entry_lines(entries: dict[str, Json]) -> bytes:
    """Return entries as packed JSON, a line each, the same bytes for the same entries."""
    lines = (f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(entries[key], ensure_ascii=False, sort_keys=True)}"
             for key in sorted(entries))  # fmt: skip
    return kept.packed("{\n" + ",\n".join(lines) + "\n}\n")


def keep(results: Path, study: str, output: Path, dataset: Json | None = None) -> kept.Kept:
    """Write the kept folder of a study's results, read it back, and return it as it was read.

    ``dataset``: what is said of the data set (`report.settings.dataset_said`), where the study read a user's own file.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UserError(f"{output}: is there already; remove it first, or name another folder")
    report = report_at(results, study)
    numbers, costs = (entries_of(results / name, study) for name in RESULTS)
    texts = texts_of(report)
    for name, entries in zip(RESULTS, (numbers, costs), strict=True):
        check_no_texts(entries, texts, str(results / name))
    about = about_of(report, results.resolve().name, numbers, dataset or report["dataset"])
    columns = (*kept.RUN, "split", "id", *sorted(report["metrics"]))
    files = {
        kept.NUMBERS: entry_lines(numbers),
        kept.COSTS: entry_lines(costs),
        kept.SCORES: kept.table_text(columns, score_rows(report, about["splits"])),
        kept.CURVES: kept.table_text(kept.CURVE, curve_rows(report)),
    }
    try:
        return written(output, about, files)
    except UserError as error:
        shutil.rmtree(output, ignore_errors=True)
        raise UserError(f"{results}: cannot be kept, since it does not fit together: {error}") from error


def written(output: Path, about: Json, files: dict[str, bytes]) -> kept.Kept:
    """Write the files, and about.json with their hashes; return the folder as it is read."""
    for name, content in files.items():
        with replacing(output / name) as beside:
            beside.write_bytes(content)
    # in one line: nobody reads it, and indented it takes half as much again
    write_jsonl(output / kept.ABOUT, [about | {"files": {name: sha256_of(output / name) for name in files}}])
    return kept.read(output)
