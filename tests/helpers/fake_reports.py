"""Make the report of a fake results tree (`fake_results`) by the scripts of the report, as the rules call them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from contextlib import chdir
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import draw_figures
import fake_results
import gather_numbers
import make_tables

from kotune.core.storage import Json, read_json, write_json
from kotune.report.view import Report

STUDY = "results/mini/econ-qa"
NUMBERS, COSTS = "results/mini/numbers.json", "results/mini/costs.json"
FILES = ["--numbers", NUMBERS, "--costs", COSTS]


@dataclass(frozen=True)
class Made:
    """A results tree and the report settings of its study; paths in the settings are relative to the root."""

    root: Path
    settings: Json

    @property
    def report(self) -> Report:
        """The study as its report sees it from the root."""
        return Report(self.settings, Path(STUDY))

    @property
    def study(self) -> Path:
        """The study's folder."""
        return self.root / STUDY

    def gather(self) -> Json:
        """Gather the numbers; return numbers.json."""
        with chdir(self.root):
            gather_numbers.main(["--study-dir", STUDY, "--settings", json.dumps([self.settings]), *FILES])
        return self.numbers

    def make_tables(self) -> Path:
        """Make the tables; return their folder."""
        with chdir(self.root):
            arguments = ["--study-dir", STUDY, "--settings", json.dumps(self.settings), *FILES]
            make_tables.main([*arguments, "--output-dir", f"{STUDY}/tables"])
        return self.study / "tables"

    def draw_figures(self) -> Path:
        """Draw the figures; return their folder."""
        with chdir(self.root):
            arguments = ["--study-dir", STUDY, "--settings", json.dumps(self.settings), *FILES[:2]]
            draw_figures.main([*arguments, "--output-dir", f"{STUDY}/figures"])
        return self.study / "figures"

    @property
    def numbers(self) -> Json:
        """numbers.json, as it was gathered."""
        return read_json(self.root / NUMBERS)

    @property
    def costs(self) -> Json:
        """costs.json, as it was gathered."""
        return read_json(self.root / COSTS)

    def table(self, name: str) -> Json:
        """Return a table as its JSON."""
        return read_json(self.study / "tables" / f"{name}.json")

    def copied(self, root: Path, **settings: object) -> Made:
        """Return a copy elsewhere, which a test may change; its tables are left out."""
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns("tables"))
        return Made(root, {**deepcopy(self.settings), **settings})

    def with_only(self, files: Iterable[str], root: Path) -> Made:
        """Return a copy elsewhere of some files alone."""
        for path in files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.root / path, root / path)
        return Made(root, self.settings)

    def change(self, path: str | Path, change: Callable[[Json], object]) -> None:
        """Change a JSON file below the root."""
        document = read_json(self.root / path)
        change(document)
        write_json(self.root / path, document)


def make(root: Path, hostile: bool = False, own: bool = False) -> Made:
    """Make a results tree below ``root`` (see `fake_results.make`), without numbers, tables and figures."""
    settings, _ = fake_results.make(root, hostile=hostile, own=own)
    return Made(root, settings)
