"""Where a benchmark's rows come from: a folder of the user's, what the hub's downloads left, or lm-eval's own loading.

Reads JSON lines, Parquet and CSV of a task's splits, and the makers' TSV files of KoBEST; writes nothing. Each row gets
an ``id``: its split and its number there, from 1 (``test-17``). A column ``id`` of a data set's own becomes
``source_id``, and goes back to its name before lm-eval sees the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_jsonl, read_parquet
from kotune.harness import kobest
from kotune.harness.task_files import TaskFile

ID, SOURCE_ID = "id", "source_id"
ENDINGS = (".jsonl", ".parquet", ".csv")
ALIASES = {"validation": ("validation", "valid", "dev"), "dev": ("dev", "validation", "valid")}
LAYOUTS = ("{root}/{task}/{split}", "{root}/{subset}/{split}", "{root}/data/{subset}/{split}",
           "{root}/{subset}-{split}", "{root}/data/{subset}-{split}", "{root}/{split}")  # fmt: skip
ORIGINALS = "originals"  # behind the name of a task: where the hub's download of its originals lies


NOT_TEXT = (ID, SOURCE_ID, kobest.HUB_LABEL, kobest.ORIGINAL, *kobest.BESIDE)


@dataclass
class Benchmark:
    """One task's rows by lm-eval's names of its splits, and how the labels of each split are spelt in the source."""

    task: TaskFile
    rows: dict[str, list[Json]]
    spellings: dict[str, Counter[str]]


def key_of(row: Json) -> str:
    """Return what makes two rows the same item: all their texts, white space aside; labels and ids do not count."""
    return "\n".join(" ".join(str(value).split()) for name, value in sorted(row.items()) if name not in NOT_TEXT)


def splits_of(task: TaskFile) -> dict[str, bool]:
    """Return the splits that a task names → whether it cannot be asked without."""
    needed = set(task.splits().values())
    named = [task.settings.get(key) for key in ("training_split", "validation_split", "test_split", "fewshot_split")]
    return {split: split in needed for split in dict.fromkeys(filter(None, named))}


def _found(root: Path, task: TaskFile, split: str) -> list[Path]:
    """Return the files of a split below a folder: one, or the shards of one."""
    subset = task.settings.get("dataset_name") or ""
    for layout in LAYOUTS:
        for name in ALIASES.get(split, (split,)):
            if "{subset}" in layout and not subset:
                continue
            stem = Path(layout.format(root=root, task=task.name, subset=subset, split=name))
            for ending in ENDINGS:
                if (one := stem.with_name(stem.name + ending)).is_file():
                    return [one]
                if shards := sorted(stem.parent.glob(f"{stem.name}-*-of-*{ending}")):
                    return shards
    return []


def _makers(root: Path, task: TaskFile, split: str) -> Path | None:
    """Return the makers' file of a split of KoBEST, as it is or packed, if the folder is in their layout."""
    form = kobest.form_of(task)
    if form is None:
        return None
    places = [root / form.folder / f"{kobest.SPLITS.get(split, split)}.tsv{packed}" for packed in ("", ".xz")]
    return next((path for path in places if path.is_file()), None)


def _root(source: Json, name: str) -> Path | None:
    """Return the folder of a task's files; None where lm-eval loads the rows itself."""
    if "folder" in source:
        return Path(source["folder"])
    if "hub" in source:
        if name not in source["hub"]:
            raise UserError(f"the data set has no part for '{name}'; name it among its parts in config/datasets.yaml")
        return Path(source["hub"][name])
    return None


def files_of(source: Json, tasks: list[TaskFile]) -> Iterator[Path]:
    """Yield the files that are read, task by task; UserError for a split that is nowhere to be found."""
    for task in tasks:
        root = _root(source, task.name)
        for split, needed in splits_of(task).items() if root else ():
            found = [one] if (one := _makers(root, task, split)) else _found(root, task, split)
            if not found and needed:
                raise _missing(root, task, split)
            yield from found


