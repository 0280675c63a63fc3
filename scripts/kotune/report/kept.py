"""Results that are kept as data: a folder config/kept/{name} of numbers, scores and curves, without a text of any row.

Reads about.json (workflow/schemas/kept.schema.yaml), numbers.json.xz, costs.json.xz, scores.csv.xz and curves.csv.xz,
and checks them against one another; writes nothing. `export.keeping` makes such a folder of a results folder.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from kotune.core.catalogue import check
from kotune.core.errors import UserError, nearest
from kotune.core.names import ROOT
from kotune.core.storage import Json, explained, read_json, sha256_of
from kotune.printing.numbers import Numbers, mean_key

ABOUT, NUMBERS, COSTS = "about.json", "numbers.json.xz", "costs.json.xz"
SCORES, CURVES = "scores.csv.xz", "curves.csv.xz"
HASHED = (NUMBERS, COSTS, SCORES, CURVES)  # about.json holds the SHA-256 of each
RUN = ("model", "arm", "seed")  # the first columns of both tables
CURVE = (*RUN, "step", "epoch", "loss", "tokens")
DIGITS = 4  # behind the point, of scores, losses and epochs
LONGEST = 200  # characters of a value that is no text of a row
OF_A_MEAN = ("model", "arm", "split", "metric", "mean", "low", "high", "n", "seeds")  # of an evaluation
OF_TEXTS = ("example", "worked")  # parts of numbers.json that speak of single rows
TEXTS = ("records", "row")  # facts of an entry that name files and rows: never kept


@dataclass(frozen=True)
class Kept:
    """A kept folder that was read and checked; ``scores``: (model, arm, seed) → split → metric → values by row id."""

    name: str
    about: Json
    numbers: Numbers
    costs: Numbers
    scores: dict[tuple[str, str, int], dict[str, dict[str, dict[str, float]]]]
    curves: dict[tuple[str, str, int], list[dict[str, float]]]

    @property
    def sides(self) -> list[tuple[str, str]]:
        """Each (model, arm), in the order of the study."""
        return [(model, arm) for arm in self.about["arm_order"] for model in self.about["arms"][arm]["models"]]


def packed(text: str) -> bytes:
    """Return a text packed by xz, the same bytes for the same text."""
    return lzma.compress(text.encode("utf-8"), preset=9 | lzma.PRESET_EXTREME)


def table_text(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """Return rows as CSV packed by xz, the same bytes for the same rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return packed(text.getvalue())


def read_entries(path: Path) -> Json:
    """Return the entries of a packed numbers.json or costs.json; UserError where it is none."""
    with explained(path, "read"):
        content = path.read_bytes()
    try:
        return json.loads(lzma.decompress(content))
    except (lzma.LZMAError, ValueError) as error:
        raise UserError(f"{path}: not a JSON document packed by xz ({error}); keep the results again") from error


