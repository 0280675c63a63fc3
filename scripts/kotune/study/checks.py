"""Checks of a study's file: names that do not exist, and files that are missing and that no rule makes.

Reads the repository's folders; writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from kotune.core.catalogue import entry, named, present
from kotune.core.errors import UserError, nearest
from kotune.core.names import BASE, EVALUATED, SELECTED
from kotune.core.storage import Json
from kotune.hub import gguf
from kotune.hub.code_host import downloaded
from kotune.study.harness import data_names, names_data
from kotune.study.metrics import metric_named
from kotune.study.mixtures import MIXTURE, check_rowsets
from kotune.study.origins import snapshot_file
from kotune.study.quality import ADD
from kotune.study.seeds import untuned
from kotune.study.starts import models_of
from kotune.study.study import Study
from kotune.study.wording import new_tokens, thought_tokens

# what lies beside the studies' folders in results/{scale}
PARTS = ("front", "general", "house", "methods", "provenance")  # of paper/parts, beside those of studies
RESERVED = ("embeddings", "logs", "paper", "settings", "speed", "tokens", "wandb")


def check_names(config: Json, running: Collection[str], root: Path) -> None:
    """Raise UserError for rows, or words on them, that are given for a study which does not run, and for names in use.

    A name that stands for no study at all is answered with the nearest. ``running``: the studies that run, and those
    whose rows they share.
    """
    for key in ("data", "without_reasoning", "export"):
        for study in config.get(key) or ():
            if key == "data" and names_data(study, config, root):
                continue  # whose data they are is told by `check_brought`
            settings = named("studies", study, "study", root)
            if study not in running:
                raise UserError(
                    f"configuration, {key}: '{study}' is not among the studies that run "
                    f"({', '.join(running)}); add it to studies, or leave it out here"
                )
            if key == "without_reasoning" and not settings.get("reasoning"):
                raise UserError(f"configuration, {key}: the study '{study}' has no reasoning; leave it out")
    for study in config["studies"]:
        if study in RESERVED:
            raise UserError(f"configuration, studies: '{study}' is the name of a folder of results; rename the study")
        if study in PARTS:
            raise UserError(f"configuration, studies: '{study}' is the name of a part of the paper; rename the study")


def downloads_of(study: Study, datasets: Json) -> list[str]:
    """Return the data sets that a study takes by a download at its scale, each once, in the order of their use."""
    found = []
    for one in study.evaluations.values():
        parts = one.source.get(MIXTURE, {}).get("parts", [])
        found += [one.hub_dataset, *(part.get("hub") for part in parts)]
    found += [name for one in (*study.harness.values(), *study.bias.values()) for name in one.hub]
    added = [name for given in study.chosen.values() for name in given.get(ADD, ())]
    found += [name for name in added if downloaded(datasets[name]) and not study.lens["stand_ins"]]
    return [name for name in dict.fromkeys(found) if name]


def check_brought(config: Json, studies: Iterable[Study], root: Path) -> None:
    """Raise UserError for the copy of a benchmark, or of a data set, that none of the studies which run takes."""
    asked = set()
    for study in studies:
        asked |= {name for one in study.harness.values() for name in data_names(one, root)}
        taken = downloads_of(study, config["datasets"])
        asked |= {*taken, *(name for name, place in config["data"].items() if place in taken)}
    for name in config["data"]:
        if names_data(name, config, root) and name not in asked:
            raise UserError(
                f"configuration, data: no study that runs asks '{name}'{nearest(name, sorted(asked))}; name it under "
                "evaluations of a study, or leave it out here"
            )


def check_study(study: Study, config: Json) -> None:
    """Raise UserError for what a study's paper, or another scale of it, would miss only at the end."""
    where, settings = f"config/studies/{study.name}.yaml", study.settings
    for embedder in (settings["embedder"], *settings.get("embedders", ())):
        found = entry(config["embedders"], embedder, "embedder", where)
        if found["kind"] == "sentence_transformers" and "hub_id" not in found:
            raise UserError(f"config/models.yaml, embedder '{embedder}': needs hub_id, which says what to download")
    licences = {model["licence"] for model in config["models"].values() if "licence" in model}
    for licence in settings.get("selection", {"exclude": {}})["exclude"].get("licences", ()):
        if licence not in licences:
            hint = nearest(licence, licences)
            raise UserError(f"{where}, selection.exclude.licences: no model of the catalogue has '{licence}'{hint}")
    shares = {split: share for split, share in settings.get("split", {}).items() if split in EVALUATED}
    if sum(shares.values()) >= 1:
        raise UserError(
            f"{where}, split: {' and '.join(shares)} together are {sum(shares.values()):g} of the rows, and none "
            "are left to train on; together they must be below 1"
        )
    check_margins(where, settings)
    if "rehearsal" in study.lens:  # it prints no paper, and its rows are as long as it assumes
        return
    check_gguf(study, config)
    check_windows(study)
    check_rowsets(where, settings["rowsets"], study.source.get(MIXTURE))
    if BASE not in study.arms:
        raise UserError(
            f"{where}, arms: there is no arm '{BASE}', the models as they are, with which all tables compare; add it"
        )
    if all(map(study.untuned, study.arms)):
        names = " and ".join(f"'{arm}'" for arm in study.arms)
        raise UserError(f"{where}, arms: there is only {names}, and the paper compares it with a tuned arm; add one")


