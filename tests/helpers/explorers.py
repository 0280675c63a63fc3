"""Settings of the answers explorer for a fake results tree, and documents of any texts, for its tests."""

from __future__ import annotations

from pathlib import Path

from kotune.core.storage import Json, write_text
from kotune.report.explorer import contents, page
from kotune.rows.task import task_named
from kotune.study import metrics, right

HOSTILE = [
    "<img src=x onerror=window.hacked=1><svg onload=window.hacked=1>",
    "</script><script>window.hacked=1</script><!--<script>",
    "\u2028window.hacked=1\u2029{{script}}{{data}}",
    "javascript:window.hacked=1",
    "\u202e뒤집힌 글\u2066\u200b\x00\x1b[31m\x07",
    "\U000e0041\u3164\ufeff",
    "__proto__",
    "constructor",
]


def settings_of(report: Json, study: Path, rows: str = "all") -> Json:
    """Return what the explorer is asked of a tree of `fake_results`, as `plan.explorer` would say it."""
    task = task_named("context-qa")
    runs = [
        {
            **{"model": model, "arm": arm, "seed": 42, "base": arm == "base", "tuned": arm in report["arms"]},
            **{part: f"{study}/{part}/own/{model}/{arm}/seed42.jsonl" for part in ("answers", "scores")},
        }
        for arm, models in [
            *((arm, of["models"]) for arm, of in report["arms"].items()),
            *((method, ["ensemble"]) for method in report["ensembles"]["methods"]),
        ]
        for model in models
    ]
    for run in runs:
        run["tuned"] = run["tuned"] and not run["base"]
    splits = [split for split in report["splits"] if split != "train"]
    one = {
        "name": "own",
        "title": report["title"],
        "datasets": [report["dataset"]],
        "rows": [f"{study}/rows/{rows}/{split}.parquet" for split in splits],
        "columns": [{"name": column.name, "title": column.title} for column in task.asked],
        "listed": 1,
        "gold": task.gold,
        "labels": [],
        "metrics": metrics.printed(report["metrics"]),
        "primary_metric": report["primary_metric"],
        "right": right.rule_of(report["metrics"], report["primary_metric"]),
        "overlong": "zero",
        "by": [],
        "runs": runs,
    }
    study_said = {"study": report["study"], "title": report["title"], "title_ko": report["title_ko"], "sets": [one]}
    return {"scale": "mini", "notice": "A test.", "notice_ko": "시험입니다.", "studies": [study_said]}


def document(texts: list[str], answers: dict[str, list[str]], ids: list[str] | None = None) -> Json:
    """Return a document of rows that ask ``texts``; ``answers``: an arm's answers. The answer "1" is right."""
    names = ids or [f"row-{place}" for place in range(len(texts))]
    strings = list(dict.fromkeys([*texts, *(one for of in answers.values() for one in of)]))
    place = {text: number for number, text in enumerate(strings)}
    runs = [
        {
            **{"model": "m", "arm": arm, "seed": 1, "base": arm == "base", "tuned": arm != "base", "said": {}},
            "answer": [place[one] for one in of],
            "ends": "0" * len(of),
            "right": "".join(str(int(one == "1")) for one in of),
            "repeats": [1] * len(of),
            "values": [[int(one == "1") for one in of]],
        }
        for arm, of in answers.items()
    ]
    return {
        "splits": ["test"],
        "columns": ["question"],
        "listed": 0,
        "kinds": [],
        "metrics": [{"name": "exact_match", "title": "exact match", "more_is_better": True}],
        "primary": 0,
        "right": right.rule_of(["exact_match"], "exact_match"),
        "ends": ["ended", "cut off", "empty", "not asked", "other"],
        "left_out_runs": 0,
        "rows": {
            "id": names,
            "split": [0] * len(texts),
            "kinds": [],
            "texts": [[place[one] for one in texts]],
            "golds": [[] for _ in texts],
            "left_out": "0" * len(texts),
        },
        "runs": runs,
        "strings": strings,
        "by": [],
    }


def index_of(document: Json, name: str = "s") -> Json:
    """Return the index of a page with one document."""
    one = {"document": 0, "name": "own", "title": name, "rows": len(document["rows"]["id"]), "runs": 2}
    study = {"study": name, "title": name, "title_ko": "", "sets": [one]}
    return {"title": name, "scale": "mini", "notice": "", "notice_ko": "", "notes": [], "studies": [study]}


def write_page(path: Path, settings: Json) -> Path:
    """Write the page of these settings; return its path."""
    write_text(path, page.page_of(*contents.of_studies(settings)))
    return path
