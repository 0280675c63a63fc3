"""A kept folder of the fake results of econ-qa (`fake_reports`), which a test may break."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

from fake_reports import Made

from kotune.core.storage import Json, read_json, sha256_of, write_json
from kotune.export import keeping
from kotune.report import kept

RESULTS = Path("results/mini")


def with_settings(made: Made) -> Made:
    """Write the report settings where a run of Snakemake leaves them."""
    write_json(made.root / RESULTS / keeping.SETTINGS, [made.settings])
    return made


def keep(made: Made, output: Path) -> kept.Kept:
    """Keep the results of a tree in a folder."""
    with chdir(made.root):  # paths in the settings are relative to it
        return keeping.keep(RESULTS, "econ-qa", output)


def change(folder: Path, name: str, change: Callable[[Json], object], hashed: bool = True) -> None:
    """Change a JSON file of a kept folder, and its hash with it where the change is to pass as the file."""
    packed = name.endswith(".xz")
    document = kept.read_entries(folder / name) if packed else read_json(folder / name)
    change(document)
    if packed:
        (folder / name).write_bytes(kept.packed(json.dumps(document)))
    else:
        write_json(folder / name, document)
    if hashed and name != kept.ABOUT:
        rehash(folder, name)


def rehash(folder: Path, name: str) -> None:
    """Give about.json the hash of a changed file."""
    about = read_json(folder / kept.ABOUT)
    about["files"][name] = sha256_of(folder / name)
    write_json(folder / kept.ABOUT, about)


def with_fewer_rows(whole: kept.Kept) -> kept.Kept:
    """Return kept results with an arm more, which differs in its rows alone, and a contrast with it."""
    about = {**whole.about, "arms": dict(whole.about["arms"]), "contrasts": {"few_rows": ["qlora", "rows_20"]}}
    model = "tiny-gemma2"
    about["arms"]["rows_20"] = {**about["arms"]["qlora"], "models": [model], "rows_learned": {model: 20}}
    about["arm_order"] = [*whole.about["arm_order"], "rows_20"]
    entries = dict(whole.numbers.entries)
    for key, entry in whole.numbers.entries.items():
        if key.startswith(f"econ-qa.qlora.{model}.") and ".minus." not in key:
            entries[key.replace(".qlora.", ".rows_20.")] = {
                **entry,
                "value": entry["value"] / 2,
                "low": entry["low"] / 2,
            }
        if key.startswith(f"econ-qa.qlora.{model}.minus.base.{model}."):
            end = key.partition(f".minus.base.{model}.")[2]
            entries[f"econ-qa.rows_20.{model}.minus.qlora.{model}.{end}"] = entry
    numbers = kept.Numbers(entries, whole.numbers.where)
    return kept.Kept(whole.name, about, numbers, whole.costs, whole.scores, whole.curves)
