"""A card's results by lm-evaluation-harness: an arm beside its base and the floors, task by task.

Takes what tabulating a harness evaluation wrote (harness/{evaluation}/statistics.json); reads and writes nothing.
Protocol, number of shots and template are part of a row's name: rows of different ones are never put together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.export.card_results import NONE, TASK, hub_type
from kotune.printing.markdown import plain, table

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

FLOORS = {"majority": "majority class", "fewest_tokens": "fewest tokens", "untrained": "untrained twin"}
NAMED = ("protocol", "shots", "template", "task", "metric")  # what a score is of
HEAD = ("task", "protocol", "shots", "template", "metric", "base", "this arm", "highest floor", "n")
NOTES = [
    "± is lm-eval's standard error. A floor is what needs no reading: the majority class, the option with the fewest "
    "tokens, or the same model with random weights."
]


def _of_seed(line: Json, seed: int) -> Json:
    """Return a line's value of one seed, where it has that; else its mean."""
    own = next((one for one in line.get("by_seed") or () if one["seed"] == seed), None)
    return {"value": own["value"] if own else line["mean"], "stderr": (own or line).get("stderr")}


def rows_of(document: Json, model: str, base: str, arm: str, seed: int) -> list[Json]:
    """Return what an arm scored, a row a task, metric and way of asking: {NAMED, "n", "base", "arm", "floor"}.

    ``model``, ``base``: how the arm's and the base's lines name their model; ``seed``: of the adapter.
    """
    means = document["means"]
    found = {(line["model"], line["arm"], *(line[key] for key in NAMED)): line for line in means}
    rows = []
    for line in means:
        if (line["model"], line["arm"]) != (model, arm):
            continue
        key = _name_of(line)
        before = found.get((base, BASE, *key))
        floors = [
            (other["mean"], FLOORS[other["arm"]])
            for other in means
            if other["arm"] in FLOORS and other["model"] in (base, model, None) and _name_of(other) == key
        ]
        rows.append(
            {
                **{name: line[name] for name in NAMED},
                "n": line["n"],
                "arm": _of_seed(line, seed),
                BASE: _of_seed(before, seed) if before else None,
                "floor": max(floors, default=None),
            }
        )
    return rows


def _name_of(line: Json) -> tuple[str | int, ...]:
    return tuple(line[name] for name in NAMED)


def _plus_minus(found: Json | None) -> str:
    if found is None:
        return NONE
    return f"{found['value']:.4f}" + (f" ± {found['stderr']:.4f}" if found.get("stderr") is not None else "")


def table_of(rows: Iterable[Json]) -> list[str]:
    """Return the lines of the table."""
    return table(
        HEAD,
        (
            [
                *(plain(row[key]) for key in ("task", "protocol", "shots", "template", "metric")),
                _plus_minus(row[BASE]),
                _plus_minus(row["arm"]),
                f"{row['floor'][0]:.4f} ({row['floor'][1]})" if row["floor"] else NONE,
                f"{row['n']:,}",
            ]
            for row in rows
        ),
    )


def results_of(rows: Iterable[Json], data: Json) -> list[EvalResult]:
    """Return the rows as the hub's own class has them; ``data``: the benchmark's entry of the catalogue."""
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type=TASK,
            dataset_type=hub_type(data),
            dataset_name=f"{data['title']}: {row['task']}",
            dataset_config=row["task"],
            dataset_split="test",
            metric_type=row["metric"],
            metric_name=f"{row['metric']} ({row['protocol']}, {row['shots']} shots, template {row['template']})",
            metric_value=round(float(row["arm"]["value"]), 6),
            metric_args={"n": row["n"], "num_fewshot": row["shots"], "protocol": row["protocol"]},
        )
        for row in rows
    ]
