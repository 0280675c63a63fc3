"""lm-evaluation-harness's tasks as their YAML files describe them, read without importing that library.

Reads the task files of the installed lm-eval and of a folder of further ones; writes nothing. So a wrong name, a group,
or a task that cannot be asked here is refused when Snakemake starts, and not an hour later. A further file may include
one of lm-eval's by its path in lm-eval's own folder of tasks: ``include: kobest/kobest_boolq.yaml``.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, explained

if TYPE_CHECKING:
    import yaml

ASKED = "multiple_choice"  # the kind of task that is asked here: an answer is one of the options that the task lists
SKIPPED = ("__pycache__", ".ipynb_checkpoints")  # folders in which lm-eval looks for no tasks either
# What is wrong with tasks of lm-eval 0.4.13 (measured): family of tasks → what one should know.
KNOWN = {
    "click": "CLIcK of lm-eval 0.4.13 hides the fifth option of items from exams: its text is not in the prompt",
    "hrm8k": "HRM8K of lm-eval 0.4.13 drops the sign and the numerator of golds",
    "kormedmcqa": "KorMedMCQA of lm-eval 0.4.13 does not see a letter with a Korean ending ('B입니다') as an answer",
    "kmmlu_direct": "kmmlu_direct of lm-eval 0.4.13 counts 'A번' and '정답: A' as wrong",
    "kmmlu_cot": "kmmlu_cot of lm-eval 0.4.13 misreads most ways of saying a letter in a sentence",
}


@dataclass(frozen=True)
class TaskFile:
    """A task as its files describe it: its name, its settings (functions as the text behind ``!function``), its files.

    ``chain``: the files from the outermost included one to the task's own; later ones win.
    """

    name: str
    settings: Json
    chain: tuple[Path, ...]

    def stems(self) -> set[str]:
        """Return the names of its files, without folder and ending."""
        return {path.stem for path in self.chain}

    def splits(self) -> dict[str, str]:
        """Return the splits that it is asked of and draws its shots from: ``items`` and ``shots``, as it calls them."""
        said = self.settings
        items = said.get("test_split") or said.get("validation_split")
        shots = said.get("fewshot_split") or said.get("training_split") or said.get("validation_split") or items
        return {"items": items, "shots": shots}


def official() -> Path:
    """Return the folder of lm-eval's own task files; UserError where lm-eval is not installed."""
    found = importlib.util.find_spec("lm_eval")
    if found is None or not found.submodule_search_locations:
        raise UserError("lm-eval is not installed: pip install -r requirements.txt")
    return Path(next(iter(found.submodule_search_locations))) / "tasks"


@functools.cache
def _loader() -> type[yaml.SafeLoader]:
    """Return a loader that leaves ``!function`` as the text that names it: nothing is run to read a file."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        pass

    Loader.add_constructor("!function", lambda loader, node: f"!function {loader.construct_scalar(node)}")
    return Loader


@functools.cache
def _alone(path: Path) -> Json:
    """Return what one file says, includes not followed; nothing where it is no mapping."""
    import yaml

    with explained(path, "read the task file"):
        text = path.read_text(encoding="utf-8")
    try:
        found = yaml.load(text, Loader=_loader())
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        raise UserError(f"{path}{f', line {where.line + 1}' if where else ''}: not YAML ({error.problem})") from error
    return found if isinstance(found, dict) else {}


def _included(path: Path, name: str) -> Path:
    """Return the file that ``path`` includes: beside it, as lm-eval reads it, or in lm-eval's own folder of tasks."""
    for place in (path.parent / name, official() / name):
        if place.is_file():
            return place
    raise UserError(f"{path}: includes '{name}', which is neither beside it nor in lm-eval's folder of tasks")


def chain_of(path: Path, seen: tuple[Path, ...] = ()) -> tuple[Path, ...]:
    """Return a file and those that it includes, these first."""
    if path in seen:
        raise UserError(f"{path}: includes itself")
    given = _alone(path).get("include", [])
    chains = [chain_of(_included(path, name), (*seen, path)) for name in ([given] if isinstance(given, str) else given)]
    return (*(each for chain in chains for each in chain), path)


def _task(name: str, path: Path) -> TaskFile:
    chain = chain_of(path)
    settings: Json = {}
    for each in chain:
        settings |= {key: value for key, value in _alone(each).items() if key != "include"}
    return TaskFile(name, settings, chain)


