"""Make the tables of a panel: one model's answers to several prompts by votes and by its own choice, beside models.

Reads the rows files that are counted and answer files, as the settings name them; writes statistics.json and tables.

Example, after `snakemake --cores 1` for the study econ-qa-tries:

  python scripts/tabulate_panel.py --settings results/mini/settings/tabulate_panel/econ-qa-tries/settings.json \\
    --rows results/mini/econ-qa/rows/all/test.parquet --output /tmp/statistics.json --study-dir /tmp/study
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.printing.table_files import write_table
from kotune.report import panel_tables
from kotune.scoring import answer_files, panels
from kotune.scoring.ballots import Ballot, make_ballots


def ballots_of(files: list[str], rows: dict[str, list[dict]], columns: dict) -> list[Ballot]:
    """Return the ballots of answer files on some rows; one file is one member."""
    answers = [answer_files.read_answers(file) for file in files]
    kept = [{key: line for key, line in one.items() if key[0] in rows} for one in answers]
    for file, one in zip(files, kept, strict=True):
        answer_files.require_same_rows(one, rows, file)
    return make_ballots(files, kept, files, rows, columns)


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, count, test, write."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"study", "arm", "answers": arms, "beside": models, "of_models": [{"model", "seeds": [{"seed", '
        '"prompts": files, "choice": file, "models": files}]}], "columns", "overlong", "statistics": {"seed", '
        '"resamples"}, "digits"}',
    )
    parser.add_argument("--rows", required=True, nargs="+", help="rows files of the splits that are counted")
    parser.add_argument("--output", type=Path, required=True, help="statistics (JSON)")
    parser.add_argument("--study-dir", type=Path, required=True, help="folder in which tables/ lies")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    settings, rows = args.settings, answer_files.read_rows(args.rows)
    asked = {**settings["statistics"], "overlong": settings["overlong"]}
    found: storage.Json = {"means": [], "pairs": [], "listed": []}
    for of_model in settings["of_models"]:
        for split, of_split in rows.items():
            here, columns, every, seeds = {split: of_split}, settings["columns"], [], []
            for one in of_model["seeds"]:
                prompts = ballots_of(one["prompts"], here, columns)
                several = ballots_of(one["models"], here, columns) if one["models"] else []
                chosen = answer_files.read_answers(one["choice"])
                every.append(panels.contenders(prompts, several, settings["answers"], chosen))
                seeds.append(one["seed"])
            means, pairs = panels.compared(every, prompts, split, seeds, asked)
            taken = panels.taken_from(prompts, every[-1][-1])
            for name, lines in (("means", means), ("pairs", pairs), ("listed", [{"split": split, **taken}])):
                found[name] += [{"of": of_model["model"], **line} for line in lines]
    panels.judge(found["pairs"])
    storage.write_json(args.output, {"study": settings["study"], **settings["statistics"], **found})
    for table in panel_tables.tables(settings, found):
        write_table(args.study_dir / "tables", table)
    console.say(f"panel of {settings['study']}: {len(found['means'])} numbers, {len(found['pairs'])} comparisons")


if __name__ == "__main__":
    console.run(main)
