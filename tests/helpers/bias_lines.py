"""Items in KoBBQ's layout, requests of them and sums for these: small, and said by a rule."""

from __future__ import annotations

from kotune.core.storage import write_json, write_jsonl
from kotune.harness.bias_items import items_of
from kotune.harness.bias_requests import requests_of
from kotune.mini import groups
from kotune.study.bias import LISTINGS

OURS = {"id": "sample_id"}


def rows(templates=6):
    """Return rows with our names of the columns, of the first so many templates."""
    return [{"id": row["sample_id"], **row} for row in groups.rows()[: 8 * templates]]


def items(templates=6):
    """Return the items of those rows."""
    return items_of(rows(templates), "rows")


def requests(templates=6, listings=LISTINGS):
    """Return the lines of requests.jsonl."""
    return list(requests_of(items(templates), listings))


def sums(asked, choose):
    """Return the lines of loglikelihoods.jsonl in which the place that ``choose`` gives of a request is likeliest."""
    named = ("task", "protocol", "shots", "template", "item")
    return [
        {
            **{key: line[key] for key in named},
            "sums": [-1.0 if place == choose(line) else -9.0 - place for place in range(3)],
            "tokens": [1, 1, 1] if line["task"] == "letters" else [4, 4, 2],
            "greedy": [False] * 3,
        }
        for line in asked
    ]


RULES = {  # arm → what it says
    "base": lambda line: 0,
    "tuned": lambda line: line["gold"],
    "untrained": lambda line: line["biased"],
}


def write(folder, templates=6, listings=LISTINGS):
    """Write the files of the model `m` below an evaluation's folder, its arms as `RULES` has them."""
    asked = requests(templates, listings)
    write_jsonl(folder / "m/requests.jsonl", asked)
    write_json(folder / "m/record.json", {"kind": "harness"})
    for arm, choose in RULES.items():
        write_jsonl(folder / f"m/{arm}/seed1/loglikelihoods.jsonl", sums(asked, choose))
    return asked


def settings(study="toy"):
    """Return what tabulating those files is asked."""
    return {
        "study": study, "evaluation": "kobbq", "title": "Questions on groups", "dataset": "mini-kobbq",
        "listings": list(LISTINGS), "arms": [["tuned", ["m"]], ["base", ["m"]]], "untuned": ["base"],
        "labels": [{"model": "m", "arm": arm, "seed": 1} for arm in RULES], "statistics": {"seed": 1, "resamples": 400},
    }  # fmt: skip


def tabulated(folder):
    """Write and tabulate those files below a study's folder; return the settings and statistics.json."""
    import json

    import tabulate_bias

    from kotune.core.storage import read_json

    write(folder / "harness/kobbq")
    place = folder / "harness/kobbq/statistics.json"
    tabulate_bias.main(
        ["--folder", str(folder / "harness/kobbq"), "--settings", json.dumps(settings()), "--output", str(place),
         "--study-dir", str(folder)]
    )  # fmt: skip
    return settings(), read_json(place)
