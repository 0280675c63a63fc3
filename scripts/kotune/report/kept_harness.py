"""What kept results say of tasks of lm-evaluation-harness: Markdown tables of accuracies over floors, and of changes.

Takes a kept folder as it was read (`report.kept`); reads and writes nothing. Accuracies are shown times 100.
"""

from __future__ import annotations

from collections.abc import Iterator

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.plain import markdown
from kotune.report.harness_names import FLOOR_TITLES, mean_key, pair_key, row_name, row_title, start_of, task_title
from kotune.report.kept import Kept

TIMES = 100
HIGHER = "higher"
PARTS = ("floors", "f1", "tuning", "protocols", "leaks")  # of the blocks of one evaluation


def asked(kept: Kept) -> list[Json]:
    """Return the evaluations by the harness that were kept; none of most."""
    return kept.about.get("harness", [])


def block_name(evaluation: str, part: str) -> str:
    """Return the name of a block, behind that of the kept folder."""
    return f"harness-{evaluation}-{part}"


def rows_of(one: Json) -> list[Json]:
    """Return the rows of an evaluation: each protocol with each number of shots."""
    return [
        {"protocol": protocol, "shots": shots, "template": one["template"]}
        for protocol in one["protocols"]
        for shots in one["num_fewshot"]
    ]


def _tasks(kept: Kept, one: Json) -> list[str]:
    """Return the tasks, and the group where its numbers are there."""
    start, row = start_of(kept.about["study"], one["evaluation"]), row_name(rows_of(one)[0])
    arm, models = one["arms"][0]
    groups = [name for name in ("kobest",) if mean_key(start, arm, models[0], row, name, "acc") in kept.numbers]
    return [*one["tasks"], *groups]


def _places(one: Json) -> list[tuple[str, str]]:
    return [(model, arm) for arm, models in sorted(one["arms"], key=lambda pair: pair[0] != BASE) for model in models]


def _called(one: Json, model: str, arm: str) -> str:
    title = FLOOR_TITLES.get(arm, arm)
    return title if len({model for _, models in one["arms"] for model in models}) == 1 else f"{title}, {model}"


def above(kept: Kept, one: Json, model: str, arm: str, row: str, task: str) -> bool:
    """Return whether an arm is above its floors: higher than each of them by the corrected test."""
    start = start_of(kept.about["study"], one["evaluation"])
    keys = [pair_key(start, "floors", arm, model, row, task, floor) for floor in FLOOR_TITLES]
    words = [kept.numbers[key]["verdict"] for key in keys if key in kept.numbers]
    return bool(words) and set(words) == {HIGHER}


def _mean(kept: Kept, key: str, strong: bool = False) -> str:
    if key not in kept.numbers:
        return "–"
    entry = kept.numbers[key]
    value = fixed(TIMES * entry["value"], 1)
    value = f"**{value}**" if strong else value
    if "low" not in entry:
        return value
    low, high = (fixed(TIMES * entry[end], 1) for end in ("low", "high"))
    return f"{value} [{low}, {high}]"


def floors_table(kept: Kept, one: Json) -> str:
    """Return accuracies by task, a row for each arm under a protocol, its floors below; bold: above every floor."""
    start, tasks = start_of(kept.about["study"], one["evaluation"]), _tasks(kept, one)
    models = list(dict.fromkeys(model for model, _ in _places(one)))
    lines = []
    for row in rows_of(one):
        for model, arm in (*_places(one), *((model, floor) for model in models for floor in FLOOR_TITLES)):
            line = [row_title(row), _called(one, model, arm)]
            for task in tasks:
                key = mean_key(start, arm, model, row_name(row), task, "acc")
                line.append(_mean(kept, key, above(kept, one, model, arm, row_name(row), task)))
            lines.append(line)
    table = markdown(["protocol, shots, template", "arm", *map(task_title, tasks)], lines)
    return f"{table}\n{_said(kept, one)}\n"


def f1_table(kept: Kept, one: Json) -> str:
    """Return macro-F1 by task, and accuracy by length where a task has it, a row for each arm and floor."""
    start, tasks = start_of(kept.about["study"], one["evaluation"]), _tasks(kept, one)
    models = list(dict.fromkeys(model for model, _ in _places(one)))
    arm, model = _places(one)[0][::-1]
    first = row_name(rows_of(one)[0])
    by_length = [task for task in tasks if mean_key(start, arm, model, first, task, "acc_norm") in kept.numbers]
    asked = [*((task, "f1") for task in tasks), *((task, "acc_norm") for task in by_length)]
    lines = [
        [
            row_title(row),
            _called(one, name, of),
            *(_mean(kept, mean_key(start, of, name, row_name(row), task, metric)) for task, metric in asked),
        ]
        for row in rows_of(one)
        for name, of in (*_places(one), *((name, floor) for name in models for floor in FLOOR_TITLES))
    ]
    heads = [task_title(task) + ("" if metric == "f1" else ", accuracy by length") for task, metric in asked]
    return markdown(["protocol, shots, template", "arm", *heads], lines)


