"""The table of a study's rehearsals: measured on this machine's card, predicted for the others.

Takes rehearsal documents; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.table import EMPTY, Cell, Column, Row, Table, build, text
from kotune.training.method import HEAD, PAIRS, ROWS, asks

COLUMNS = (
    Column("model", "model"),
    Column("arm", "arm"),
    Column("card", "card"),
    Column("basis", "basis"),
    Column("fits", "fits"),
    Column("training.gib", "GiB", "number", "training"),
    Column("training.tokens_per_second", "tokens/s", "number", "training"),
    Column("training.rows_per_second", "rows/s", "number", "training"),
    Column("training.mfu", "MFU %", "number", "training"),
    Column("training.hours", "h", "number", "training"),
    Column("training.wh", "Wh", "number", "training"),
    Column("answers.gib", "GiB", "number", "answers"),
    Column("answers.prompts_per_second", "rows/s", "number", "answers"),
    Column("answers.hours", "h", "number", "answers"),
    Column("answers.wh", "Wh", "number", "answers"),
    Column("error.memory", "memory %", "number", "prediction off by"),
    Column("error.time", "time %", "number", "prediction off by"),
    Column("download_gb", "to download, GB", "number"),
    Column("change", "to make it fit"),
)


def _value(part: Json | None, key: str, digits: int, times: float = 1, sign: bool = False) -> Cell:
    value = (part or {}).get(key)
    return EMPTY if value is None else Cell(value * times, fixed(value * times, digits, sign))


def _parts(training: Json | None, answers: Json) -> dict[str, Cell]:
    """Return the cells of one card: training, then answers."""
    return {
        "training.gib": _value(training, "gib", 1),
        "training.tokens_per_second": _value(training, "tokens_per_second", 0),
        "training.rows_per_second": _value(training, "rows_per_second", 2),
        "training.mfu": _value(training, "mfu", 1, 100),
        "training.hours": _value(training, "hours", 2),
        "training.wh": _value(training, "wh", 0),
        "answers.gib": _value(answers, "gib", 1),
        "answers.prompts_per_second": _value(answers, "prompts_per_second", 2),
        "answers.hours": _value(answers, "hours", 2),
        "answers.wh": _value(answers, "wh", 0),
    }


def _fits(fits: bool) -> Cell:
    return text("yes" if fits else "no", strong=not fits)


def _of_job(result: Json) -> dict[str, Cell]:
    """Return the cells that all rows of one (model, arm) share."""
    return {
        "model": text(result["model"]),
        "arm": text(result["arm"]),
        "download_gb": _value(result, "download_gb", 1),
    }


def _measured_row(result: Json) -> Row:
    measured, error = result["measured"], result["error"]
    wrong = error["training"] or error["answers"]
    return {
        **_of_job(result),
        "card": text(result["on"]["device"]),
        "basis": text("measured, shrunken shape" if result["shrunken"] else "measured"),
        "fits": _fits(measured["fits"]),
        **_parts(measured["training"], measured["answers"]),
        "error.memory": _value(wrong, "gib", 1, 100, sign=True),
        "error.time": _value(wrong, "seconds", 1, 100, sign=True),
        "change": text(result["change"]),
    }


def _predicted_row(result: Json, card: Json) -> Row:
    return {
        **_of_job(result),
        "card": text(card["card"]),
        "basis": text("predicted"),
        "fits": _fits(card["fits"]),
        **_parts(card["training"], card["answers"]),
        "change": text(card["change"]),
    }


def table_of(results: Sequence[Json]) -> Table:
    """Return the table; each (model, arm) has its measured row first, and a line above it."""
    sections = [
        [
            _measured_row(result),
            *(_predicted_row(result, card) for card in result["predicted"] if card["card"] != result["card"]),
        ]
        for result in results
    ]
    first = results[0]
    lengths = sorted({result["lengths"]["from"] for result in results})
    counts = first["lengths"]["rows"]
    notes = [
        "Measured with random weights of the true shape; no score of any kind follows from it. Answers run to the "
        "length limit, which real ones seldom do.",
        f"Rows: {'; '.join(lengths)}. Hours and Wh are of one seed: {counts['train']:,} rows trained on in each epoch, "
        f"{counts['answered']:,} answered.",
        f"GiB: peak that torch reserves. MFU counts {first['flops']}; config/cards.yaml names the peak that it is a "
        "share of.",
        f"Energy: {', '.join(sorted({result['measured']['energy'] for result in results}))}; not predicted.",
        "Predicted: the cost model (config/cost-model.yaml), fitted to one H200; figures of other cards are their "
        "datasheets'. Prediction off by: of the measured card's training, or answers where nothing is tuned; above "
        "zero means more memory or time predicted than measured.",
    ]
    if any(result["shrunken"] for result in results):
        notes.insert(0, "Shapes and rows were shrunken to run without a GPU: this proves the rules, and no more.")
    notes += _counted(results)
    if any(result["provisional"] for result in results):
        notes.append("The constants of this training path are provisional.")
    return build("rehearsal", f"Rehearsal of {first['study']}", COLUMNS, sections, notes)


def _counted(results: Sequence[Json]) -> list[str]:
    """Return what is said of answers and sequences that hours hold besides one of each row."""
    first, recipes, notes = results[0], [result["asked"]["recipe"] for result in results], []
    samples = first["asked"]["generation"].get("samples", 1)
    answers = max(result["lengths"]["answers"] for result in results)
    if answers != first["lengths"]["rows"]["answered"]:
        notes.append(
            f"Hours and Wh of answers hold up to {answers:,.0f} answers an arm: {samples} to each row, and those to "
            "other evaluations whose rows the study counts, each by its tokens."
        )
    if any(asks(recipe, HEAD) for recipe in recipes):
        notes.append("An arm that points at its answers reads each prompt once, and writes nothing.")
    if any(asks(recipe, PAIRS) for recipe in recipes):
        notes.append("A row of pairs is two sequences, and the reference reads each of them, too.")
    if any(asks(recipe, ROWS) for recipe in recipes):
        notes.append(
            "A training with rewards draws its answers itself; all are taken to be as long as they may be, and to be "
            "learned. The time that their programs take is not in it."
        )
    return notes


def summary(results: Sequence[Json], seeds: Sequence[int]) -> list[str]:
    """Return the few lines that a terminal shows: what fits, what all of it takes, what to change.

    ``seeds``: how many each has.
    """
    first = results[0]
    good = [(one, times) for one, times in zip(results, seeds, strict=True) if one["measured"]["fits"]]
    hours, watts, known = 0.0, 0.0, True
    for result, times in good:
        for part in (result["measured"]["training"], result["measured"]["answers"]):
            if part:
                hours += times * part["hours"]
                known &= part["wh"] is not None
                watts += times * (part["wh"] or 0)
    energy = f", {watts:,.0f} Wh" if known and good else ""
    most = max(seeds)
    sizes = {result["model"]: result["download_gb"] for result in results}
    lines = [
        f"rehearsal of {first['study']} on {first['on']['device']}: {len(good)} of {len(results)} fit, which take "
        f"{hours:,.1f} h{energy} with {most} seed{'s' if most > 1 else ''}; {sum(sizes.values()):,.1f} GB to download"
    ]
    for result in results:
        if not result["measured"]["fits"]:
            lines.append(f"{result['model']}/{result['arm']} does not fit: {result['change']}")
    return lines
