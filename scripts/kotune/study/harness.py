"""Harness evaluations: tasks of lm-evaluation-harness that arms of a study are asked (`harness` of an evaluation).

Reads config/evaluations/ and config/families.yaml; writes nothing. Such an evaluation has no rows, prompts and metrics
of ours: the harness's own task files say what is asked and what is counted. Its data come from a data set of the
catalogue, from the user's own folder, or from where the harness itself would take them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kotune.core.catalogue import entry, named, present, read_yaml
from kotune.core.errors import UserError, nearest
from kotune.core.names import ROOT, SELECTED, TEST, TRAIN
from kotune.core.protocols import CLEAN, NO_TEMPLATE, PUBLISHED
from kotune.core.storage import Json
from kotune.hub.code_host import RAW, SOURCE
from kotune.prompts.families import ASSISTANT, USER
from kotune.study.origins import hub_folder
from kotune.study.wording import family_content

HARNESS, BENCHMARK = "harness", "benchmark"  # the key of an evaluation, and the source of its data set
BESIDE = ("title", HARNESS)  # all that a file of such an evaluation says


@dataclass(frozen=True)
class HarnessEvaluation:
    """Tasks of lm-evaluation-harness as a study asks them.

    ``source``: where data come from: {"folder": path}, {"hub": {task: folder}}, or {"lm_eval": True}. ``hub``: the data
    sets whose downloads hold them. ``dataset``: what is said of the data, its name in the catalogue. ``include``: a
    folder of further task files. ``limit``: items of each task that are asked; None: all.
    """

    name: str
    title: str
    arms: list[str]
    tasks: list[str]
    num_fewshot: list[int]
    source: Json
    protocols: list[str]
    template: str = NO_TEMPLATE
    include: str | None = None
    dataset: str | None = None
    limit: int | None = None
    hub: list[str] = field(default_factory=list)


def is_harness(name: str, root: Path = ROOT) -> bool:
    """Return whether there is an evaluation of that name, and it is one of the harness's."""
    path = root / "config" / "evaluations" / f"{name}.yaml"
    return path.is_file() and HARNESS in (read_yaml(path) or {})


def names_data(name: str, config: Json, root: Path = ROOT) -> bool:
    """Return whether `data` of the configuration may name a copy under this name.

    That is a benchmark, an evaluation of one, or a data set of a public code host.
    """
    study = root / "config" / "studies" / f"{name}.yaml"
    known = config["datasets"].get(name, {}).get("source") in (BENCHMARK, SOURCE)
    return known or (not study.is_file() and is_harness(name, root))


def check_data_name(name: str, config: Json, root: Path) -> None:
    """Raise UserError for a name under which `data` of the configuration can bring nothing; it says what can."""
    if names_data(name, config, root):
        return
    study = (root / "config" / "studies" / f"{name}.yaml").is_file()
    if not study and name in config["datasets"]:
        raise UserError(
            f"configuration, data: '{name}' is a data set of the catalogue, and no study; name the study whose rows "
            f"the file holds (--config data='{{STUDY: file}}'), or write the file as `path` of '{name}' in "
            "config/datasets.yaml"
        )
    if study and is_harness(name, root) and Path(os.path.expanduser(config["data"][name])).is_dir():
        asked = named("evaluations", name, "evaluation", root)[HARNESS].get("dataset", "DATASET")
        raise UserError(
            f"configuration, data: '{name}' names a study, whose rows are a file; a folder of the benchmark's rows "
            f"goes by the name of its data set: --config data='{{{asked}: {config['data'][name]}}}'"
        )
    named("studies", name, "study", root)


def data_names(evaluation: HarnessEvaluation, root: Path = ROOT) -> list[str]:
    """Return the names under which `data` of the configuration may bring an evaluation's data."""
    own = [] if (root / "config" / "studies" / f"{evaluation.name}.yaml").is_file() else [evaluation.name]
    return [*own, *([evaluation.dataset] if evaluation.dataset else [])]


def harness_at(
    name: str, asked: list[str], study: str, config: Json, lens: Json, models: Json, arms: Json, root: Path
) -> HarnessEvaluation:
    """Return what a study's harness evaluation is at its scale; ``asked``: the arms that it is asked of.

    ``models`` and ``arms``: the study's, as its scale sees them. Raises UserError, naming file and nearest name, for an
    arm that is not there, keys that such an evaluation does not have, data that are not there, more shots than train
    has rows, and a template for models that have none.
    """
    for arm in asked:
        entry(arms, arm, "arm", f"config/studies/{study}.yaml, evaluations.{name}")
    content, place = named("evaluations", name, "evaluation", root), f"config/evaluations/{name}.yaml"
    given = content[HARNESS]
    strange = [key for key in content if key not in BESIDE]
    if strange:
        raise UserError(
            f"{place}: {', '.join(strange)} may not stand beside {HARNESS}, whose tasks say what is asked and counted; "
            f"take {'it' if len(strange) == 1 else 'them'} away"
        )
    template = given.get("template", NO_TEMPLATE)
    if template != NO_TEMPLATE:
        _check_template(template, place, (arms[arm] for arm in asked), models, root)
    source, hub, dataset = _source_at(name, given, place, config, lens, root)
    return HarnessEvaluation(
        name=name,
        title=content["title"],
        arms=asked,
        tasks=given["tasks"],
        num_fewshot=given["num_fewshot"],
        source=source,
        protocols=given.get("protocols", [PUBLISHED, CLEAN]),
        template=template,
        include=given.get("include"),
        dataset=dataset,
        limit=lens.get("rows", {}).get(TEST),
        hub=hub,
    )


