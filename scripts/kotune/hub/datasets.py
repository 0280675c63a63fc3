"""Rows of a download: a data set's files, converted to the study's columns as the catalogue declares.

Reads Parquet and JSON lines as the hub holds them, and what `rows.readers` reads, as all files of a public code host
are read; returns frames of text, and of lists
of texts where the catalogue names a place that has several in a row (gold answers; the first is learned). What the
catalogue says about files, columns and values is checked against what is really there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.model_folder import fits
from kotune.core.names import SPLITS, TRAIN
from kotune.core.storage import Json, explained, read_parquet
from kotune.hub.code_host import SOURCE
from kotune.hub.repository import Repository
from kotune.rows.places import found_at, text_at
from kotune.rows.readers import read_table

if TYPE_CHECKING:
    import polars

ENDINGS = (".parquet", ".jsonl", ".json", ".csv", ".tsv")
THEIR_NAMES = {"valid": ("validation", "valid", "dev")}  # the hub's names of a split, where they are not ours
LAYOUTS = ("{folder}/{split}-*.parquet", "{folder}/{split}/*.parquet", "{folder}/{split}.parquet",
           "{folder}/{split}-*.jsonl", "{folder}/{split}.jsonl", "{split}.parquet", "{split}.jsonl")  # fmt: skip
PRESENT = "present"


@dataclass(frozen=True)
class DatasetFiles:
    """The files of a data set: split → patterns, each tried until one fits (the hub keeps rows in several layouts)."""

    repo: Repository
    patterns: dict[str, list[str]]

    def of_split(self, split: str, names: list[str]) -> list[str]:
        """Return the split's files, in order; UserError where no pattern fits, or one fits in two folders."""
        tabular = sorted(name for name in names if name.endswith(ENDINGS))
        for pattern in self.patterns[split]:
            found = [name for name in tabular if fits(name, (pattern,))]
            if len({name.rpartition("/")[0] for name in found}) > 1:
                raise UserError(
                    f"{self.repo.catalogue}: '{pattern}' fits in more than one folder of {self.repo.hub_id} "
                    f"({', '.join(found[:3])}); name the subset, or the file of '{split}' under files"
                )
            if found:
                return found
        held = ", ".join((tabular or sorted(names))[:8]) or "nothing"
        raise UserError(
            f"{self.repo.catalogue}: {self.repo.hub_id} at {self.repo.revision} has no file for '{split}' that fits "
            f"{' or '.join(self.patterns[split])}; it holds {held}; name the file under files"
        )

    def candidates(self, names: list[str]) -> list[str]:
        """Return the files of every split."""
        return sorted({name for split in self.patterns for name in self.of_split(split, names)})

    def opened(self, name: str) -> bool:
        """Return that no file must be read to know which ones are needed."""
        return False

    def settled(self, names: list[str], folder: Path) -> list[str]:
        """Return the candidates: all are needed."""
        return names


def dataset_files(repo: Repository, entry: Json) -> DatasetFiles:
    """Return the files of a catalogue entry: those that it names, else those that the hub's layouts lead to expect."""
    named = entry.get("files", {})
    for split in named:
        if split not in SPLITS:
            raise UserError(f"{repo.catalogue}: unknown split '{split}'{nearest(split, SPLITS)}")
    folders = [entry["subset"]] if "subset" in entry else ["data", "*"]
    patterns = {split: _patterns(place) for split, place in named.items()}
    for split in entry.get("splits", {}) if not named else ():
        if split in SPLITS:
            theirs = THEIR_NAMES.get(split, (split,))
            known = [layout.format(folder=folder, split=name)
                     for folder in folders for name in theirs for layout in LAYOUTS]  # fmt: skip
            patterns[split] = list(dict.fromkeys(known))
    if TRAIN not in patterns and SOURCE not in entry:
        raise UserError(f"{repo.catalogue}: neither files nor splits name the training rows (train)")
    return DatasetFiles(repo, patterns)


def _patterns(place: str | list[str] | Json) -> list[str]:
    """Return what a catalogue entry's file may be called: one name, several that are tried, or a file with its sum."""
    if isinstance(place, dict):
        return [place["path"]]
    return [place] if isinstance(place, str) else list(place)


