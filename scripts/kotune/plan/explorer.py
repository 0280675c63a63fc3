"""What the answers explorer is asked, and which files it reads: rows, answers and scores of each evaluation of a run.

Reads and writes nothing.
"""

from __future__ import annotations

from functools import lru_cache

from kotune.core.names import BASE, OWN, ROOT
from kotune.core.protocols import CLEAN, NO_TEMPLATE, UNTRAINED
from kotune.core.storage import Json
from kotune.harness.bias_requests import OWN_ORDER
from kotune.plan.answers import all_treatments
from kotune.plan.paths import Plan, answers_file, rows, scores_file
from kotune.report import hidden, hiding
from kotune.report.explorer import page
from kotune.rows.task import Task
from kotune.study import metrics
from kotune.study.bias import BiasEvaluation
from kotune.study.evaluations import Evaluation
from kotune.study.harness import HarnessEvaluation
from kotune.study.mixtures import MIXTURE
from kotune.study.study import Study

TEXTS = ("title", "title_ko")


def path(plan: Plan) -> str:
    """Return the page's path."""
    return f"{plan.results}/explorer.html"


@lru_cache
def settings(plan: Plan) -> Json:
    """Return what the page is asked to hold."""
    return {
        "scale": plan.scale,
        **{key: plan.lens.get(key, "") for key in ("notice", "notice_ko")},
        "studies": [_study(plan, study) for study in plan.studies.values()],
    }


def files(plan: Plan) -> list[str]:
    """Return the files that the page is made from."""
    found = []
    for study in settings(plan)["studies"]:
        for one in study["sets"]:
            if "how" in one:  # of the sums, which lie beside it, the record tells the hashes
                found += [*one["requests"].values(), *one["records"]]
            else:
                found += [*one["rows"], *(run[part] for run in one["runs"] for part in ("answers", "scores"))]
    return list(dict.fromkeys(found))


def sources(plan: Plan) -> list[str]:
    """Return the files that the page is written in."""
    return [plan.beside(path.relative_to(ROOT)) for path in page.sources()]


def _study(plan: Plan, study: Study) -> Json:
    sets = [_set(plan, study, one) for one in study.evaluations.values()]
    texts = {key: study.settings.get(key, "") for key in TEXTS}
    shown = [one for one in sets if one["runs"]]
    return {"study": study.name, **texts, "sets": [*shown, *_benchmarks(plan, study)]}


def _benchmarks(plan: Plan, study: Study) -> list[Json]:
    """Return what is shown of a study's evaluations by the harness, each way of asking for itself; then of bias."""
    found = []
    for asked in study.harness.values():
        for protocol in asked.protocols:
            for shots in asked.num_fewshot:
                title = f"{asked.title}, {protocol}, {shots} shots"
                found.append(_benchmark(plan, study, asked, title, [protocol, shots, asked.template]))
    for asked in study.bias.values():  # of all orders of the choices the published one
        how = [CLEAN, 0, NO_TEMPLATE]
        found.append(_benchmark(plan, study, asked, asked.title, how) | {"ending": f":{OWN_ORDER}"})
    return found


def _benchmark(
    plan: Plan, study: Study, asked: HarnessEvaluation | BiasEvaluation, title: str, how: list[str | int]
) -> Json:
    """Return what is shown of an evaluation whose options were scored, asked in one way; twins last."""
    folder, treatments = plan.under(study.name, f"harness/{asked.name}"), study.asked(asked.name)
    models = list(dict.fromkeys(model for model, _, _ in treatments))
    treatments = [*treatments, *((model, UNTRAINED, seed) for model in models for seed in study.seeds[:1])]
    return {
        "name": asked.name,
        "title": title,
        "datasets": _of_benchmark(asked, plan.config["datasets"]),
        "how": how,
        "requests": {model: f"{folder}/{model}/requests.jsonl" for model in models},
        "records": [f"{folder}/{model}/record.json" for model in models],
        "runs": [
            {
                **dict(zip(("model", "arm", "seed"), one, strict=True)),
                "base": one[1] == BASE,
                "tuned": one[1] in study.arms and not study.untuned(one[1]),
                "sums": f"{folder}/{one[0]}/{one[1]}/seed{one[2]}/loglikelihoods.jsonl",
            }
            for one in treatments
        ],
    }


