"""lm-evaluation-harness's own tasks, called as a library, over rows that were prepared (`harness.sources`).

Reads a task's files and the rows that it is given; writes nothing, and asks no network. The objects are lm-eval's, so
that prompts, options, golds and metrics are its own; only where the rows come from is ours (its ``download``). Its
cache of requests is never used: its key knows neither the template, nor the data, nor the seed, so that it hands out
old prompts with new golds.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
import random
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.harness import kobest
from kotune.harness.sources import ID, SOURCE_ID
from kotune.harness.task_files import TaskFile

if TYPE_CHECKING:
    from lm_eval.api.task import ConfigurableTask

OURS = (ID, kobest.ORIGINAL)  # columns of prepared rows that no data set has
MARK = "kotune_row"  # a column that goes with the rows through a task's own selection of them
SEED = 1234  # lm-eval's own for drawing shots


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep lm-eval from saying for each task that shots are more than none, or that a function was not downloaded."""
    logger = logging.getLogger("lm_eval")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def templates_kept() -> Iterator[None]:
    """Let lm-eval parse each template once, not once an item and shot: the same texts in a third of the time."""
    from lm_eval import utils

    theirs = utils.env.from_string
    utils.env.from_string = functools.cache(theirs)
    try:
        yield
    finally:
        del utils.env.from_string  # the class's own again


@contextlib.contextmanager
def fitting(task: TaskFile) -> Iterator[None]:
    """Raise UserError where lm-eval stumbles over rows that have not what its task asks of them."""
    from jinja2 import TemplateError

    try:
        yield
    except (TemplateError, LookupError, ValueError, TypeError, AttributeError) as error:
        said = f"{type(error).__name__}: {error}"
        raise UserError(f"'{task.name}': its rows do not fit lm-eval's task ({said})") from error


def documents(rows: list[Json]) -> list[Json]:
    """Return prepared rows as the data set has them, which is what lm-eval sees."""
    names = {SOURCE_ID: ID}
    return [{names.get(name, name): value for name, value in row.items() if name not in OURS} for row in rows]


def _config(task: TaskFile) -> Json:
    """Return a task's settings with its functions, as lm-eval itself merges them from its files."""
    from lm_eval.tasks._yaml_loader import load_yaml

    config: Json = {}
    for path in task.chain:
        said = load_yaml(path, resolve_func=True, recursive=False)
        config |= {key: value for key, value in said.items() if key not in ("include", "task_list")}
    structure = ("tag", "group")  # what lm-eval's own factory takes away as well
    return {key: value for key, value in config.items() if key not in structure}


def lm_eval_task(task: TaskFile, rows: Mapping[str, list[Json]]) -> ConfigurableTask:
    """Return lm-eval's task over prepared rows, split by split; UserError where the rows do not fit it."""
    from datasets import Dataset, DatasetDict, disable_progress_bars
    from lm_eval.api.task import ConfigurableTask

    disable_progress_bars()
    held = DatasetDict({split: Dataset.from_list(documents(given)) for split, given in rows.items() if given})

    class Local(ConfigurableTask):
        """lm-eval's task, whose rows are at hand; where it loads them is the one thing that it lets one override."""

        def download(self, *args: object, **kwargs: object) -> None:
            self.dataset = held

    config = _config(task)
    metrics = config.get("metric_list")
    # `hf_evaluate` asks the hub for a metric's code, which multiple choice never calls: it counts golds and predictions
    without = [{key: value for key, value in one.items() if key != "hf_evaluate"} for one in metrics or ()]
    random.seed(0)  # as lm-eval does before it loads tasks: some shuffle their options while they do
    with quiet(), fitting(task):
        made = Local(config=config | ({"metric_list": without} if metrics else {}))
    made.config.metric_list = metrics
    return made


def kept(made: ConfigurableTask, rows: list[Json], shots: bool = False) -> list[Json]:
    """Return the rows that a task keeps of a split, in its order: some take a part of it, or order it anew.

    ``shots``: what is kept of the split that shots are drawn from.
    """
    from datasets import Dataset

    process = made.fewshot_cfg.process_docs if shots else made.config.process_docs
    if process is None or not rows:
        return rows
    marked = [document | {MARK: number} for number, document in enumerate(documents(rows))]
    return [rows[number] for number in process(Dataset.from_list(marked))[MARK]]


def with_shots(task: ConfigurableTask, shots: int, seed: int = SEED) -> None:
    """Ask for so many shots and begin their drawing anew, as lm-eval does; UserError for a task that fixes them."""
    fixed = task.config.num_fewshot
    if fixed == 0 and shots:
        raise UserError(
            f"'{task.config.task}' is asked without shots, as its file says (num_fewshot: 0), not with {shots}"
        )
    task.set_config("num_fewshot", shots)
    task.set_fewshot_seed(seed)


def gold_of(task: ConfigurableTask, document: Json) -> int:
    """Return the number of the right option as lm-eval finds it; -1 where it finds none, or several."""
    gold, options = task.doc_to_target(document), task.doc_to_choice(document)
    if isinstance(gold, str):
        return options.index(gold) if gold in options else -1
    return gold if isinstance(gold, int) and 0 <= gold < len(options) else -1


def check_golds(task: TaskFile, made: ConfigurableTask, rows: Mapping[str, list[Json]]) -> None:
    """Raise UserError for a row, an item or a shot, whose right answer is none of its options, naming it."""
    places = task.splits()
    items, pool = kept(made, rows[places["items"]]), kept(made, rows.get(places["shots"], []), shots=True)
    with fitting(task):
        made.doc_to_text(made.sampler.df[0])
        held = ((places["items"], items, made.eval_docs), (places["shots"], pool, made.sampler.df))
        golds = [
            (split, row, document, gold_of(made, document))
            for split, given, documents in held
            for row, document in zip(given, documents, strict=False)
        ]
    for split, row, document, gold in golds:
        if gold < 0:
            raise UserError(
                f"'{task.name}', {split}: {row[ID]} has no gold among its options "
                f"({str(made.doc_to_target(document))[:40]!r}); mend the row in the source"
            )


def _plain(value: Any) -> Any:
    """Return a task's settings as JSON has them: a function as its source, which lm-eval writes at some depths only."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return inspect.getsource(value) if callable(value) else value


def facts(task: TaskFile, made: ConfigurableTask) -> Json:
    """Return what a table and lm-eval's result files need to know of a task."""
    document = made.eval_docs[0]
    metrics = (
        [one["metric"] for one in made.config.metric_list] if made.config.metric_list else list(made.aggregation())
    )
    config = _plain(made.config.to_dict(keep_callable=True))
    config["metadata"] = {key: value for key, value in (config.get("metadata") or {}).items() if key != "config_source"}
    return {
        "version": made.VERSION,
        "metrics": [metric if isinstance(metric, str) else metric.__name__ for metric in metrics],
        "dataset_path": task.settings.get("dataset_path"),
        "dataset_name": task.settings.get("dataset_name"),
        "asked": len(made.eval_docs),
        "choices": len(made.doc_to_choice(document)),
        "config": config,
    }