def read_table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the rows of packed CSV; UserError where it is none, or does not have these columns."""
    with explained(path, "read"):
        content = path.read_bytes()
    try:
        rows = csv.DictReader(io.StringIO(lzma.decompress(content).decode("utf-8")))
        found, told = list(rows), tuple(rows.fieldnames or ())
    except (lzma.LZMAError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: no CSV packed by xz ({error}); keep the results again") from error
    if told != columns:
        raise UserError(f"{path}: has the columns {', '.join(told)}, not {', '.join(columns)}; keep the results again")
    return found


def cell(path: Path, line: int, row: dict[str, str], column: str) -> float:
    """Return a cell as a number; UserError names file, line and column of one that is none."""
    try:
        value = float(row[column])
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{path}, line {line}: {column} is {row[column]!r}, which is no number; keep the results again")
    return value


def _run(path: Path, line: int, row: dict[str, str], about: Json) -> tuple[str, str, int]:
    """Return whose a row is; UserError where about.json knows no such run."""
    arm = about["arms"].get(row["arm"])
    seed = int(cell(path, line, row, "seed"))
    if arm is None:
        raise UserError(f"{path}, line {line}: {ABOUT} has no arm '{row['arm']}'{nearest(row['arm'], about['arms'])}")
    if row["model"] not in arm["models"] or seed not in arm["seeds"]:
        raise UserError(f"{path}, line {line}: {ABOUT} has no {row['model']} with the seed {seed} in '{row['arm']}'")
    return row["model"], row["arm"], seed


def _scores(path: Path, about: Json) -> dict:
    """Return the scores of each run, by split and metric, each of all runs."""
    metrics = tuple(sorted(about["metrics"]))
    scores: dict = {}
    for line, row in enumerate(read_table(path, (*RUN, "split", "id", *metrics)), start=2):
        if row["split"] not in about["splits"]:
            raise UserError(f"{path}, line {line}: {ABOUT} has no split '{row['split']}'; keep the results again")
        of_split = scores.setdefault(_run(path, line, row, about), {}).setdefault(row["split"], {})
        for metric in metrics:
            of_metric = of_split.setdefault(metric, {})
            if row["id"] in of_metric:
                raise UserError(f"{path}, line {line}: a second score of the row '{row['id']}' of '{row['split']}'")
            of_metric[row["id"]] = cell(path, line, row, metric)
    for arm, of_arm in about["arms"].items():
        for run in ((model, arm, seed) for model in of_arm["models"] for seed in of_arm["seeds"]):
            missing = [split for split in about["splits"] if split not in scores.get(run, {})]
            if missing:
                raise UserError(f"{path}: no scores of {'/'.join(map(str, run))} on '{missing[0]}'")
    return scores


def _curves(path: Path, about: Json) -> dict:
    """Return the curve of each training."""
    curves: dict = {}
    for line, row in enumerate(read_table(path, CURVE), start=2):
        point = {column: cell(path, line, row, column) for column in CURVE[len(RUN) :]}
        curves.setdefault(_run(path, line, row, about), []).append(point)
    return curves


def check_entries(entries: Json, study: str, where: str) -> None:
    """Raise UserError for an entry of another study, or one that names rows and files or holds a long text."""
    for key, entry in entries.items():
        parts = key.split(".")
        if parts[0] != study or parts[1] in OF_TEXTS:
            raise UserError(f"{where}: key '{key}' is not kept; keep the results again")
        for fact, value in entry.items():
            if fact in TEXTS or (isinstance(value, str) and len(value) > LONGEST):
                raise UserError(f"{where}: key '{key}': its '{fact}' is not kept (rows' texts never are)")


def _check_means(kept: Kept, folder: Path) -> None:
    """Raise UserError for a mean of numbers.json that is not that of the scores; rounding alone may part them."""
    for model, arm in kept.sides:
        runs = [kept.scores[model, arm, seed] for seed in kept.about["arms"][arm]["seeds"]]
        for split in kept.about["splits"]:
            for metric, facts in kept.about["metrics"].items():
                if not facts["mean"]:
                    continue  # how its rows make one number is not a mean
                key = mean_key(kept.about["study"], model, arm, split, metric)
                entry = kept.numbers[key]
                mean = fmean(fmean(run[split][metric].values()) for run in runs)
                rows = {len(run[split][metric]) for run in runs}
                if rows != {entry["n"]} or abs(mean - entry["value"]) > 0.6 * 10**-DIGITS:
                    raise UserError(
                        f"{folder / NUMBERS}: key '{key}' is {entry['value']:.6f} of {entry['n']} rows, and the mean "
                        f"of {SCORES} {mean:.6f} of {', '.join(map(str, sorted(rows)))}; keep the results again"
                    )


def read(folder: Path) -> Kept:
    """Read and check a kept folder; UserError names the file, the key and what is wrong."""
    about = read_json(folder / ABOUT)
    check(about, "kept", str(folder / ABOUT))
    if set(about["arm_order"]) != about["arms"].keys():
        raise UserError(f"{folder / ABOUT}: key 'arm_order': names other arms than 'arms'; keep the results again")
    for name in HASHED:
        if sha256_of(folder / name) != about["files"][name]:
            raise UserError(
                f"{folder / name}: is not the file that {folder / ABOUT} names by its SHA-256 (key 'files.{name}'); "
                "fetch the folder again, or keep the results again"
            )
    documents = {name: read_entries(folder / name) for name in (NUMBERS, COSTS)}
    for name, entries in documents.items():
        check_entries(entries, about["study"], str(folder / name))
    numbers, costs = (Numbers(documents[name], str(folder / name)) for name in (NUMBERS, COSTS))
    scores, curves = _scores(folder / SCORES, about), _curves(folder / CURVES, about)
    kept = Kept(folder.name, about, numbers, costs, scores, curves)
    _check_means(kept, folder)
    return kept


def kept_at(root: Path = ROOT) -> list[Kept]:
    """Return all kept results of a repository, by name; none where there are none."""
    return [read(path.parent) for path in sorted((root / "config/kept").glob(f"*/{ABOUT}"))]
