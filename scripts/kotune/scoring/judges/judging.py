"""Judge one file of answers, with faults planted among them: by a judge model, or by a rule in its place.

Empty answers, and rows that a model was not asked, are known without a judge and never sent to one; planted empty ones
are. Reads and writes the journal (`scoring.judges.journal`) alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kotune.core.console import Progress
from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.scoring.answer_files import Key, was_asked
from kotune.scoring.judges import faults
from kotune.scoring.judges.classes import EMPTY, FAILED, NOT_ASKED
from kotune.scoring.judges.endpoint import Endpoint
from kotune.scoring.judges.journal import Journal, asked_of

GIVE_UP = 10  # questions in a row to which an endpoint gave no reply at all


@dataclass(frozen=True)
class Item:
    """One thing to judge. ``key``: its place, unique in the file; ``line``: what its verdict is written beside."""

    key: str
    request: Json
    answer: str
    line: Json
    known: str | None = None


def request_of(row: Json, columns: Sequence[str]) -> Json:
    """Return what a row asked: its columns that hold something, in the task's order."""
    return {name: row[name] for name in columns if row.get(name) not in (None, "", [])}


def items_of(answers: Mapping[Key, Json], rows: Mapping[str, Sequence[Json]], settings: Json, rule: faults.Rule):
    """Return what is judged: each answer, and the planted faults, in an order drawn by the audit's seed.

    ``settings``: ``{"columns": what rows ask, "gold", "name", "judge": {"audit"}}``.
    """
    by_id = {(split, row["id"]): row for split, of_split in rows.items() for row in of_split}
    found, answered = [], []
    for (split, name, number), line in sorted(answers.items()):
        if (split, name) not in by_id:
            continue
        row, answer = by_id[split, name], line["answer"]
        request = request_of(row, settings["columns"])
        known = NOT_ASKED if not was_asked(line) else None if answer.strip() else EMPTY
        numbered = {"number": number} if "number" in line else {}
        said = {"id": name, **numbered, "split": split, "rule": known or rule(_text(request), answer)}
        found.append(Item(f"{split}/{name}/{number}", request, answer, said, known))
        if known != NOT_ASKED:
            answered.append((split, row, answer))
    audit = settings["judge"]["audit"]
    planted = faults.planted(answered, settings["gold"], rule, audit["seed"], audit["planted"], settings["name"])
    for place, fault in enumerate(planted):
        request = request_of(fault.row, settings["columns"])
        line = {"planted": fault.kind, "place": place, "id": fault.row["id"], "split": fault.split}
        line |= {"right": fault.right} if fault.right else {}
        for copy in (1, 2) if fault.kind == faults.TWICE else (1,):
            found.append(Item(f"planted/{place}/{copy}", request, fault.answer, line))
    random.Random(f"{audit['seed']} order {settings['name']}").shuffle(found)
    return found


def _text(request: Json) -> str:
    return "\n".join(str(value) for value in request.values())


def by_rule(items: Sequence[Item], rule: Callable[[str, str], str]) -> dict[str, Json]:
    """Return ``{key: {"verdict"}}`` by a rule that stands in for a judge model."""
    return {item.key: {"verdict": item.known or rule(_text(item.request), item.answer)} for item in items}


def by_endpoint(items: Sequence[Item], endpoint: Endpoint, journal: Journal, what: str) -> dict[str, Json]:
    """Return ``{key: {"verdict", "why", "model"}}`` by a judge model; what stands in the journal is not asked again.

    Raises UserError where the endpoint gave no reply to `GIVE_UP` questions in a row: what it said so far is kept.
    """
    found = {item.key: {"verdict": item.known} for item in items if item.known}
    waiting, silent, progress = [], 0, Progress(f"judging {what}", len(items))
    for item in items:
        if item.key in found:
            continue
        body = endpoint.body(item.request, item.answer)
        asked = asked_of(endpoint.url, item.key, body)
        if asked in journal.verdicts:
            found[item.key] = _kept(journal.verdicts[asked])
        else:
            waiting.append((item.key, asked, body))
    step = endpoint.settings["parallel"]
    with ThreadPoolExecutor(step) as pool:
        for start in range(0, len(waiting), step):
            part = waiting[start : start + step]
            replies = list(pool.map(lambda one: endpoint.ask(one[2]), part))
            lines = []
            for (key, asked, _), reply in zip(part, replies, strict=True):
                silent = 0 if reply.answered else silent + 1
                if reply.verdict:
                    lines.append({"asked": asked, "verdict": reply.verdict, "model": reply.model})
                    found[key] = _kept(lines[-1])
                else:
                    found[key] = {"verdict": FAILED, "why": reply.why}
            journal.add(lines)
            if silent >= GIVE_UP:
                raise UserError(
                    f"the judge at {endpoint.url} gave no reply to {silent} questions in a row (the last: "
                    f"{replies[-1].why}); look after it and run again: {len(journal.verdicts)} verdicts are kept"
                )
            progress.update(len(found))
    return found


def _kept(line: Json) -> Json:
    return {"verdict": line["verdict"], **({"model": line["model"]} if line.get("model") else {})}


def lines_of(items: Sequence[Item], verdicts: Mapping[str, Json]) -> list[Json]:
    """Return the lines of a file of verdicts, answers first, whatever the order in which they were asked."""
    told = [
        {**item.line, **{key: verdicts[item.key][key] for key in ("verdict", "why") if key in verdicts[item.key]}}
        for item in sorted(items, key=lambda item: item.key)
    ]
    return sorted(told, key=lambda line: ("planted" in line, line.get("place", 0)))
