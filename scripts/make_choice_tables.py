"""Make the tables and the figure of a choice: census, decision, other rules, embedders, and how the training went."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kotune.choice import figure, tables
from kotune.core import console, storage
from kotune.printing.figure_style import house_style, save
from kotune.printing.table_files import write_table
from kotune.report.tables import watched
from kotune.report.view import CHOICE_TABLES, Report


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, make the tables and the figure, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study-dir", required=True, help="folder of the study, results/{scale}/{study}")
    parser.add_argument("--settings", required=True, help="JSON: the study's report settings")
    parser.add_argument("--census", required=True, help="census (JSON)")
    parser.add_argument("--embedders", required=True, help="the embedders' comparison (JSON)")
    parser.add_argument("--selection", required=True, help="selection (JSON)")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    report = Report(json.loads(args.settings), Path(args.study_dir))
    census, embedders, selection = (storage.read_json(path) for path in (args.census, args.embedders, args.selection))
    made = {
        "census": tables.census_table(census),
        "windows": tables.windows_table(census),
        "decision": tables.decision_table(selection),
        "other-rules": tables.rules_table(selection),
        "embedders": tables.embedders_table(embedders),
        "embedder-agreement": tables.agreement_table(embedders),
        "curves": watched.curve_table(report),
        "samples": watched.samples_table(report),
    }
    for name in CHOICE_TABLES:
        write_table(report.folder / "tables", made[name])
    with house_style():
        save(figure.draw(census), report.folder / "figures", "census")
    console.say(f"made {len(made)} tables and a figure on the choice of {report.name}")


if __name__ == "__main__":
    console.run(main)
