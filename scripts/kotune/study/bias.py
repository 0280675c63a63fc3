"""Bias evaluations: KoBBQ's questions on social groups, which arms of a study are asked (`bias` of an evaluation).

Reads config/evaluations/; writes nothing. Such an evaluation has no prompt and metrics of ours: `harness.bias_requests`
says what is asked, `harness.bias_statistics` what is counted. Its items come from a data set of the catalogue, or from
a file by its path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kotune.core.catalogue import entry, named, read_yaml
from kotune.core.errors import UserError, nearest
from kotune.core.names import ROOT, TEST
from kotune.core.storage import Json
from kotune.study.origins import hub_folder

BIAS = "bias"  # the key of an evaluation
BESIDE = ("title", BIAS)  # all that a file of such an evaluation says
LETTERS, TEXTS, UNLISTED = "letters", "texts", "unlisted"  # how choices are shown, and what answers
LISTINGS = (LETTERS, TEXTS, UNLISTED)
COLUMNS = ("id", "context", "question", "choices", "answer", "biased_answer")


@dataclass(frozen=True)
class BiasEvaluation:
    """Questions on social groups as a study asks them.

    ``path``: the file of items; ``columns``: our name of a column to its own. ``hub``: the data sets whose downloads
    hold it. ``limit``: items that are asked at the least, whole templates; None: all.
    """

    name: str
    title: str
    arms: list[str]
    path: str
    columns: dict[str, str]
    listings: list[str]
    dataset: str | None = None
    limit: int | None = None
    hub: list[str] = field(default_factory=list)


def is_bias(name: str, root: Path = ROOT) -> bool:
    """Return whether there is an evaluation of that name, and it asks questions on social groups."""
    path = root / "config" / "evaluations" / f"{name}.yaml"
    return path.is_file() and BIAS in (read_yaml(path) or {})


def biases_at(
    study: str, settings: Json, config: Json, lens: Json, arms: dict[str, Json], root: Path
) -> dict[str, BiasEvaluation]:
    """Return the evaluations of bias that a study names, by name; a rehearsal asks none."""
    return {
        name: bias_at(name, asked, study, config, lens, arms, root)
        for name, asked in ({} if "rehearsal" in lens else settings.get("evaluations", {})).items()
        if is_bias(name, root)
    }


def bias_at(
    name: str, asked: list[str], study: str, config: Json, lens: Json, arms: Json, root: Path
) -> BiasEvaluation:
    """Return what a study's bias evaluation is at its scale; ``asked``: the arms that it is asked of.

    Raises UserError, naming file and nearest name, for an arm that is not there, keys that such an evaluation does not
    have, and a data set without the columns of such items.
    """
    for arm in asked:
        entry(arms, arm, "arm", f"config/studies/{study}.yaml, evaluations.{name}")
    content, place = named("evaluations", name, "evaluation", root), f"config/evaluations/{name}.yaml"
    strange = [key for key in content if key not in BESIDE]
    if strange:
        raise UserError(
            f"{place}: {', '.join(strange)} may not stand beside {BIAS}, which says itself what is asked and counted; "
            f"take {'it' if len(strange) == 1 else 'them'} away"
        )
    given = content[BIAS]
    path, columns, dataset, hub = _source_at(given, place, config, lens)
    return BiasEvaluation(
        name=name,
        title=content["title"],
        arms=asked,
        path=path,
        columns=columns,
        listings=given.get("listings", list(LISTINGS)),
        dataset=dataset,
        limit=lens.get("rows", {}).get(TEST),
        hub=hub,
    )


def _source_at(given: Json, place: str, config: Json, lens: Json) -> tuple[str, Json, str | None, list[str]]:
    """Return the file of the items, its columns, the name of the data set, and what must be downloaded for it."""
    if "path" in given:
        return given["path"], given.get("columns", {}), None, []
    name = given["dataset"]
    where = f"{place}, {BIAS}.dataset"
    dataset = _with_columns(name, config["datasets"], where)
    if lens["stand_ins"] and "path" not in dataset:
        if "stand_in" not in dataset:
            raise UserError(
                f"{where}: '{name}' names no stand_in for this scale; name one in config/datasets.yaml, or a file by "
                "`path`"
            )
        name = dataset["stand_in"]
        dataset = _with_columns(name, config["datasets"], f"{where}, stand_in of '{given['dataset']}'")
    columns = dataset["columns"]
    if "path" in dataset:
        return dataset["path"], columns, name, []
    return f"{hub_folder('datasets', name)}/{TEST}.parquet", {one: one for one in columns}, name, [name]


def _with_columns(name: str, datasets: Json, where: str) -> Json:
    """Return a data set's entry; UserError where it lacks a column of such items."""
    dataset = entry(datasets, name, "data set", where)
    columns = dataset.get("columns", {})
    for column in COLUMNS:
        if column not in columns:
            raise UserError(f"{where}: rows of '{name}' have no column '{column}'{nearest(column, columns)}")
    return dataset
