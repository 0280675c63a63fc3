"""What the answers explorer holds of a benchmark: each item with its options, and the one each run finds likeliest.

Reads requests and their sums of log-likelihoods (`harness`); writes nothing. The document has the form of
`report.explorer.document`; a run's answer is the option with the highest sum. Shots are named and not shown: an item's
text is that of the request without shots where there is one, else the last part of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kotune.core.storage import Json, read_jsonl
from kotune.harness import predictions
from kotune.report.explorer.document import NO, YES, Strings

COLUMNS = ("question", "options", "shots")
METRICS = (
    {"name": "acc", "title": "accuracy", "share": True, "more_is_better": True},
    {"name": "margin", "title": "margin of the gold option", "share": False, "more_is_better": True},
)
MARGIN_DIGITS = 3
RULE = {"metric": "acc", "at_least": 1.0, "ranked": True, "words": "right: the gold option has the highest sum"}
Item = tuple[str, str]  # task, item


def _last_part(context: str) -> str:
    """Return what stands behind the shots: the harness puts an empty line between two."""
    return context.rpartition("\n\n")[2]


def _questions(lines: Sequence[Json], template: str) -> dict[Item, str]:
    """Return the text of each item that is also asked without shots."""
    bare = (line for line in lines if line["shots"] == 0 and line["template"] == template)
    return {(line["task"], line["item"]): line["context"] for line in bare}


def _options(line: Json) -> list[str]:
    return [option.strip() for option in line["continuations"]]


def _numbered(texts: Sequence[str]) -> str:
    return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, start=1))


def _margin(sums: Sequence[float], gold: int) -> float | None:
    """Return how much more likely, in nats, the gold option is than the likeliest other one."""
    others = [value for place, value in enumerate(sums) if place != gold]
    return round(sums[gold] - max(others), MARGIN_DIGITS) if others else None


def _run(given: Json, lines: Sequence[Json], said: Mapping[Item, tuple[int, list[float]]], strings: Strings) -> Json:
    """Return one run: of each item the option that is said, whether it is gold, by how much, and all sums."""
    found = [said[line["task"], line["item"]] for line in lines]
    right = [int(choice == line["gold"]) for (choice, _), line in zip(found, lines, strict=True)]
    told = [
        _numbered([f"{option}: {value:.2f}" for option, value in zip(_options(line), sums, strict=True)])
        for (_, sums), line in zip(found, lines, strict=True)
    ]
    return {
        **{key: given[key] for key in ("model", "arm", "seed", "base", "tuned")},
        "answer": [strings.place(_options(line)[choice]) for (choice, _), line in zip(found, lines, strict=True)],
        "said": {"sums": [strings.place(one) for one in told]},
        "ends": "0" * len(lines),
        "right": "".join(YES if one else NO for one in right),
        "repeats": [0] * len(lines),
        "values": [right, [_margin(sums, line["gold"]) for (_, sums), line in zip(found, lines, strict=True)]],
    }


def _said(path: str, requests: str, how: predictions.Asked) -> dict[Item, tuple[int, list[float]]]:
    """Return the option that is said of each item, as the tables count it, and the sums of all its options."""
    chosen = predictions.read_said(path, predictions.read_items(requests))
    sums: dict[str, list[Json]] = {}
    for line in read_jsonl(path):
        asked, task = predictions.place_of(line)
        if asked == how:
            sums.setdefault(task, []).append(line)
    return {
        (task, line["item"]): (int(choice), line["sums"])
        for task, lines in sums.items()
        for choice, line in zip(chosen[how, task].by_sum, lines, strict=True)
    }


def document_of(asked: Json) -> Json:
    """Return the document of a benchmark, asked in one way.

    ``asked``: ``{"requests": {model: file}, "how": [protocol, shots, template], "runs": [{"model", "arm", "seed",
    "base", "tuned", "sums": file}]}``; with ``ending``, only items whose name ends so. Items are those of the first
    model; all models are asked the same.
    """
    how = predictions.Asked(*asked["how"])
    whole = read_jsonl(next(iter(asked["requests"].values())))
    ending = asked.get("ending", "")
    lines = [line for line in whole if predictions.place_of(line)[0] == how and line["item"].endswith(ending)]
    bare, strings = _questions(whole, how.template), Strings()
    tasks = list(dict.fromkeys(line["task"] for line in lines))
    texts = [bare.get((line["task"], line["item"]), _last_part(line["context"])) for line in lines]
    runs = [
        _run(one, lines, _said(one["sums"], asked["requests"][one["model"]], how), strings) for one in asked["runs"]
    ]
    return {
        "splits": tasks,
        "columns": list(COLUMNS),
        "listed": COLUMNS.index("question"),
        "kinds": [],
        "metrics": [dict(one) for one in METRICS],
        "primary": 1,
        "right": RULE,
        "ends": ["ended"],
        "left_out_runs": 0,
        "rows": {
            "id": [str(line["item"]) for line in lines],
            "split": [tasks.index(line["task"]) for line in lines],
            "kinds": [],
            "texts": [
                [strings.place(text) for text in texts],
                [strings.place(_numbered(_options(line))) for line in lines],
                [strings.place(", ".join(map(str, line.get("shot_items") or ())) or None) for line in lines],
            ],
            "golds": [[strings.place(_options(line)[line["gold"]])] for line in lines],
            "left_out": NO * len(lines),
        },
        "runs": runs,
        "strings": strings.texts,
    }
