"""Requests: what a model is asked of a benchmark, item by item, with the options whose likelihood is measured.

Reads prepared rows through lm-eval's tasks; writes nothing. Two protocols: ``published`` is lm-eval's own building of
its requests, called as it calls it; ``clean`` is the same text with three faults mended: the shots of an item do not
depend on other items, no item is shown itself or the row that it negates, and WiC's question has the particle that fits
its word (양분이, not 양분가).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.particles import choose
from kotune.core.protocols import CLEAN, MULTITURN, NO_TEMPLATE
from kotune.core.storage import Json
from kotune.harness import kobest
from kotune.harness.shots import ByItem, Recording
from kotune.harness.sources import ID
from kotune.harness.task_files import TaskFile
from kotune.harness.tasks import gold_of, kept, lm_eval_task, quiet, templates_kept, with_shots

if TYPE_CHECKING:
    from lm_eval.api.instance import Instance
    from lm_eval.api.task import ConfigurableTask


@dataclass(frozen=True)
class Asked:
    """How tasks are asked: the template's name and function, lm-eval's seed of shots, items a task (None: all)."""

    template: str
    render: Callable[..., str] | None
    seed: int
    limit: int | None = None

    def chat(self) -> Json:
        """Return lm-eval's arguments on the chat template."""
        return {"apply_chat_template": self.template != NO_TEMPLATE, "chat_template": self.render}


def particle_mended(text: str, word: str) -> str:
    """Return WiC's question with the particle that fits its word: lm-eval writes 가 behind every word."""
    wrong = f"두 문장에서 {word}가 같은 뜻으로"
    before, found, behind = text.rpartition(wrong)
    return f"{before}두 문장에서 {word}{choose(word, '이')} 같은 뜻으로{behind}" if found else text


def _mend_particles(task: ConfigurableTask) -> None:
    """Let a task of WiC write the particle that fits, in its questions and in its shots."""
    theirs = task.config.doc_to_text
    if not callable(theirs):  # a file that includes lm-eval's has a question of its own
        return

    def mended(document: Json) -> str:
        return particle_mended(theirs(document), document["word"])

    task.config.doc_to_text = mended
    if task.fewshot_cfg.doc_to_text is theirs:
        task.fewshot_cfg.doc_to_text = mended


def _one_context(name: str, instances: list[Instance], item: str) -> str:
    """Return the context that all options of an item share; UserError for a task whose options have each its own."""
    contexts = {instance.args[0] for instance in instances}
    if len(contexts) != 1:
        raise UserError(f"'{name}': the options of an item ({item}) stand in its context, or are asked without it; "
                        "such tasks are not asked here")  # fmt: skip
    return contexts.pop()


def _line(task: ConfigurableTask, row: Json, instances: list[Instance], drawn: list[str]) -> Json:
    """Return the part of a request's line that is the item's."""
    name, document = task.config.task, instances[0].doc
    gold = gold_of(task, document)
    if gold < 0:
        raise UserError(f"'{name}': {row[ID]} has no gold among its options ({task.doc_to_target(document)!r})")
    return {
        "item": row[ID],
        "context": _one_context(name, instances, row[ID]),
        "continuations": [instance.args[1] for instance in instances],
        "gold": gold,
        "chars": [len(option) for option in task.doc_to_choice(document)],  # lm-eval's lengths: without the delimiter
        "shot_items": drawn,
    }


def _published(task: ConfigurableTask, rows: list[Json], pool: list[Json], asked: Asked) -> Iterator[Json]:
    """Yield the lines of lm-eval's own requests, built by lm-eval."""
    recording = Recording(task.sampler, pool)
    drawn, of_item = [], task.fewshot_context

    def noted(*args: object, **kwargs: object) -> str | list[str]:
        recording.drawn = []
        context = of_item(*args, **kwargs)
        drawn.append(recording.drawn)
        return context

    task.sampler, task.fewshot_context = recording, noted
    try:
        multiturn = asked.template == MULTITURN
        task.build_all_requests(limit=asked.limit, cache_requests=False, fewshot_as_multiturn=multiturn, **asked.chat())
    finally:
        task.sampler, task.fewshot_context = recording.sampler, of_item
    grouped: dict[int, list[Instance]] = {}
    for instance in task.instances:
        grouped.setdefault(instance.doc_id, []).append(instance)
    for number, instances in grouped.items():
        yield _line(task, rows[number], instances, drawn[number])


def _clean(task: ConfigurableTask, rows: list[Json], pool: list[Json], asked: Asked) -> Iterator[Json]:
    """Yield lines whose shots are drawn by the item's id; each context is written by lm-eval."""
    shots = ByItem(task.sampler.df, pool, task.config.task, asked.seed)
    theirs, task.sampler = task.sampler, shots
    try:
        for number, (row, document) in enumerate(zip(rows, task.eval_docs, strict=True)):
            if number == asked.limit:
                break
            shots.item, shots.drawn = row, []
            context = task.fewshot_context(
                document, task.config.num_fewshot, fewshot_as_multiturn=asked.template == MULTITURN,
                gen_prefix=task.doc_to_prefix(document), **asked.chat(),
            )  # fmt: skip
            metadata = (task.config.task, number, task.config.repeats)
            instances = task.construct_requests(doc=document, ctx=context, metadata=metadata, **asked.chat())
            yield _line(task, row, instances, shots.drawn)
    finally:
        task.sampler = theirs


def _check(task: TaskFile, items: list[Json], shots: list[int], protocols: list[str]) -> None:
    """Raise UserError for what a task cannot be asked."""
    if task.settings.get("num_fewshot") == 0 and any(shots):
        raise UserError(f"'{task.name}' is asked without shots, as its file says (num_fewshot: 0); ask it with [0]")
    unknown = not any(kobest.ORIGINAL in row for row in items)
    if CLEAN in protocols and "kobest_sentineg" in task.stems() and unknown:
        raise UserError(
            f"'{task.name}': '{CLEAN}' must know which train row an item of the test negates, and these data do not "
            "say it; use the makers' files, or name the hub's test_originated as a part of the data set"
        )


def requests_of(
    task: TaskFile, rows: dict[str, list[Json]], num_fewshot: list[int], protocols: list[str], asked: Asked
) -> Iterator[Json]:
    """Yield a task's requests: protocol by protocol, number of shots by number, items in the data's order."""
    places = task.splits()
    _check(task, rows[places["items"]], num_fewshot, protocols)
    for protocol in protocols:
        made = lm_eval_task(task, rows)
        items, pool = kept(made, rows[places["items"]]), kept(made, rows.get(places["shots"], []), shots=True)
        if protocol == CLEAN and "kobest_wic" in task.stems():
            _mend_particles(made)
        for shots in num_fewshot:
            with_shots(made, shots, asked.seed)
            build = _clean if protocol == CLEAN else _published
            head = {"task": task.name, "protocol": protocol, "shots": shots, "template": asked.template}
            with quiet(), templates_kept():
                yield from (head | line for line in build(made, items, pool, asked))
