"""Fill the documentation's tables of measurements and predictions; `--check` only says whether they are true.

Reads config/speed/, docs/measured/ and, for what the cost model predicts, the configuration; writes the pages.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.catalogue import benchmarks_at, configuration_at, read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, write_text
from kotune.cost.cards import cards_of
from kotune.rehearsal.settings import cost_constants
from kotune.speed import limits
from kotune.speed import tables as measured_tables
from kotune.study import resolve

PAGES = tuple(
    Path(page)
    for page in (
        "docs/performance.md",
        "docs/rehearsal.md",
        "docs/metrics.md",
        "docs/hub.md",
        "README.md",
        "README.ko.md",
    )
)
CARD = "RTX 3090 24 GB"  # whose limits README.md tells, for the models' first study
STUDY = "econ-qa"


def tables_at(root: Path) -> dict[str, str]:
    """Return every measured table under its name."""
    cards, constants = cost_constants(root)
    models = read_yaml(root / "config/models.yaml")["models"]
    kept = sorted((root / "config/speed/benchmarks").glob("*.json"))
    shown = limits.document(kept, benchmarks_at(root), models, cards, constants)
    rehearsed = sorted((root / "config/speed/rehearsals").glob("*.json"))
    metrics = read_json(root / "docs/measured/metrics.json")
    return {
        "gguf": measured_tables.agreements(sorted((root / "docs/measured/gguf").glob("*.json"))),
        "people": measured_tables.people(metrics["people"]),
        "kinds": measured_tables.kinds(metrics["kinds"]),
        "training": measured_tables.training(shown),
        "answering": measured_tables.answering(shown),
        "rehearsals": measured_tables.rehearsals(rehearsed, cards, constants),
        **predictions_at(root),
    }


def predictions_at(root: Path) -> dict[str, str]:
    """Return the table of models that fit the card, in both languages of the README."""
    config = configuration_at(root) | {"scale": "rehearsal"}
    study = resolve.study_at(STUDY, config, root)
    card = cards_of(cost_constants(root)[0])[CARD]
    return {
        "fits": measured_tables.fits(study, config, card),
        "fits-ko": measured_tables.fits(study, config, card, "ko"),
    }


def main(argv: list[str] | None = None) -> None:
    """Fill or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args(argv)
    tables = tables_at(ROOT)
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        filled = measured_tables.fill(text, tables, str(page))
        if args.check and filled != text:
            raise UserError(f"{page}: its tables are not those of config/; run tools/fill_measured.py")
        write_text(ROOT / page, filled)
        console.say(f"{page}: tables are true")


if __name__ == "__main__":
    console.run(main)