def _missing(root: Path, task: TaskFile, split: str) -> UserError:
    form, subset = kobest.form_of(task), task.settings.get("dataset_name") or task.name
    makers = f", nor {form.folder}/{kobest.SPLITS.get(split, split)}.tsv as KoBEST's makers have it" if form else ""
    if not root.is_dir():
        return UserError(f"{root}: no such folder, where the rows of '{task.name}' should lie")
    return UserError(
        f"{root}: no rows of '{task.name}', split '{split}': neither {subset}/{split}.jsonl (or .parquet, .csv) "
        f"nor {split}.jsonl{makers}"
    )


def _read(path: Path) -> list[Json]:
    if path.suffix == ".jsonl":
        return read_jsonl(path)
    if path.suffix == ".parquet":
        return read_parquet(path).to_dicts()
    import polars as pl

    try:
        return pl.read_csv(path, infer_schema_length=None).to_dicts()
    except pl.exceptions.PolarsError as error:
        raise UserError(f"{path}: not a CSV ({error})") from error


def _loaded(task: TaskFile, split: str) -> list[Json]:
    """Return a split as lm-eval loads it: from the hub, or from the library's cache of it."""
    import datasets

    path, subset = task.settings["dataset_path"], task.settings.get("dataset_name")
    arguments: dict[str, Any] = {**(task.settings.get("dataset_kwargs") or {})}
    arguments.pop("trust_remote_code", None)
    try:
        return datasets.load_dataset(path, subset, split=split, **arguments).to_list()
    except Exception as error:  # the library's own kinds are many, and each means that the rows are not to be had
        raise UserError(
            f"'{task.name}': its data set {path}{f', {subset}' if subset else ''} cannot be loaded "
            f"({type(error).__name__}: {' '.join(str(error).split())[:200]}); without a network, name a folder that "
            "holds its rows (dataset of the evaluation)"
        ) from error


def _numbered(rows: list[Json], split: str) -> list[Json]:
    """Return rows with their ids first."""
    kept = ({(SOURCE_ID if name == ID else name): value for name, value in row.items()} for row in rows)
    return [{ID: f"{split}-{number}", **row} for number, row in enumerate(kept, 1)]


def _split(root: Path | None, task: TaskFile, split: str, needed: bool) -> tuple[list[Json], Counter[str]] | None:
    """Return a split's rows and how its labels are spelt; None for one that is not there and need not be."""
    form = kobest.form_of(task)
    if root is None:
        given, where = _loaded(task, split), f"{task.settings['dataset_path']}, {split}"
    elif makers := _makers(root, task, split):
        return kobest.makers_rows(form, makers, split)
    elif paths := _found(root, task, split):
        given, where = [row for path in paths for row in _read(path)], str(paths[0])
    elif needed:
        raise _missing(root, task, split)
    else:
        return None
    if not given and needed:
        raise UserError(f"{where}: no rows")
    return kobest.hub_rows(form, given, where) if form else (given, Counter())


def benchmark(source: Json, task: TaskFile) -> Benchmark:
    """Return a task's rows; ``source`` is {"folder": path}, {"hub": {task: folder}} or {"lm_eval": true}."""
    root = _root(source, task.name)
    made = Benchmark(task, {}, {})
    for split, needed in splits_of(task).items():
        if (found := _split(root, task, split, needed)) is not None:
            made.rows[split], made.spellings[split] = _numbered(found[0], split), found[1]
    if "kobest_sentineg" in task.stems():
        originated, where = _originated(source, task, root)
        kobest.with_originals(made.rows, originated, where)
    return made


def _originated(source: Json, task: TaskFile, root: Path | None) -> tuple[list[Json] | None, str]:
    """Return the hub's split of SentiNeg's originals and where it was read; None where it is not at hand."""
    if root is None:
        return _loaded(task, "test_originated"), str(task.settings["dataset_path"])
    paths = _found(root, task, "test_originated")
    if other := source.get("hub", {}).get(f"{task.name}.{ORIGINALS}"):
        paths = paths or _found(Path(other), task, "train")
    return ([row for path in paths for row in _read(path)], str(paths[0])) if paths else (None, "")