def _files(folder: Path, holding: str = "") -> Iterator[Path]:
    """Yield a folder's task files, sorted as lm-eval sorts them; only those with this text in them, if one is given."""
    for path in sorted(folder.rglob("*.yaml"), key=lambda each: each.as_posix()):
        if not set(path.parts) & set(SKIPPED) and (not holding or holding.encode() in path.read_bytes()):
            yield path


def _places(name: str, include: Path | None) -> Iterator[Path]:
    """Yield the files that may describe a name: the further ones, lm-eval's in the folder named like it, all others."""
    root = official()
    if include:
        yield from _files(include, name)
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and name.startswith(folder.name):
            yield from _files(folder, name)
    yield from _files(root, name)


def _known(name: str, include: Path | None) -> list[str]:
    """Return names that a mistyped one may mean: those of the further files and of the folders named like it."""
    likely = [folder for folder in official().iterdir() if folder.is_dir() and folder.name[:3] == name[:3]]
    paths = [path for folder in [*([include] if include else []), *likely] for path in _files(folder)]
    return [said for path in paths if isinstance(said := _alone(path).get("task"), str)]


def find(name: str, include: str | Path | None = None, where: str = "tasks") -> TaskFile:
    """Return a task by lm-eval's name; UserError for a group (it names the members) and for a name that is unknown."""
    folder = Path(include) if include else None
    if folder and not folder.is_dir():
        raise UserError(f"{where}: include names {include}, which is no folder")
    for path in _places(name, folder):
        said = _alone(path)
        if said.get("group") == name:
            members = ", ".join(dict.fromkeys(_members(name, _home(path))))
            raise UserError(f"{where}: '{name}' is a group of lm-eval; name its tasks: [{members}]")
        if said.get("task") == name:
            return _task(name, path)
    raise UserError(f"{where}: lm-eval has no task '{name}'{nearest(name, _known(name, folder))}")


def _members(name: str, home: Path) -> Iterator[str]:
    """Yield the tasks behind a name: of a group, of the groups and tags that it lists, or the task itself."""
    for path in _files(home, name):
        said = _alone(path)
        tags = said.get("tag", [])
        if said.get("task") == name:
            yield name
        elif name in ([tags] if isinstance(tags, str) else tags) and isinstance(said.get("task"), str):
            yield said["task"]
        elif said.get("group") == name:
            for each in said.get("task", []):
                listed = each.get("task", each.get("group")) if isinstance(each, dict) else each
                yield from _members(str(listed), home)


def _home(path: Path) -> Path:
    """Return the folder that holds a family of tasks: that of a file, below lm-eval's own the outermost."""
    root = official()
    return root / path.relative_to(root).parts[0] if path.is_relative_to(root) else path.parent


def warning_of(task: TaskFile) -> str | None:
    """Return what is known to be wrong with a task of lm-eval, in one sentence; None for most."""
    root = official()
    folders = {part for path in task.chain if path.is_relative_to(root) for part in path.relative_to(root).parts[:-1]}
    for family, said in KNOWN.items():
        if family in folders or re.match(rf"{family}(_|$)", task.name):
            return said
    return None


def answer_of(task: TaskFile) -> str:
    """Return in words how an answer is taken from the model."""
    return "the option with the highest log-likelihood; nothing is generated, so that every item has an answer"


def _refuse(task: TaskFile, where: str) -> None:
    """Raise UserError for a task that is not asked here."""
    kind = task.settings.get("output_type", "generate_until")
    known = warning_of(task)
    if "class" in task.settings or "custom_dataset" in task.settings:
        raise UserError(f"{where}: '{task.name}' is a task of lm-eval that is written in Python; it is not asked here")
    if kind != ASKED:
        raise UserError(
            f"{where}: '{task.name}' is of lm-eval's kind {kind}; only {ASKED} is asked here, where every item has an "
            f"answer; from a generated text it would have to be extracted{f'. And {known}' if known else ''}"
        )
    if not all(task.splits().values()):
        raise UserError(f"{where}: '{task.name}' names no split of its items (test_split)")


def warnings_of(tasks: Iterable[str], include: str | Path | None = None) -> list[str]:
    """Return what is known to be wrong with tasks, a sentence for each that has something."""
    found = ((name, warning_of(find(name, include))) for name in tasks)
    return [f"{name}: {said}" for name, said in found if said]


def check(tasks: Iterable[str], include: str | Path | None = None, where: str = "tasks") -> list[str]:
    """Return what should be said of tasks before they are asked; UserError for one that cannot be asked."""
    tasks = list(tasks)
    for name in tasks:
        _refuse(find(name, include, where), where)
    return warnings_of(tasks, include)
