"""What the rating of rows, the choosing among them and the tables of both are asked, and which files they read.

Reads and writes nothing.
"""

from __future__ import annotations

import os

from kotune.core.names import BASE, SPLITS, TRAIN
from kotune.core.storage import Json
from kotune.plan import models, paths
from kotune.plan.paths import Plan, Wildcards
from kotune.plan.scores import embedder_of
from kotune.rows.personal_rows import KEY as PERSONAL
from kotune.study import quality
from kotune.study.origins import snapshot_file
from kotune.study.study import Study


def pattern(plan: Plan) -> str:
    """Return the pattern of the wildcard `chosen`: the names of the rowsets that are chosen from others."""
    return paths.one_of(name for study in plan.every for name in study.chosen)


def prepared(plan: Plan) -> str:
    """Return the pattern of rowsets that are read from files: a study's ordinary ones, and its evaluations'."""
    chosen = {name for study in plan.every for name in study.chosen}
    return paths.one_of(name for study in plan.every for name in paths.rowsets(study) if name not in chosen)


def _rows(plan: Plan, study: Study, rowset: str) -> str:
    return plan.under_owner(study.name, f"rows/{rowset}")


def _columns(study: Study) -> list[str]:
    """Return the columns of a row's texts: what it asks and what is learned."""
    return [*study.task.names, *study.task.learned(study.reasoning)]


def _embedding(plan: Plan, study: Study) -> Json:
    return {"embedder": embedder_of(plan, study.embedder), "cache": f"{plan.results}/embeddings"}


def embedder_file(plan: Plan, study: Study) -> list[str]:
    """Return the file that an embedder of the hub depends on."""
    path = embedder_of(plan, study.embedder).get("path")
    return [f"{path}/snapshot.json"] if path else []


def asked(study: Study) -> Json:
    """Return what a study says of quality, with what holds if it says nothing."""
    return quality.with_defaults(study.settings[quality.KEY])


def _labels(plan: Plan, given: Json) -> dict[str, str]:
    """Return the files of labels, by the key that names them; a path that begins nowhere is one of the repository."""
    paths = {key: os.path.expanduser(given[key]["path"]) for key in quality.LABELS if "path" in given.get(key, {})}
    return {key: path if os.path.isabs(path) else plan.beside(path) for key, path in paths.items()}


def rating_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files that ratings are made of: train rows, labels in a file, the embedder."""
    study = plan.study(wildcards)
    given = asked(study)
    labels = _labels(plan, given).values()
    return [f"{_rows(plan, study, given['rowset'])}/{TRAIN}.parquet", *labels, *embedder_file(plan, study)]


def rating(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the rating of a study's rows is asked."""
    study = plan.study(wildcards)
    given = {key: value for key, value in asked(study).items() if key not in ("ifd", "published", "rowset")}
    for key, path in _labels(plan, given).items():
        given[key] = {**quality.OF_LABELS, **given[key], "path": path}
    programs = quality.complexity_of(study.settings) == "complexity"
    return {**given, "columns": _columns(study), "programs": programs, **_embedding(plan, study)}


def measured(study: Study) -> str | None:
    """Return the model whose losses say how hard rows are, under its name in paths; None where nobody asks."""
    if "ifd" not in study.settings.get(quality.KEY, {}):
        return None
    named = study.settings[quality.KEY]["ifd"].get("model")
    return study.names[named] if named in study.names else next(iter(study.models))


def measuring_pattern(plan: Plan) -> str:
    """Return the pattern of the models whose losses are measured."""
    return paths.one_of(model for study in plan.every if (model := measured(study)))


def measured_prompts(plan: Plan, wildcards: Wildcards) -> str:
    """Return the prompts whose completions are measured."""
    study = plan.study(wildcards)
    given = asked(study)
    folder = f"prompts/{wildcards.model}/{given['rowset']}/{given['ifd']['prompt']}"
    return plan.under_owner(study.name, f"{folder}/{TRAIN}.parquet")