def leaks_table(kept: Kept, one: Json) -> str:
    """Return what of each test stands in its train; what was not found is left out but for whole texts."""
    start, lines = start_of(kept.about["study"], one["evaluation"]), []
    for task in one["tasks"]:
        keys = [key for key in kept.numbers.entries if key.startswith(f"{start}.leaks.{task}.")]
        found = [kept.numbers[key] for key in sorted(keys, key=lambda key: int(key.rsplit(".", 1)[1]))]
        for place, leak in enumerate(found):
            if leak["value"] or not place:
                share = fixed(100 * leak["value"] / leak["n"], 1)
                lines.append([task_title(task), leak["what"], leak["text"], f"{leak['n']:,}", share])
    return markdown(["task", "what", "rows", "of", "%"], lines) if lines else ""


def _said(kept: Kept, one: Json) -> str:
    """Return in words how many tasks each arm has above every floor."""
    start, told = start_of(kept.about["study"], one["evaluation"]), []
    for row in rows_of(one):
        counts = []
        for model, arm in _places(one):
            key = f"{start}.above.{arm}.{model}.{row_name(row)}"
            if key in kept.numbers:
                entry = kept.numbers[key]
                counts.append(f"{_called(one, model, arm)} on {entry['value']:.0f} of {entry['n']} tasks")
        told.append(f"{row_title(row)}: {', '.join(counts)}")
    return f"Above every floor (bold; corrected paired tests): {'; '.join(told)}."


def _changes(kept: Kept, one: Json, claim: str) -> Iterator[tuple[str, str, str, Json, str]]:
    """Yield row, task, arm, difference and corrected p of each comparison of a kind that was kept."""
    start = start_of(kept.about["study"], one["evaluation"])
    rows = rows_of(one)
    if claim == "protocols":
        rows = [{"shots": shots, "template": one["template"]} for shots in one["num_fewshot"]]
    for row in rows:
        for model, arm in _places(one):
            for task in _tasks(kept, one):
                key = pair_key(start, claim, arm, model, row_name(row), task)
                if key in kept.numbers:
                    p = kept.numbers[f"{key}.p_holm"]["text"]
                    yield row_title(row), task, _called(one, model, arm), kept.numbers[key], p


def changes_table(kept: Kept, one: Json, claim: str) -> str:
    """Return what changed: an arm less its base (tuning), or clean less published (protocols), on the same items."""
    lines = []
    for row, task, arm, entry, p in _changes(kept, one, claim):
        value, low, high = (fixed(TIMES * entry[end], 1, sign=True) for end in ("value", "low", "high"))
        ends = entry["interval"] if "no_spread" in entry else f"[{low}, {high}]"
        lines.append([row, task_title(task), arm, f"{value} {ends}", p, entry["verdict"]])
    first = "shots, template" if claim == "protocols" else "protocol, shots, template"
    return markdown([first, "task", "arm", "difference", "p, corrected", "word"], lines) if lines else ""


def blocks(kept: Kept) -> dict[str, str]:
    """Return what pages show of the evaluations by the harness, by the name of the block; an empty table has none."""
    found = {}
    for one in asked(kept):
        tables = {"floors": floors_table(kept, one), "f1": f1_table(kept, one), "leaks": leaks_table(kept, one)}
        tables |= {claim: changes_table(kept, one, claim) for claim in ("tuning", "protocols")}
        found |= {block_name(one["evaluation"], part): text for part, text in tables.items() if text}
    return found


def parts(kept: Kept) -> list[tuple[str, str, str]]:
    """Return title, block and note of each part of the page, in order."""
    notes = {
        "floors": (
            "over their floors",
            "Accuracies times 100, with 95 % intervals. Protocol and shots are in each row's name, and rows of two are "
            "never compared here. Floors know nothing: the class that is gold most often, the option with the fewest "
            "tokens, a model of the same shape with random weights.",
        ),
        "f1": (
            "macro-F1",
            "The mean of the classes' F1, times 100, with 95 % intervals: who always says one of two gets about a "
            "third, where accuracy gives a half. Accuracy by length (`acc_norm`) divides an option's log-likelihood by "
            "its characters.",
        ),
        "leaks": (
            "what of each test stands in its train",
            "Counted on the data as they are. What was not found at all is left out but for whole texts.",
        ),
        "tuning": ("what tuning broke and brought", "Each arm less its base on the same items, in points."),
        "protocols": ("published and clean", "clean less published, of the same arm on the same items, in points."),
    }
    return [
        (f"{one['title']}: {notes[part][0]}", block_name(one["evaluation"], part), notes[part][1])
        for one in asked(kept)
        for part in PARTS
    ]
