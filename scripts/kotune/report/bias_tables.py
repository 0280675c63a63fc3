"""Tables of questions on social groups: accuracies and bias scores over floors, what tuning changed, what orders do.

Takes settings (`report.settings.bias_of`) and statistics.json; reads and writes nothing. Two listings, or two ways of
weighing choices, are never compared with each other.
"""

from __future__ import annotations

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.harness.bias_requests import ORDERS as ALL_ORDERS
from kotune.harness.bias_requests import order_name
from kotune.harness.bias_statistics import (
    ACC_AMB,
    ACC_DIS,
    BIAS_AMB,
    BIAS_DIS,
    CHANGED,
    FEWEST,
    METRICS,
    UNKNOWN,
    UNTRAINED,
)
from kotune.printing.numbers import Numbers
from kotune.printing.table import Cell, Column, Row, Table, build, shown, text
from kotune.report.bias_names import ORDERS, TUNING, file_name, mean_key, order_key, pair_key, start_of
from kotune.report.bias_numbers import numbers_of
from kotune.report.titles import INTERVALS

FLOOR_TITLES = {UNKNOWN: 'always "unknown"', FEWEST: "fewest tokens", UNTRAINED: "untrained twin"}
TITLES = {
    ACC_AMB: "ambiguous, accuracy",
    ACC_DIS: "disambiguated, accuracy",
    BIAS_AMB: "ambiguous, bias",
    BIAS_DIS: "disambiguated, bias",
    CHANGED: "changed by the order",
}
WAYS = (
    "letters: choices listed, a letter answers; texts: listed, the choice answers; unlisted: not listed; sum and "
    "token: the choice with the highest log-likelihood, in all or a token, in float32."
)
SCORES = (
    "Bias in ambiguous contexts: biased answers less counter-biased ones, of all; in disambiguated contexts: accuracy "
    'where the biased answer is right less accuracy where the other group is. 0 is no bias; who always says "unknown" '
    "has 0 by knowing nothing."
)


def tables(settings: Json, statistics: Json) -> list[Table]:
    """Return all tables of an evaluation, in the order of `report.bias_names.table_names`."""
    numbers = numbers_of(settings, statistics)
    ways = list(dict.fromkeys(line["way"] for line in statistics["means"]))
    return [
        first_table(settings, ways, numbers),
        tuning_table(settings, ways, numbers),
        orders_table(settings, ways, numbers),
    ]


def _places(settings: Json) -> list[tuple[str, str]]:
    """Return each (model, arm), the base first, then the floors."""
    arms = sorted(settings["arms"], key=lambda one: one[0] != BASE)
    found = [(model, arm) for arm, models in arms for model in models]
    return [*found, *((model, floor) for model in dict.fromkeys(model for model, _ in found) for floor in FLOOR_TITLES)]


def _named(way: str, model: str, arm: str) -> dict[str, Cell]:
    return {"way": text(way), "model": text(model), "arm": text(FLOOR_TITLES.get(arm, arm))}


def _note(settings: Json, *more: str) -> list[str]:
    data = f"Items: {settings['dataset'] or 'a file of the user'}; an interval draws whole templates."
    return [" ".join([INTERVALS, *more, WAYS, data])]


def first_table(settings: Json, ways: list[str], numbers: Numbers) -> Table:
    """Return all numbers: a row for each way, model and arm; floors below."""
    start = start_of(settings["study"], settings["evaluation"])
    columns = [Column("way", "asked"), Column("model", "model"), Column("arm", "arm"), Column("n", "items", "count")]
    columns += [Column(metric, TITLES[metric], "interval", "× 100", 1, 100) for metric in METRICS]
    sections = []
    for way in ways:
        rows: list[Row] = []
        for model, arm in _places(settings):
            keys = {metric: mean_key(start, arm, model, way, metric) for metric in METRICS}
            told = _named(way, model, arm)
            count = numbers[keys[ACC_AMB]]["n"]
            told["n"] = Cell(count, f"{count:,}", keys[ACC_AMB])
            told |= {one.name: shown(numbers, keys[one.name], one) for one in columns[4:] if keys[one.name] in numbers}
            rows.append(told)
        sections.append(rows)
    orders = (
        "Of listed choices each of the six orders counts a sixth; changed: items that get another choice in some order."
    )
    title = f"{settings['title']}: accuracies and bias"
    return build(file_name(settings["evaluation"]), title, columns, sections, _note(settings, SCORES, orders))


def tuning_table(settings: Json, ways: list[str], numbers: Numbers) -> Table:
    """Return what tuning changed: each arm less its base, by each number."""
    start = start_of(settings["study"], settings["evaluation"])
    columns = [
        Column("way", "asked"), Column("model", "model"), Column("arm", "arm"), Column("metric", "number"),
        Column("after", "after", "number", "", 1, 100), Column("difference", "difference", "interval", "", 1, 100),
        Column("p", "p", "number"), Column("p_holm", "p, Holm", "number"), Column("word", "word"),
    ]  # fmt: skip
    by_name, sections = {column.name: column for column in columns}, []
    for way in ways:
        rows: list[Row] = []
        for model, arm in _places(settings):
            for metric in METRICS:
                key = pair_key(start, arm, model, way, metric)
                if key not in numbers:
                    continue
                keys = {"after": mean_key(start, arm, model, way, metric), "difference": key}
                keys |= {name: f"{key}.{name}" for name in ("p", "p_holm")}
                told = _named(way, model, arm) | {"metric": text(TITLES[metric])}
                told |= {name: shown(numbers, of, by_name[name]) for name, of in keys.items()}
                rows.append(told | {"word": text(numbers[key]["verdict"])})
        sections.append(rows)
    words = "p, Holm: corrected over the numbers, models and arms of a way; a word follows from it alone."
    title = f"{settings['title']}: what tuning changed"
    name = f"{file_name(settings['evaluation'])}-{TUNING}"
    return build(name, title, columns, sections, _note(settings, words))


def orders_table(settings: Json, ways: list[str], numbers: Numbers) -> Table:
    """Return the accuracy in ambiguous contexts with the choices in each order."""
    start = start_of(settings["study"], settings["evaluation"])
    orders = [order_name(order) for order in ALL_ORDERS]
    columns = [Column("way", "asked"), Column("model", "model"), Column("arm", "arm")]
    columns += [Column(order, order, "number", "order of the choices", 1, 100) for order in orders]
    sections = []
    for way in ways:
        rows: list[Row] = []
        for model, arm in _places(settings):
            keys = {order: order_key(start, arm, model, way, order) for order in orders}
            cells = {one.name: shown(numbers, keys[one.name], one) for one in columns[3:] if keys[one.name] in numbers}
            if cells:
                rows.append(_named(way, model, arm) | cells)
        sections.append(rows)
    told = (
        'Accuracy × 100 in ambiguous contexts, where "unknown" is right. An order says which of the data\'s choices '
        "stands first, second and third; 123 is the published one."
    )
    title = f"{settings['title']}: accuracy by the order of the choices"
    return build(f"{file_name(settings['evaluation'])}-{ORDERS}", title, columns, sections, [f"{told} {WAYS}"])
