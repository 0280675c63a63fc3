"""Print how trainings with rewards went: what answers earn, equal groups, cut answers and KL, as a table and a figure.

Reads the curves and records that ``--settings`` names; writes tables/ and figures/ in ``--output-dir``.

Example, of a study with an arm `rl`:

  python scripts/tabulate_rewards.py --output-dir /tmp/rewards --settings '{"trainings": [{"model": "tiny-code",
    "arm": "rl", "seed": 42, "folder": "results/mini/data-quality/adapters/tiny-code/rl/seed42"}]}'
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.printing.figure_style import house_style, save
from kotune.printing.table_files import write_table
from kotune.report import rewards
from kotune.report.sampled_names import REWARDS


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    said = 'JSON: {"trainings": [{"model", "arm", "seed", "folder": of its adapter}]}'
    parser.add_argument("--settings", type=json_or_file, required=True, help=said)
    parser.add_argument("--output-dir", type=Path, required=True, help="folder; tables/ and figures/ lie in it")
    parser.add_argument("--label", default="rewards", help="what the closing line calls it")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    trainings = []
    for one in args.settings["trainings"]:
        folder = Path(one["folder"])
        record = folder / "record.json"
        found = storage.needed(storage.read_json(record), "found", record)
        trainings.append({**one, "found": found, "lines": storage.read_jsonl(folder / "curve.jsonl")})
    write_table(args.output_dir / "tables", rewards.rewards_table(trainings))
    with house_style():
        save(rewards.rewards_figure(trainings), args.output_dir / "figures", REWARDS)
    console.say(f"rewards of {args.label}: {len(trainings)} trainings")


if __name__ == "__main__":
    console.run(main)
