"""Print of each rowset that is made of an arm's samples how many were kept, and how often the reference is among them.

Reads the audits that ``--settings`` names; writes tables/ in ``--output-dir``.

Example, of a study whose rowset `kept` is made of samples:

  python scripts/tabulate_samples.py --output-dir /tmp/samples --settings '{"sampled": [{"rowset": "kept",
    "model": "tiny-eeve", "arm": "base", "seed": 42, "evaluation": "again",
    "path": "results/mini/econ-qa/rows/kept/tiny-eeve/base/seed42/audit.json"}]}'
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.printing.table_files import write_table
from kotune.report.sampled import sampled_table


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    said = 'JSON: {"sampled": [{"rowset", "model", "arm", "seed", "evaluation", "path": its audit.json}]}'
    parser.add_argument("--settings", type=json_or_file, required=True, help=said)
    parser.add_argument("--output-dir", type=Path, required=True, help="folder; tables/ lies in it")
    parser.add_argument("--label", default="samples", help="what the closing line calls it")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    found = [{**one, "audit": storage.read_json(Path(one["path"]))} for one in args.settings["sampled"]]
    write_table(args.output_dir / "tables", sampled_table(found))
    kept = sum(one["audit"]["kept"] for one in found)
    console.say(f"samples of {args.label}: {kept:,} rows or pairs in {len(found)} rowsets")


if __name__ == "__main__":
    console.run(main)