def measuring(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the measuring of losses is asked: the base alone, as it is loaded when it answers."""
    study = plan.study(wildcards)
    base = {"arm": BASE, "seed": study.seeds[0], "adapter": None}
    quantization = study.arms[BASE]["recipe"]["quantization"] if BASE in study.arms else None
    return {"arms": [{**base, "quantization": quantization}], "untrained": [], "tokens": None}


def difficulties_file(plan: Plan, study: Study) -> list[str]:
    """Return the file of how hard rows are, where a study asks for it."""
    model = measured(study)
    return [plan.under(study.name, f"quality/{model}/ifd.jsonl")] if model else []


def _given(plan: Plan, wildcards: Wildcards) -> Json:
    return plan.study(wildcards).chosen[wildcards.chosen]


def chosen_folder(plan: Plan, wildcards: Wildcards) -> str:
    """Return the folder of the rowset that is chosen from."""
    return _rows(plan, plan.study(wildcards), _given(plan, wildcards)[quality.OF])


def chosen_rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of the rowset that is chosen from, its audit first."""
    folder = chosen_folder(plan, wildcards)
    return [f"{folder}/audit.json", *(f"{folder}/{split}.parquet" for split in SPLITS)]


def ratings(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the ratings that a choice needs; and where it needs the same rows' vectors, so that they are made once."""
    given, settings = _given(plan, wildcards), plan.study(wildcards).settings
    same = settings.get(quality.KEY, {}).get("rowset") == given[quality.OF]
    embedded = same and given.get(quality.CHOOSE, {}).get("by") == "diversity"
    return [plan.under(wildcards.study, "quality/ratings.parquet")] if quality.rated(given) or embedded else []


def difficulties(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return how hard rows are, where a choice needs it."""
    study = plan.study(wildcards)
    by = _given(plan, wildcards).get(quality.CHOOSE, {}).get("by")
    return difficulties_file(plan, study) if by == "deita" and quality.complexity_of(study.settings) == "ifd" else []


def _added(plan: Plan, wildcards: Wildcards) -> list[Json]:
    study, config = plan.study(wildcards), plan.config
    where = f"config/studies/{study.name}.yaml, rowset '{wildcards.chosen}', add"
    names = _given(plan, wildcards).get(quality.ADD, ())
    stand_ins = plan.lens["stand_ins"]
    return [quality.added_rows(one, study.settings, config["datasets"], stand_ins, where) for one in names]


def added_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of the data sets whose rows are added."""
    return [
        plan.beside(snapshot_file("datasets", one["hub"])) if "hub" in one else _path(plan, one)
        for one in _added(plan, wildcards)
    ]


def _path(plan: Plan, source: Json) -> str:
    return os.path.expanduser(source["path"]) if "own" in source else plan.beside(source["path"])


def choosing(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what a choice is asked."""
    study, given = plan.study(wildcards), dict(_given(plan, wildcards))
    by = study.source.get("split", {}).get("by")  # what keeps rows together, where the study says so
    split = {"split": {"by": by}} if by else {}
    source = {"task": study.source["task"], "dataset": study.source["dataset"], "reasoning": study.reasoning, **split}
    made = {**source, "of": given.pop(quality.OF), "columns": _columns(study)}
    made["seed"] = quality.with_defaults(study.settings.get(quality.KEY, {}))["seed"]
    made |= {quality.FILTER: given[quality.FILTER]} if quality.FILTER in given else {}
    if "topic_share" in given.get(quality.FILTER, {}):
        made["topic"] = study.settings[quality.KEY]["topic"]
    if quality.CHOOSE in given:
        defaults = {"clusters": quality.CLUSTERS, "most_alike": quality.MOST_ALIKE}
        needed = {"diversity": ("clusters",), "deita": ("most_alike",)}.get(given[quality.CHOOSE]["by"], ())
        made[quality.CHOOSE] = {**{key: defaults[key] for key in needed}, **given[quality.CHOOSE]}
        if needed:
            made |= _embedding(plan, study)
        if given[quality.CHOOSE]["by"] == "deita":
            made[quality.CHOOSE]["complexity"] = quality.complexity_of(study.settings)
    added = [
        {
            "dataset": one["dataset"],
            "columns": one["columns"],
            "files": {TRAIN: _path(plan, one)},
            "numbered": True,
            **split,
            **{key: study.settings[key] for key in (PERSONAL,) if key in study.settings},
        }
        for one in _added(plan, wildcards)
    ]
    return {**made, **({quality.ADD: added} if added else {})}


def model_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of the model whose losses are measured."""
    return models.files(plan, wildcards)


def tabulating(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the tables of ratings are made by."""
    study = plan.study(wildcards)
    given = asked(study)
    chosen = [[name, f"{_rows(plan, study, name)}/audit.json"] for name in study.chosen]
    published = plan.beside(f"config/published/{given['published']}.yaml") if "published" in given else None
    return {
        "ratings": plan.under(study.name, "quality/ratings.parquet"),
        "document": plan.under(study.name, "quality/ratings.json"),
        "difficulties": next(iter(difficulties_file(plan, study)), None),
        "model": measured(study),
        "audits": chosen,
        "filters": {name: one[quality.FILTER] for name, one in study.chosen.items() if quality.FILTER in one},
        "truth": "truth" in given,
        "seed": given["seed"],
        "published": published,
    }


def tabulated(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files that the tables of ratings are made of."""
    given = tabulating(plan, wildcards)
    named = (given["ratings"], given["document"], given["difficulties"], given["published"])
    return [path for path in (*named, *(path for _, path in given["audits"])) if path]
