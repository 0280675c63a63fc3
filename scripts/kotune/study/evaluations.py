"""Evaluations: rows of a task, a prompt, metrics and a protocol under a name, which an arm of a study is asked.

A study's own rows are its evaluation `own`. Others are files in config/evaluations/, which any study may name with the
arms that it asks. Reads config/evaluations/; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kotune.core.catalogue import entry, named
from kotune.core.errors import UserError, nearest
from kotune.core.names import EVALUATED, OWN, TEST
from kotune.core.storage import Json
from kotune.prompts.thinking import switched_on, thinks
from kotune.rows.task import DEFAULT, Task, dotted, task_named
from kotune.study import metrics
from kotune.study.judges import judge_at
from kotune.study.origins import source_at
from kotune.study.right import AT_LEAST, AT_MOST, rule_of


@dataclass(frozen=True)
class Evaluation:
    """One evaluation as a study asks it.

    ``splits`` are answered and scored, ``unscored`` answered alone. ``prompt``: None, where each arm is asked with its
    own. ``generation``: how answers are generated, as far as the evaluation and the scale say. ``reasoning``: whether
    answers have reasoning behind them. ``hub_dataset``: the data set whose download holds the rows, if any. ``by``: the
    labels of the rows that part them; where there are such, nothing is counted over all rows together. ``judge``: who
    judges its answers (`study.judges`), if anybody. ``right_by``: when an answer is right, as far as its file says.
    """

    name: str
    title: str
    arms: list[str]
    task: Task
    source: Json
    splits: list[str]
    metrics: list[str]
    primary_metric: str
    embedder: Json
    generation: Json
    unscored: list[str] = field(default_factory=list)
    prompt: str | None = None
    reasoning: bool = False
    hub_dataset: str | None = None
    judge: Json | None = None
    right_by: Json | None = None
    by: list[str] = field(default_factory=list)

    @property
    def right(self) -> Json | None:
        """The rule by which an answer is right (`study.right`); None where there is none."""
        return rule_of(self.metrics, self.primary_metric, self.right_by)

    @property
    def golden(self) -> list[str]:
        """The metrics that need gold answers."""
        return metrics.golden(self.metrics)

    @property
    def answered(self) -> list[str]:
        """The splits that are answered."""
        return [*self.splits, *self.unscored]

    @property
    def skipped(self) -> Json:
        """The setting that leaves out splits without gold answers; nothing where there are none."""
        return {"skip_splits": self.unscored} if self.unscored else {}

    def rowset_of(self, arm: Json) -> str:
        """Return the rowset that an arm is asked: the evaluation's own rows lie under its name."""
        return arm["rowset"] if self.name == OWN else self.name

    def prompt_of(self, arm: Json) -> str:
        """Return the prompt that an arm is asked with; an arm that thinks does so in every evaluation."""
        if self.prompt is None:
            return asked_with(arm)
        return switched_on(self.prompt) if thinks(asked_with(arm)) else self.prompt


def asked_with(arm: Json) -> str:
    """Return the prompt that an arm answers the study's own rows with: the one that it learned, if nothing is said."""
    return arm.get("answers_with", arm["prompt"])


def evaluation_at(name: str, arms: list[str], study: str, settings: Json, config: Json, lens: Json, root: Path) -> Json:
    """Return what a study's evaluation is, all but its embedder, as arguments of `Evaluation`.

    ``settings``, ``lens``: the study's, as its scale sees them. Raises UserError, naming file and nearest name, for
    anything unknown, and for a metric that wants what is not there.
    """
    where = f"config/studies/{study}.yaml, evaluations"
    if name == OWN or name in settings["rowsets"]:
        raise UserError(f"{where}: '{name}' is the name of the study's own rows; give the evaluation another one")
    for arm in arms:
        entry(settings["arms"], arm, "arm", f"{where}.{name}")
    given, place = named("evaluations", name, "evaluation", root), f"config/evaluations/{name}.yaml"
    check_metrics(given, place)
    task, protocol = given.get("task", DEFAULT), given.get("protocol", {})
    source, held = _source_at(given, task, place, config, lens)
    splits = protocol.get("splits", [split for split in held if split in EVALUATED])
    for split in splits:
        if split not in held:
            raise UserError(f"{place}, protocol.splits: the rows have no split '{split}'{nearest(split, held)}")
    source["files"] = {split: source["files"][split] for split in splits}
    _check_labels(given.get("by", []), task, splits, place)
    generation = generation_of(settings, lens, f"{place}, protocol.generation", protocol.get("generation", {}))
    check_runs(given["metrics"], task, generation, place)
    return {
        "name": name,
        "title": given["title"],
        "arms": arms,
        "task": task_named(task),
        "source": source,
        "splits": splits,
        "metrics": given["metrics"],
        "primary_metric": given["primary_metric"],
        "embedder": given.get("embedder", settings["embedder"]),
        "generation": generation,
        "prompt": given["prompt"],
        "hub_dataset": source.pop("hub", None),
        "by": given.get("by", []),
        "right_by": given.get("right"),
        "judge": judge_at(given.get("judge"), place, lens, root),
    }


def _check_labels(by: list[str], task: str, splits: list[str], place: str) -> None:
    """Raise UserError for labels that rows of the task do not have, and where several splits would be parted."""
    labels = task_named(task).labels
    for label in by:
        if label not in labels:
            raise UserError(f"{place}, by: rows of the task '{task}' have no label '{label}'{nearest(label, labels)}")
    if by and len(splits) > 1:
        raise UserError(f"{place}: `by` parts the rows of one split, and {' and '.join(splits)} are asked; name one")


