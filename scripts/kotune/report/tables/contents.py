"""Which tables a study has, by name, and how each is made; a table is one entry here, and nowhere else.

Makes the tables of numbers.json and costs.json, and those of a choice from its census, selection and embedders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kotune.choice import tables as choice
from kotune.core.storage import Json
from kotune.printing.numbers import Numbers
from kotune.printing.table import Table
from kotune.report import (
    bias_names,
    boards,
    evaluation_names,
    harness_names,
    leak_names,
    mixture_names,
    panel_names,
    quality_names,
    sampled_names,
)
from kotune.report.tables import (
    content,
    ensembles,
    flips,
    glance,
    ladder,
    memory,
    models,
    outcomes,
    protocol,
    provenance,
    quoted,
    results,
    seeds,
    setup,
    watched,
    worked,
)
from kotune.report.view import Report

TABLES: dict[str, Callable[[Report, Numbers, Numbers], Table]] = {
    "glance": lambda report, numbers, _: glance.glance_table(report, numbers),
    "data": lambda report, numbers, _: setup.data_table(report, numbers),
    "models": lambda report, numbers, _: models.models_table(report, numbers),
    "protocol": lambda report, *_: protocol.protocol_table(report),
    "baseline": lambda report, numbers, _: results.baseline_table(report, numbers),
    "training": lambda report, numbers, _: setup.training_table(report, numbers),
    "costs": lambda report, _, costs: setup.costs_table(report, costs),
    "memory": lambda report, _, costs: memory.memory_table(report, costs),
    "tuned": lambda report, numbers, _: results.tuned_table(report, numbers),
    "content": lambda report, numbers, _: content.content_table(report, numbers),
    "kinds": lambda report, numbers, _: content.kinds_table(report, numbers),
    "flips": lambda report, numbers, _: flips.flips_table(report, numbers),
    "ladder": lambda report, numbers, _: ladder.ladder_table(report, numbers),
    "outcomes": lambda report, numbers, _: outcomes.outcomes_table(report, numbers),
    "seeds": lambda report, numbers, _: seeds.seeds_table(report, numbers),
    "cleanup": lambda report, numbers, _: results.cleanup_table(report, numbers),
    "comparisons": lambda report, numbers, _: results.comparisons_table(report, numbers),
    "ensembles": lambda report, numbers, _: ensembles.ensembles_table(report, numbers),
    "worked-votes": lambda report, numbers, _: worked.worked_table(report, numbers),
    "members": lambda report, numbers, _: ensembles.members_table(report, numbers),
    "examples": lambda report, numbers, _: quoted.examples_table(report, numbers),
    "published": lambda report, numbers, _: quoted.published_table(report, numbers),
    "provenance": lambda report, numbers, _: provenance.provenance_table(report, numbers),
}


@dataclass(frozen=True)
class Choice:
    """What a choice left behind: census.json, selection.json and embedders.json."""

    census: Json
    selection: Json
    embedders: Json


CHOICE_TABLES: dict[str, Callable[[Report, Choice], Table]] = {
    "census": lambda _, made: choice.census_table(made.census),
    "windows": lambda _, made: choice.windows_table(made.census),
    "decision": lambda _, made: choice.decision_table(made.selection, made.embedders),
    "other-rules": lambda _, made: choice.rules_table(made.selection),
    "boards": lambda report, _: boards.table(report["boards"]),
    "embedders": lambda _, made: choice.embedders_table(made.embedders),
    "embedder-agreement": lambda _, made: choice.agreement_table(made.embedders),
    "curves": lambda report, _: watched.curve_table(report),
    "samples": lambda report, _: watched.samples_table(report),
}


def table_names(report: Report) -> tuple[str, ...]:
    """Return the names of a study's tables; with those of its choice, its evaluations, its leaks and its mixture."""
    choice = CHOICE_TABLES if report.settings.get("choice") else ()
    others = (
        evaluation_names.table_names,
        harness_names.all_tables,
        bias_names.all_tables,
        leak_names.names,
        leak_names.of_splits,
        panel_names.table_names,
        mixture_names.table_names,
        sampled_names.table_names,
        quality_names.table_names,
    )
    return (*TABLES, *choice, *(name for names in others for name in names(report.settings)))


def tables_of(report: Report, numbers: Numbers, costs: Numbers) -> list[Table]:
    """Return the tables of what was done and what came out."""
    return [make(report, numbers, costs) for make in TABLES.values()]


def tables_of_choice(report: Report, made: Choice) -> list[Table]:
    """Return the tables of how the model was chosen and what its training looked like."""
    return [make(report, made) for make in CHOICE_TABLES.values()]
