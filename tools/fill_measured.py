"""Fill the documentation's tables of measurements and predictions; `--check` only says whether they are true.

Reads config/speed/, docs/measured/, config/retrieval/, config/boards/, config/kept/ (where results are kept) and, for
what the cost model predicts, the configuration; writes the pages, and of kept results docs/results.md and their
figures in docs/images.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.catalogue import benchmarks_at, configuration_at, read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, write_text
from kotune.cost.cards import cards_of
from kotune.export import measured as measured_exports
from kotune.rehearsal.settings import cost_constants
from kotune.report import boards, floor_tables, kept_page, kept_tables, retrieval
from kotune.report.kept import Kept, kept_at
from kotune.speed import engines, harness, limits, personal_tables, refusal_tables
from kotune.speed import tables as measured_tables
from kotune.study import resolve

PAGES = tuple(
    Path(page)
    for page in (
        "docs/performance.md",
        "docs/rehearsal.md",
        "docs/metrics.md",
        "docs/hub.md",
        "docs/exports.md",
        "docs/leaderboards.md",
        "docs/quality.md",
        "docs/retrieval.md",
        "docs/personal-data.md",
        "README.md",
        "README.ko.md",
    )
)
RESULTS = Path("docs/results.md")  # of kept results alone: without any there is no such page
CARD = "RTX 3090 24 GB"  # whose limits README.md tells, for the models' first study
STUDY = "econ-qa"


def tables_at(root: Path, results: Sequence[Kept] | None = None) -> dict[str, str]:
    """Return every measured table under its name; ``results``: what is kept, where it was read before."""
    cards, constants = cost_constants(root)
    models = read_yaml(root / "config/models.yaml")["models"]
    kept = sorted((root / "config/speed/benchmarks").glob("*.json"))
    shown = limits.document(kept, benchmarks_at(root), models, cards, constants)
    rehearsed = sorted((root / "config/speed/rehearsals").glob("*.json"))
    measured = retrieval.kept_at(root)
    metrics = read_json(root / "docs/measured/metrics.json")
    return {
        "gguf": measured_tables.agreements(sorted((root / "docs/measured/gguf").glob("*.json"))),
        "people": measured_tables.people(metrics["people"]),
        "kinds": measured_tables.kinds(metrics["kinds"]),
        **refusal_tables.tables(read_json(root / "docs/measured/refusals.json")),
        **personal_tables.tables(read_json(root / "docs/measured/personal_data.json")),
        "training": measured_tables.training(shown),
        "engines": engines.table(engines.kept_at(root)),
        "harness": harness.table(harness.kept_at(root)),
        "retrieval": f"{retrieval.lines(measured)}\n\n{retrieval.table(measured)}",
        "floors": floor_tables.table(read_json(root / "docs/measured/floors.json")),
        **boards.blocks(boards.kept_at(root)),
        "exports": measured_exports.table(measured_exports.kept_at(root)),
        "answering": measured_tables.answering(shown),
        "rehearsals": measured_tables.rehearsals(rehearsed, cards, constants),
        **predictions_at(root),
        **{name: text for one in (kept_at(root) if results is None else results)
           for name, text in kept_tables.blocks(one).items()},
    }  # fmt: skip


def pages_at(root: Path, results: Sequence[Kept]) -> dict[Path, str]:
    """Return each page's text; that of kept results gets a section for each that it lacks."""
    texts = {page: (root / page).read_text(encoding="utf-8") for page in PAGES}
    if results or (root / RESULTS).is_file():
        known = (root / RESULTS).read_text(encoding="utf-8") if (root / RESULTS).is_file() else ""
        texts[RESULTS] = kept_page.page(results, known)
    return texts


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
    results = kept_at(ROOT)
    tables = tables_at(ROOT, results)
    for page, text in pages_at(ROOT, results).items():
        filled = measured_tables.fill(text, tables, str(page))
        if args.check and (not (ROOT / page).is_file() or filled != (ROOT / page).read_text(encoding="utf-8")):
            raise UserError(f"{page}: its tables are not those of config/; run tools/fill_measured.py")
        write_text(ROOT / page, filled)
        console.say(f"{page}: tables are true")
    if not args.check:
        kept_page.save(results, ROOT / "docs/images")


if __name__ == "__main__":
    console.run(main)