def _check_template(template: str, place: str, arms: Iterable[Json], models: Json, root: Path) -> None:
    """Raise UserError for a chat template where a model that is asked is of a family without turns of its own."""
    for arm in arms:
        for model in models if SELECTED in arm["models"] else arm["models"]:
            family = models[model]["family"]
            turns = family_content(family, root)["turns"]
            if not any(turns[role]["header"] for role in (USER, ASSISTANT)):
                raise UserError(
                    f"{place}, {HARNESS}.template: '{template}' needs a chat format, and '{model}' (family {family}) "
                    f"has none; set it to {NO_TEMPLATE}, or ask arms of models that have one"
                )


def _source_at(
    name: str, given: Json, place: str, config: Json, lens: Json, root: Path
) -> tuple[Json, list[str], str | None]:
    """Return where the data come from, the data sets to download, and the name of what they are."""
    asked = given.get("dataset")
    dataset = entry(config["datasets"], asked, "data set", f"{place}, {HARNESS}.dataset") if asked else {}
    if asked and dataset["source"] != BENCHMARK:
        known = [one for one, of in config["datasets"].items() if of["source"] == BENCHMARK]
        raise UserError(
            f"{place}, {HARNESS}.dataset: '{asked}' is no benchmark but rows of one task{nearest(asked, known)}"
        )
    study = (root / "config" / "studies" / f"{name}.yaml").is_file()
    own = (None if study else config["data"].get(name)) or config["data"].get(asked)
    if own in config["datasets"]:  # the same tasks in another data set of the catalogue
        asked, own = own, None
        dataset = entry(config["datasets"], asked, "data set", "configuration, data")
        if dataset["source"] != BENCHMARK:
            raise UserError(
                f"configuration, data: '{asked}' is no benchmark; name a folder for '{name}', or a data set that is one"
            )
    if own:
        return {"folder": _folder(own, f"data of the evaluation '{name}' (--config data)")}, [], asked
    if SOURCE in dataset and not lens["stand_ins"]:
        return {"folder": f"{hub_folder('datasets', asked)}/{RAW}/{dataset['folder']}"}, [asked], asked
    if lens["stand_ins"] and "path" not in dataset:
        if "stand_in" not in dataset:
            told = f"the data set '{asked}' names no stand_in" if asked else "it names no dataset"
            bring = f"bring a folder that holds its rows: --config data='{{{asked or name}: folder}}'"
            raise UserError(f"{place}, {HARNESS}: {told}, so it is not there at this scale; {bring}")
        asked = dataset["stand_in"]
        dataset = entry(config["datasets"], asked, "data set", "config/datasets.yaml")
    if "path" in dataset:
        return {"folder": dataset["path"]}, [], asked
    if not asked:
        return {"lm_eval": True}, [], None
    parts = dataset["parts"]
    for task in given["tasks"]:
        if task not in parts:
            raise UserError(f"{place}, {HARNESS}.tasks: the data set '{asked}' has no '{task}'{nearest(task, parts)}")
    taken = {task: part for task, part in parts.items() if task.partition(".")[0] in given["tasks"]}
    for task, part in taken.items():
        _check_shots(task, given, entry(config["datasets"], part, "data set", "config/datasets.yaml"), place)
    return {"hub": {task: hub_folder("datasets", part) for task, part in taken.items()}}, [*taken.values()], asked


def _check_shots(task: str, given: Json, part: Json, place: str) -> None:
    """Raise UserError for more shots than a task's train split has rows."""
    rows, most = part.get("splits", {}).get(TRAIN), max(given["num_fewshot"])
    if rows is not None and most > rows:
        raise UserError(
            f"{place}, {HARNESS}.num_fewshot: {most} shots of '{task}' are more than the {rows:,} rows of its train"
        )


def _folder(path: str, what: str) -> str:
    """Return the folder that a user brings; UserError where it is not there, or is none."""
    found = os.path.expanduser(path)
    present(Path(found), what)
    if not Path(found).is_dir():
        raise UserError(f"{found}: {what}: is a file; name the folder in which the tasks' files lie")
    return found
