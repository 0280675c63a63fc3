"""Make the tables of questions on social groups: accuracies, bias scores, what tuning changed, what the order does.

Reads, below the evaluation's folder, each model's requests.jsonl and each arm's and seed's loglikelihoods.jsonl; writes
statistics.json there, and tables of the study.

Example, for a study that asks its arms the evaluation `kobbq`, after `snakemake --cores 1`:

  python scripts/tabulate_bias.py --folder results/mini/safe-chat/harness/kobbq \\
    --settings results/mini/settings/tabulate_bias/safe-chat_kobbq/settings.json --study-dir /tmp/study \\
    --output /tmp/statistics.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.harness import bias_answers, bias_statistics
from kotune.printing.table_files import write_table
from kotune.report import bias_tables


def read(folder: Path, labels: list[dict]) -> tuple[dict, list[bias_statistics.Run]]:
    """Return what was asked, by model, and what each model, arm and seed said."""
    models = list(dict.fromkeys(label["model"] for label in labels))
    asked = {model: bias_answers.read_asked(folder / model / "requests.jsonl") for model in models}
    runs = []
    for label in labels:
        model, arm, seed = label["model"], label["arm"], label["seed"]
        path = folder / model / arm / f"seed{seed}" / "loglikelihoods.jsonl"
        runs.append(bias_statistics.Run(model, arm, seed, bias_answers.read_said(path, asked[model])))
    return asked, runs


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, count, test, write."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="results/{scale}/{study}/harness/{evaluation}")
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"study", "evaluation", "title", "dataset", "listings", "arms": [[arm, models]], "labels": '
        '[{"model", "arm", "seed"}], "untuned": [arms], "statistics": {"seed", "resamples"}}',
    )
    parser.add_argument("--selected", type=json_or_file, help="settings of the model that was selected, JSON")
    parser.add_argument("--output", type=Path, required=True, help="statistics (JSON)")
    parser.add_argument("--study-dir", type=Path, required=True, help="folder in which tables/ lies")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    settings = args.settings
    asked, runs = read(args.folder, settings["labels"])
    winner = args.selected["name"] if args.selected else None
    given = {**settings["statistics"], "untuned": settings["untuned"]}
    found = {
        **{key: settings[key] for key in ("study", "evaluation", "listings")},
        **settings["statistics"],
        **bias_statistics.statistics_of(asked, runs, given, winner),
    }
    storage.write_json(args.output, found)
    for table in bias_tables.tables(settings, found):
        write_table(args.study_dir / "tables", table)
    label = f"{settings['study']}/{settings['evaluation']}"
    console.say(f"bias {label}: {len(found['means'])} numbers, {len(found['pairs'])} comparisons")


if __name__ == "__main__":
    console.run(main)
