"""Make the tables, the figure and the result files of an evaluation by lm-evaluation-harness.

Reads, below the evaluation's folder, data/audit.json and of each model requests.jsonl, record.json and each arm's and
seed's loglikelihoods.jsonl; writes statistics.json there, result files in the harness's layout beside the sums
({model}/{arm}/seed{n}/results-*.json), and tables and figures of the study.

Example, for a study that asks its arms the evaluation `kobest`, after `snakemake --cores 1`:

  python scripts/tabulate_harness.py --folder results/mini/instruct-ko/harness/kobest \\
    --settings results/mini/settings/tabulate_harness/instruct-ko_kobest/settings.json --study-dir /tmp/study \\
    --output /tmp/statistics.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.harness import benchmark, predictions, result_files, statistics
from kotune.printing.figure_style import house_style, save
from kotune.printing.table_files import write_table
from kotune.report import harness_figure, harness_numbers, harness_tables


def read(folder: Path, settings: dict, audit: dict) -> tuple[benchmark.Benchmark, list[benchmark.Run]]:
    """Return what was asked, and what each model, arm and seed said."""
    models = list(dict.fromkeys(label["model"] for label in settings["labels"]))
    items = {model: predictions.read_items(folder / model / "requests.jsonl") for model in models}
    metrics = {task: storage.needed(audit["tasks"], task, folder)["metrics"] for task in settings["tasks"]}
    runs = [
        benchmark.Run(model, arm, seed, predictions.read_said(folder / path, items[model]))
        for model, arm, seed in ((label["model"], label["arm"], label["seed"]) for label in settings["labels"])
        for path in [f"{model}/{arm}/seed{seed}/loglikelihoods.jsonl"]
    ]
    return benchmark.Benchmark(settings["tasks"], metrics, items), runs


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, count, test, write."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="results/{scale}/{study}/harness/{evaluation}")
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"study", "evaluation", "title", "tasks", "arms": [[arm, models]], "labels": [{"model", "arm", '
        '"seed"}], "untuned": [arms], "statistics": {"seed", "resamples"}, "digits"}',
    )
    parser.add_argument("--selected", type=json_or_file, help="settings of the model that was selected, JSON")
    parser.add_argument("--output", type=Path, required=True, help="statistics (JSON)")
    parser.add_argument("--study-dir", type=Path, required=True, help="folder in which tables/ and figures/ lie")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    settings, audit = args.settings, storage.read_json(args.folder / "data/audit.json")
    asked, runs = read(args.folder, settings, audit)
    winner = args.selected["name"] if args.selected else None
    found = statistics.statistics_of(asked, runs, {**settings["statistics"], "untuned": settings["untuned"]}, winner)
    leaks = [{"task": task, **leak} for task in settings["tasks"] for leak in audit["tasks"][task].get("leaks", [])]
    told = {key: settings[key] for key in ("study", "evaluation", "tasks")}
    found = {**told, **settings["statistics"], **found, "leaks": leaks}
    storage.write_json(args.output, found)
    for run in runs:
        record = storage.read_json(args.folder / run.model / "record.json")
        for row in asked.asked:
            path = args.folder / run.model / run.arm / f"seed{run.seed}" / result_files.name_of(row)
            storage.write_json(path, result_files.document(asked, run, row, audit["tasks"], record))
    numbers = harness_numbers.numbers_of(settings, found)
    for table in harness_tables.tables(settings, found, numbers):
        write_table(args.study_dir / "tables", table)
    with house_style():
        save(harness_figure.figure(settings, found, numbers), args.study_dir / "figures", harness_figure.name(settings))
    above = sum(one["above"] for one in found["above"])
    console.say(
        f"harness {settings['study']}/{settings['evaluation']}: {len(found['means'])} numbers, {len(found['pairs'])} "
        f"comparisons; {above} of {len(found['above'])} are above every floor"
    )


if __name__ == "__main__":
    console.run(main)