def _read(path: Path, as_users: bool) -> polars.DataFrame:
    """Return a file's rows, nested columns included; ``as_users``: lines of JSON are read as those of a user."""
    import polars as pl

    if path.suffix == ".parquet":
        return read_parquet(path)
    if as_users or path.suffix != ".jsonl":
        return read_table(path.as_posix()).frame
    with explained(path, "read"):
        try:
            return pl.read_ndjson(path, infer_schema_length=None)
        except pl.exceptions.PolarsError as error:
            raise UserError(
                f"{path}: not JSON lines ({error}); name the data set's right files under files in config/datasets.yaml"
            ) from error


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Taking:
    """Takes the catalogue's columns and rows out of the hub's files, and counts what it left out."""

    def __init__(self, repo: Repository, entry: Json) -> None:
        self.repo, self.columns, self.words = repo, entry["columns"], entry.get("values", {})
        self.only = {column: _said(value) for column, value in entry.get("only", {}).items()}
        self.unverified, self.as_users = entry.get("unverified", []), SOURCE in entry
        self.values: dict[str, dict[str, int]] = {column: {} for column in self.only}
        self.counts: dict[str, Json] = {}

    def _marked(self, key: str) -> str:
        """Return a remark for an error about a fact that nobody has confirmed."""
        return f" (the catalogue marks {key} as unverified)" if key in self.unverified else ""

    def rows(self, path: Path, name: str, split: str) -> polars.DataFrame:
        """Return one file's rows in the study's columns, without those that are not wanted."""
        import polars as pl

        frame, where = _read(path, self.as_users), f"{self.repo.hub_id}, {name}"
        columns = [found_at(frame, place, where + self._marked("columns"))[0].alias(ours)
                   for ours, place in self.columns.items()]  # fmt: skip
        marks = [text_at(frame, column, where + self._marked("only")).alias(f"__{column}") for column in self.only]
        taken = frame.select(*columns, *marks).with_columns(
            pl.col(ours).fill_null("").replace(words) for ours, words in self.words.items()
        )
        counts = self.counts.setdefault(split, {"read": 0, "left_out": {}, "rows": 0})
        counts["read"] += taken.height
        for column in self.only:
            for held, count in taken[f"__{column}"].fill_null("").value_counts().iter_rows():
                self.values[column][held] = self.values[column].get(held, 0) + count
        for column, value in self.only.items():
            mark = pl.col(f"__{column}").fill_null("")
            wanted = mark.str.strip_chars() != "" if value == PRESENT else mark == value
            reason = f"{column} is empty" if value == PRESENT else f"{column} is not {value}"
            kept = taken.filter(wanted)
            counts["left_out"][reason] = counts["left_out"].get(reason, 0) + taken.height - kept.height
            taken = kept
        counts["rows"] += taken.height
        return taken.select(list(self.columns))

    def check(self) -> None:
        """Raise UserError for a split of which nothing is left; say what the columns hold instead."""
        for split, counts in self.counts.items():
            if counts["rows"] == 0:
                held = "; ".join(f"{column} holds {_listed(values)}" for column, values in self.values.items())
                raise UserError(
                    f"{self.repo.catalogue}: only{self._marked('only')} leaves no row of {split}, of {counts['read']:,}"
                    + (f"; {held}" if held else "")
                )


def _listed(values: dict[str, int]) -> str:
    most = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    more = f" and {len(most) - 8} more" if len(most) > 8 else ""
    return ", ".join(f"'{value[:30]}' ({count:,})" for value, count in most[:8]) + more


def converted(
    files: DatasetFiles, entry: Json, pin: Json, folder: Path
) -> tuple[dict[str, polars.DataFrame], dict[str, Json]]:
    """Return each split's rows in the study's columns, and the counts: read, left out (by reason), rows."""
    import polars as pl

    taking = Taking(files.repo, entry)
    splits = {}
    for split in files.patterns:
        names = files.of_split(split, list(pin["files"]))
        splits[split] = pl.concat([taking.rows(folder / name, name, split) for name in names])
    taking.check()
    return splits, taking.counts


def differences(entry: Json, counts: dict[str, Json]) -> list[str]:
    """Return a line for each split whose number of rows is not the catalogue's."""
    known = {split: rows for split, rows in entry.get("splits", {}).items() if rows is not None and split in counts}
    return [
        f"{split} has {counts[split]['rows']:,} rows, the catalogue says {rows:,}"
        for split, rows in known.items()
        if counts[split]["rows"] != rows
    ]
