"""Requests of lm-evaluation-harness's kind and sums for them, as the rules write them: small, and drawn by a seed."""

from __future__ import annotations

import json
import random
from pathlib import Path

from kotune.core.storage import jsonl_line, read_json, write_json, write_text

TASKS = {"kobest_boolq": 2, "kobest_copa": 2, "kobest_hellaswag": 4, "kobest_sentineg": 2, "kobest_wic": 2}
METRICS = {task: ["acc", "f1"] for task in TASKS} | {"kobest_hellaswag": ["acc", "acc_norm", "f1"]}
ROWS = [(protocol, shots) for protocol in ("published", "clean") for shots in (5, 0)]


def requests(items=40, rows=ROWS, tasks=TASKS):
    """Return the lines of requests.jsonl: of each row and task the same items, their golds drawn."""
    found = []
    for task, options in tasks.items():
        draw = random.Random(task)
        golds = [draw.randrange(options) for _ in range(items)]
        for protocol, shots in rows:
            found += [
                {
                    "task": task, "protocol": protocol, "shots": shots, "template": "none", "item": f"test-{place}",
                    "context": "지문", "continuations": [" " + "가" * (2 + one) for one in range(options)],
                    "gold": gold, "chars": [2 + one for one in range(options)], "shot_items": [],
                }
                for place, gold in enumerate(golds)
            ]  # fmt: skip
    return found


def sums(asked, right, seed):
    """Return the lines of loglikelihoods.jsonl in which a share of the golds has the highest sum."""
    draw, found = random.Random(f"sums {seed}"), []
    for line in asked:
        options = len(line["continuations"])
        said = line["gold"] if draw.random() < right else draw.randrange(options)
        values = [-8.0 if one == said else -9.5 - draw.random() for one in range(options)]
        key = {name: line[name] for name in ("task", "protocol", "shots", "template", "item")}
        found.append({**key, "sums": values, "tokens": list(range(1, options + 1)), "greedy": [False] * options})
    return found


def audit():
    """Return an audit.json."""
    leaks = {"kobest_sentineg": [{"what": "originals, negated", "test": 39, "rows": 40, "of": "train"}]}
    told = {
        task: {"metrics": METRICS[task], "version": 1.0, "config": {"task": task}, "leaks": leaks.get(task, []),
               "warnings": [], "warning": None, "answer": "the option with the highest sum", "choices": options}
        for task, options in TASKS.items()
    }  # fmt: skip
    return {"tasks": told, "files": {}}


def write(folder: Path, arms=(("base", 42, 0.3), ("tuned", 1, 0.8), ("untrained", 42, 0.0)), model="m", **given):
    """Write the files of one model below a folder of an evaluation; ``arms``: arm, seed and share that it knows."""
    asked = requests(**given)
    write_json(folder / "data/audit.json", audit())
    write_text(folder / model / "requests.jsonl", "".join(map(jsonl_line, asked)))
    for arm, seed, right in arms:
        lines = sums(asked, right, f"{model} {arm} {seed}")
        write_text(folder / model / arm / f"seed{seed}/loglikelihoods.jsonl", "".join(map(jsonl_line, lines)))
    write_json(folder / model / "record.json", {"kind": "harness"})
    return asked


def settings(arms=("base", "tuned"), model="m", study="toy"):
    """Return what tabulating the files of `write` is asked."""
    labels = [{"model": model, "arm": arm, "seed": seed} for arm, seed in (("base", 42), ("tuned", 1))]
    return {
        "study": study,
        "evaluation": "kobest",
        "title": "KoBEST by lm-evaluation-harness",
        "dataset": "toy-kobest",
        "tasks": list(TASKS),
        "arms": [[arm, [model]] for arm in arms],
        "labels": [*labels, {"model": model, "arm": "untrained", "seed": 42}],
        "untuned": ["base"],
        "statistics": {"seed": 1, "resamples": 500},
    }


def tabulated(folder: Path, **given):
    """Write the files of one model below a folder, tabulate them, and return settings and statistics.json."""
    import tabulate_harness

    write(folder / "harness/kobest", **given)
    asked = settings()
    tabulate_harness.main(
        ["--folder", str(folder / "harness/kobest"), "--settings", json.dumps(asked), "--study-dir", str(folder),
         "--output", str(folder / "harness/kobest/statistics.json")]
    )  # fmt: skip
    return asked, read_json(folder / "harness/kobest/statistics.json")