def check_published(where: str, settings: Json, root: Path) -> None:
    """Raise UserError for published scores of a benchmark's tasks that no evaluation of the study's file asks."""
    given = settings.get("published")
    needed = named("published", given, "published", root).get("tasks", {}).get("evaluation") if given else None
    if needed is not None and needed not in settings.get("evaluations", {}):
        raise UserError(
            f"{where}, published: '{given}' has scores of the evaluation '{needed}', which the study does not ask, so "
            "that nothing of ours would stand beside them; name it under evaluations, or take it away"
        )


def check_margins(where: str, settings: Json) -> None:
    """Raise UserError for a margin that no difference of the primary metric can reach, such as 5 for five points."""
    low, high = metric_named(settings["primary_metric"]).bounds
    near_tie = settings.get("selection", {}).get("near_tie", {}).get("margin")
    margins = {"statistics.margin": settings["statistics"].get("margin"), "selection.near_tie.margin": near_tie}
    for key, margin in margins.items():
        if margin is not None and None not in (low, high) and margin >= high - low:
            raise UserError(
                f"{where}, {key}: {margin:g} is as much as '{settings['primary_metric']}' can differ at all "
                f"({low:g} to {high:g}), so that all are alike; five points of a share are 0.05"
            )


def check_gguf(study: Study, config: Json) -> None:
    """Raise UserError for a model whose own GGUF file is none, or is not there, before it was made of it."""
    for name in study.models if not study.lens["stand_ins"] else ():
        own = gguf.path_of(config["models"][name].get("gguf", {}))
        if own and not (study.root / snapshot_file("models", name)).is_file():
            gguf.check_path(own, f"config/models.yaml, model '{name}'")


def check_windows(study: Study) -> None:
    """Raise UserError for a model whose window an answer alone would fill: it could be asked no row."""
    for name, model in study.models.items():
        for evaluation in study.evaluations:
            asked = [study.evaluations[evaluation].prompt_of(arm) for arm in study.arms.values()]
            thoughts = max(thought_tokens(study, prompt, evaluation) for prompt in asked)
            wanted = new_tokens(study, evaluation) + thoughts
            if wanted >= model["context_window"]:
                raise UserError(
                    f"config/studies/{study.name}.yaml or its scale, generation: '{name}' has a window of "
                    f"{model['context_window']} tokens, and an answer may take {wanted} of them, which leaves none for "
                    "a prompt; lower max_new_tokens"
                )


def check_ensembles(study: str, settings: Json) -> None:
    ensembles = settings.get("ensembles")
    if not ensembles:
        return
    where = f"config/studies/{study}.yaml, ensembles"
    entry(settings["arms"], ensembles["arm"], "arm", where)
    if untuned(ensembles["arm"], settings["arms"][ensembles["arm"]]):
        tuned = nearest(ensembles["arm"], [arm for arm, given in settings["arms"].items() if not untuned(arm, given)])
        raise UserError(
            f"{where}.arm: '{ensembles['arm']}' is not tuned, and ensembles are made of tuned models{tuned}"
        )
    tuned = models_of(ensembles["arm"], settings)
    for member in ensembles["members"]:
        if member not in tuned:
            raise UserError(f"{where}: member '{member}' has no arm '{ensembles['arm']}'{nearest(member, tuned)}")
    if ensembles["favourite"] not in ensembles["members"]:
        hint = nearest(ensembles["favourite"], ensembles["members"])
        raise UserError(f"{where}: favourite '{ensembles['favourite']}' is not a member{hint}")