def generation_of(settings: Json, lens: Json, where: str, protocol: Json | None = None) -> Json:
    """Return how answers are generated: as the study says, then the evaluation, then the scale, which may ask for less.

    ``protocol``: the evaluation's own words, which know no reasoning; None for the study's own evaluation. ``where``:
    the key that says it, for the UserError where how to draw is said of answers that are not drawn.
    """
    scale = lens["generation"]
    found = {"do_sample": False, **settings["generation"], **(protocol or {})}
    most = found.pop("samples", 1)
    found |= {**scale, "samples": min(most, scale.get("samples", most))}
    said = settings["generation"] if protocol is None else protocol
    unused = [key for key in ("temperature", "top_p") if key in said]
    if unused and not found["do_sample"]:
        raise UserError(
            f"{where}.{unused[0]}: it changes drawn answers alone, and do_sample is false; set that to true, or "
            f"take {' and '.join(unused)} away"
        )
    if found["samples"] == 1:
        del found["samples"]  # one answer is what there is without the key
    elif not found["do_sample"]:
        raise UserError(
            f"{where}.samples: greedy answers to one row are all the same; set do_sample to true, or take samples away"
        )
    if protocol is None:
        return found
    if "max_new_tokens" in protocol:
        found["max_new_tokens"] = min(protocol["max_new_tokens"], found["max_new_tokens"])
    return {key: value for key, value in found.items() if key != "reasoning_tokens"}


def check_metrics(given: Json, place: str) -> None:
    """Raise UserError for a metric that decides and is not measured, and for metrics of a reasoning that nobody has."""
    if given["primary_metric"] not in given["metrics"]:
        raise UserError(f"{place}: primary_metric '{given['primary_metric']}' is not among its metrics")
    check_right(given, place)
    of_reasoning = [name for name in given["metrics"] if metrics.of_reasoning(name)]
    if of_reasoning:
        raise UserError(f"{place}: '{of_reasoning[0]}' needs reasoning, which its answers do not have")


def check_runs(asked: list[str], task: str, generation: Json, place: str) -> None:
    """Raise UserError for a metric that runs tests which the task's rows lack, or that wants more answers than are."""
    for name in asked:
        metric = metrics.metric_named(name)
        if metrics.TESTS in metric.needs and metrics.TESTS not in task_named(task).labels:
            raise UserError(f"{place}, metrics: '{name}' runs tests, and rows of the task '{task}' have none")
        answers = generation.get("samples", 1)
        if metric.answers > answers:
            raise UserError(
                f"{place}, metrics: '{name}' needs at least {metric.answers} answers to each row, and there is "
                f"{answers}; leave it out, or set generation.samples"
            )


def check_once(settings: Json, generation: Json, where: str) -> None:
    """Raise UserError for several answers to each of a study's own rows where only one can be used."""
    for key in ("ensembles", "submission"):
        if generation.get("samples", 1) > 1 and key in settings:
            raise UserError(
                f"{where}, generation.samples: {key} is made of one answer to each row; take it away, or ask an "
                "evaluation for samples"
            )


def check_right(given: Json, place: str) -> None:
    """Raise UserError for a rule of right answers (`right`) that none or all meet, or of what is not measured."""
    right = given.get("right")
    if right is None:
        return
    name = right["metric"]
    if name not in given["metrics"]:
        raise UserError(f"{place}, right.metric: '{name}' is not among its metrics{nearest(name, given['metrics'])}")
    low, high = metrics.metric_named(name).bounds
    beyond = [
        (key, end)
        for key, end in ((AT_LEAST, high), (AT_MOST, low))
        if key in right and end is not None and (right[key] > end if key == AT_LEAST else right[key] < end)
    ]
    if beyond:
        key, end = beyond[0]
        raise UserError(f"{place}, right.{key}: no answer meets {right[key]:g}; '{name}' goes to {end:g}")
    for key, end in ((AT_LEAST, low), (AT_MOST, high)):
        if key in right and end is not None and (right[key] <= end if key == AT_LEAST else right[key] >= end):
            raise UserError(
                f"{place}, right.{key}: every answer meets {right[key]:g}, where '{name}' begins or ends; take another "
                "bound"
            )


def _source_at(given: Json, task: str, place: str, config: Json, lens: Json) -> tuple[Json, list[str]]:
    """Return where the rows come from, a file a split, and which splits they have."""
    asked = task_named(task)
    columns = asked.columns(False)
    if "path" in given:
        own = {name: given.get("columns", {}).get(name, name) for name in (*columns, *asked.labels)}
        rows = {"dataset": Path(given["path"]).stem, "task": dotted(task), "columns": own, "numbered": True}
        return {**rows, "files": {TEST: given["path"]}}, [TEST]
    entry(config["datasets"], given["dataset"], "dataset", place)
    source, held = source_at(given["dataset"], {**given, "task": task}, {**config, "data": {}}, lens)
    if "files" not in source:
        raise UserError(f"{place}: the rows of '{given['dataset']}' are not parted into splits; name them by `path`")
    may_lack = (
        *asked.optional,
        *(("id",) if source.get("numbered") else ()),
        *((asked.gold,) if asked.unanswered else ()),
    )
    missing = [name for name in columns if name not in (*source["columns"], *may_lack)]
    if missing:
        raise UserError(
            f"{place}: the data set '{source['dataset']}' has no column '{missing[0]}' for the task '{task}'"
        )
    return source, held