def _of_benchmark(asked: HarnessEvaluation | BiasEvaluation, datasets: Json) -> list[Json]:
    """Return what is said of a benchmark's data; without a data set the harness's own, of which nothing is said."""
    entry = datasets.get(asked.dataset or "", {})
    return [_said(entry.get("title", asked.title), entry, entry.get("redistribution"))]


def _set(plan: Plan, study: Study, asked: Evaluation) -> Json:
    """Return what is shown of one evaluation: its rows, and a run for each model, arm and seed; first seeds first."""
    treatments = all_treatments(study) if asked.name == OWN else study.asked(asked.name)
    seeds = {arm: min(seed for _, of, seed in treatments if of == arm) for _, arm, _ in treatments}
    ordered = sorted(treatments, key=lambda one: one[2] != seeds[one[1]])
    return {
        "name": asked.name,
        "title": study.settings["title"] if asked.name == OWN else asked.title,
        "datasets": _datasets(study, asked, plan.config["datasets"]),
        **({hiding.KEY: True} if hidden.hides_source(asked.source, plan.config["datasets"]) else {}),
        "rows": rows(plan, study.name, asked.answered, asked.name),
        **_columns(asked.task),
        "by": asked.by,
        "metrics": metrics.printed(asked.metrics),
        "primary_metric": asked.primary_metric,
        **({"right": right} if (right := asked.right) else {}),
        "overlong": study.overlong,
        "runs": [
            {
                **dict(zip(("model", "arm", "seed"), one, strict=True)),
                "base": one[1] == BASE,
                "tuned": one[1] in study.arms and not study.untuned(one[1]),
                "answers": answers_file(plan, study.name, one, asked.name),
                "scores": scores_file(plan, study.name, one, asked.name),
            }
            for one in ordered
        ],
    }


def _columns(task: Task) -> Json:
    """Return what a row of a task asks, what is gold, and by which labels rows are told apart."""
    columns = [
        {"name": one.name, "title": one.title, **({"turns": True} if one.turns else {})}
        for one in sorted(task.asked, key=lambda column: not column.turns)  # what was said before stands before
    ]
    short = next((one.name for one in task.asked if not one.long and not one.turns), columns[0]["name"])
    names = [column["name"] for column in columns]
    return {"columns": columns, "listed": names.index(short), "gold": task.gold, "labels": list(task.labels)}


def _datasets(study: Study, asked: Evaluation, datasets: Json) -> list[Json]:
    """Return what is said of an evaluation's data, of a mixture each part's; None: nobody says what may be done.

    A file that a user brings for a study whose own data set may not be redistributed is taken for that data set.
    """
    name, own = asked.source["dataset"], datasets.get(study.settings["dataset"], {})
    if MIXTURE in asked.source:
        parts = dict.fromkeys(one["dataset"] for one in asked.source[MIXTURE]["parts"])
        found = [_of_entry(part, datasets[part]) for part in parts]
        stand_ins = all(one.get("stand_in") for one in asked.source[MIXTURE]["parts"])
        return found if stand_ins else [_of_entry(name, datasets[name]), *found]
    if name in datasets:
        return [_of_entry(name, datasets[name])]
    if all(str(path).startswith("resources/mini/") for path in asked.source.get("files", {"": ""}).values()):
        return [_said(name, {"licence": "apache-2.0"}, True)]
    if asked.name == OWN and own.get("redistribution") is False:
        return [_said(f"{name}, in place of {own['title']}", own, False)]
    return [_said(name, {}, None)]


def _of_entry(name: str, entry: Json) -> Json:
    return _said(entry.get("title", name), entry, entry.get("redistribution"))


def _said(title: str, entry: Json, redistribution: bool | None) -> Json:
    return {"title": title, "licence": entry.get("licence", "not stated"), "redistribution": redistribution}
