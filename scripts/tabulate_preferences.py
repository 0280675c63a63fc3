"""Print how trainings on preferences went, and what their pairs could show at all: two tables and a figure.

Reads the curves, records and rows that ``--settings`` names; writes tables/ and figures/ in ``--output-dir``.

Example, of a study with an arm `dpo`:

  python scripts/tabulate_preferences.py --output-dir /tmp/preferences --settings '{"trainings": [{"model": "tiny-eeve",
    "arm": "dpo", "seed": 42, "folder": "results/mini/econ-qa/adapters/tiny-eeve/dpo/seed42",
    "rows": "results/mini/econ-qa/rows/pairs/tiny-eeve/qlora/seed42/train.parquet",
    "columns": {"prompt": "context", "chosen": "answer"}}]}'
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.curation import floors
from kotune.printing.figure_style import house_style, save
from kotune.printing.table_files import write_table
from kotune.report import preferences
from kotune.report.sampled_names import PREFERENCES
from kotune.rows.pairs import REJECTED


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    said = 'JSON: {"trainings": [{"model", "arm", "seed", "folder": of its adapter, "rows": its pairs, "columns"}]}'
    parser.add_argument("--settings", type=json_or_file, required=True, help=said)
    parser.add_argument("--output-dir", type=Path, required=True, help="folder; tables/ and figures/ lie in it")
    parser.add_argument("--label", default="preferences", help="what the closing line calls it")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    found, floored = [], {}
    for one in args.settings["trainings"]:
        folder = Path(one["folder"])
        record = folder / "record.json"
        pairs = storage.needed(storage.read_json(record), "found", record)["rows"]["train"]
        if one["rows"] not in floored:  # seeds may learn the same pairs
            rows, columns = storage.read_parquet(one["rows"]), one["columns"]
            sides = (rows[columns["chosen"]].to_list(), rows[REJECTED].to_list())
            floored[one["rows"]] = floors.of_pairs(rows[columns["prompt"]].to_list(), *sides)
        lines = storage.read_jsonl(folder / "curve.jsonl")
        found.append({**one, "pairs": pairs, "lines": lines, "floors": floored[one["rows"]]})
    for table in (preferences.preferences_table(found), preferences.floors_table(found)):
        write_table(args.output_dir / "tables", table)
    with house_style():
        save(preferences.preferences_figure(found), args.output_dir / "figures", PREFERENCES)
    console.say(f"preferences of {args.label}: {len(found)} trainings")


if __name__ == "__main__":
    console.run(main)