def check_contrasts(where: str, settings: Json) -> None:
    """Raise UserError for a contrast of arms that are not there, or that no model has both; ``where``: the file."""
    seen: dict[frozenset[str], str] = {}
    for name, pair in settings.get("contrasts", {}).items():
        place = f"{where}, contrasts.{name}"
        for arm in pair:
            entry(settings["arms"], arm, "arm", place)
        if not set(models_of(pair[0], settings)) & set(models_of(pair[1], settings)):
            raise UserError(f"{place}: no model has both '{pair[0]}' and '{pair[1]}'; name arms of the same models")
        if frozenset(pair) in seen:
            raise UserError(f"{place}: it has the arms of '{seen[frozenset(pair)]}'; leave one of the two")
        seen[frozenset(pair)] = name


def check_ladder(where: str, settings: Json) -> None:
    """Raise UserError for a rung of the ladder that is no arm; ``where``: the file."""
    for arm in settings.get("ladder", ()):
        entry(settings["arms"], arm, "arm", f"{where}, ladder")


def check_shown(where: str, settings: Json) -> None:
    """Raise UserError for an arm in ``shown`` that is not there; ``where``: the file."""
    for arm in settings.get("shown", ()):
        entry(settings["arms"], arm, "arm", f"{where}, shown")


def check_submission(study: str, settings: Json) -> None:
    """Raise UserError where the ensemble that is submitted, or that the paper speaks of, is none of the study's."""
    ensembles = settings.get("ensembles", {})
    methods = ensembles.get("methods", [])
    for key, method in (("submission", settings.get("submission")), ("ensembles.main", ensembles.get("main"))):
        if method and method not in methods:
            hint = nearest(method, methods)
            raise UserError(f"config/studies/{study}.yaml, {key}: '{method}' is no ensemble of the study{hint}")


def check_choice(study: str, settings: Json, root: Path) -> None:
    """Raise UserError for a name, in what a study says of its choice, that stands for nothing."""
    where = f"config/studies/{study}.yaml"
    for key in ("stand_ins", "may_be_missing"):
        for candidate in settings.get(key, ()):
            if candidate not in settings["candidates"]:
                hint = nearest(candidate, settings["candidates"])
                raise UserError(f"{where}, {key}: '{candidate}' is not a candidate{hint}")
    for scale in settings.get("scales", ()):
        if not (root / "config" / "scales" / f"{scale}.yaml").is_file():
            known = [path.stem for path in (root / "config" / "scales").glob("*.yaml")]
            raise UserError(f"{where}, scales: there is no scale '{scale}'{nearest(scale, known)}")
    selection = settings.get("selection", {"arms": [], "exclude": {}})
    for arm in selection["arms"]:
        entry(settings["arms"], arm, "arm", f"{where}, selection.arms")
        if arm != BASE and SELECTED in models_of(arm, settings):  # of the base that is said with its arm
            raise UserError(
                f"{where}, selection.arms: '{arm}' has the model that is chosen ({SELECTED}), and cannot choose it; "
                f"name an arm of all candidates, such as '{BASE}'"
            )
    if selection["exclude"].get("window") and "census" not in settings:
        raise UserError(f"{where}, selection.exclude.window: needs the key 'census', which says how many rows to hold")


def check_files(studies: Iterable[Study]) -> None:
    """Raise UserError where a file that no rule makes is not there.

    Rows, and at a scale of stand-ins the models.
    """
    for study in studies:
        where = f"config/studies/{study.name}.yaml"
        if "path" in study.source and not study.hub_dataset:
            present(Path(study.source["path"]), f"rows of '{study.name}' (--config data, or a data set's path)")
        elif not study.hub_dataset and "files" in study.source:
            for path in study.source["files"].values():
                present(study.root / path, f"rows of {where}")
        for part in study.source.get(MIXTURE, {}).get("parts", []):
            if "hub" not in part:
                path = Path(part["path"]) if part["own"] else study.root / part["path"]
                present(path, f"rows of {where}, part '{part['name']}'")
        for one in study.others:
            for path in one.source["files"].values() if not one.hub_dataset else ():
                present(study.root / path, f"rows of config/evaluations/{one.name}.yaml")
        for one in study.harness.values():
            brought = None if one.hub else one.source.get("folder")
            for path in filter(None, (brought, one.include)):
                present(study.root / path, f"config/evaluations/{one.name}.yaml, harness")
        for one in study.bias.values():
            if not one.hub:
                present(study.root / Path(one.path).expanduser(), f"items of config/evaluations/{one.name}.yaml, bias")
        for model in study.models.values() if study.lens["stand_ins"] else ():
            for name in ("config.json", "tokenizer.json", "model.safetensors"):
                present(study.root / model["path"] / name, f"the stand-in '{model['name']}'")
