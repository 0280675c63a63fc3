"""What the report's scripts are asked, which files they read, and what `snakemake` without a target makes.

Looks which results are there; writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from kotune.core.storage import Json
from kotune.models.adapters import WEIGHTS
from kotune.plan import explorer, exports, judges, model_cards, rebuild, rehearsal
from kotune.plan.answers import all_treatments
from kotune.plan.paths import Plan, Wildcards, adapter_folder, answers_file, scores_file, selection_file
from kotune.printing.figure_style import FORMATS
from kotune.printing.table_files import WRITERS
from kotune.rehearsal import settings as rehearsals
from kotune.report import inputs, view
from kotune.report import settings as report_settings
from kotune.report.figures import figure_names
from kotune.report.tables.contents import table_names
from kotune.speed import settings as speed_settings
from kotune.study.study import Study

Inputs = Callable[[view.Report], list[str]]
PLAIN_ENDINGS = [ending for ending in WRITERS if ending != "html"]  # report.html shows the others


@lru_cache
def of_studies(plan: Plan) -> dict[str, Json]:
    """Return what the report needs to know of each study, by name."""
    return {
        name: report_settings.settings_of(study, plan.config, plan.beside) | _beside_trainings(plan, study)
        for name, study in plan.studies.items()
    }


def _beside_trainings(plan: Plan, study: Study) -> Json:
    """Return what stands beside a study's trainings: rehearsals that are there, and cards by what torch calls them.

    Nothing where no card has a price and no training was rehearsed.
    """
    found = rehearsal.of_trainings(plan, study)
    cards = rehearsals.cost_constants(plan.root)[0]["cards"]
    if not found and not any("price" in card for card in cards.values()):
        return {}
    said = {name: {key: card[key] for key in ("match", "price") if key in card} for name, card in cards.items()}
    return {"cards": said, **({"rehearsals": found} if found else {})}


def of_study(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the report needs to know of a job's study."""
    return of_studies(plan)[wildcards.study]


def of_evaluation(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the table and the figure of an evaluation are made by."""
    study = plan.study(wildcards)
    return report_settings.evaluation_of(study, study.evaluations[wildcards.evaluation], plan.config["datasets"])


def folders(plan: Plan) -> list[str]:
    """Return the results' folder of each study."""
    return [f"{plan.results}/{study}" for study in plan.studies]


def report_of(plan: Plan, study: str) -> view.Report:
    """Return a study as its report sees it."""
    return view.Report(of_studies(plan)[study], Path(plan.results, study))


def besides_numbers(plan: Plan, wildcards: Wildcards, files: Inputs) -> list[str]:
    """Return what a script reads for a job's study besides numbers.json and what is behind it.

    What numbers are gathered from changes them. Naming it for each table again, a thousand arms took seconds to plan.
    """
    one = report_of(plan, wildcards.study)
    behind = set(inputs.numbers_inputs(one))
    return [path for path in files(one) if path not in behind]


def of_all_studies(plan: Plan, wildcards: Wildcards, files: Inputs) -> list[str]:
    """Return what a script of the report reads for all studies together.

    A record is left out where the file that it is written with, by the same job, is there.
    """
    paths = [path for name in plan.studies for path in files(report_of(plan, name))]
    known = {path.removesuffix(".jsonl") for path in paths if path.endswith(".jsonl")}
    return [path for path in paths if path.removesuffix(".record.json") not in known]


def paper(plan: Plan) -> Json:
    """Return what printing the paper is asked."""
    notices = {key: plan.lens.get(key, "") for key in ("notice", "notice_ko")}
    told = {"scale": plan.scale, **notices, "rebuild": rebuild.commands(plan)}
    return {**told, "studies": list(of_studies(plan).values())}


def paper_source(plan: Plan) -> list[str]:
    """Return the files that the paper is written in."""
    found = sorted(plan.root.glob("paper/**/*"))
    return [plan.beside(path.relative_to(plan.root)) for path in found if path.is_file()]


def kept_measurements(plan: Plan) -> list[str]:
    """Return the kept measurements of speed and memory, a file a card."""
    found = sorted((plan.root / "config/speed/benchmarks").glob("*.json"))
    return [plan.beside(path.relative_to(plan.root)) for path in found]


def speed(plan: Plan) -> Json:
    """Return what the measurements are held against: the benchmarked model's shape, cards and constants."""
    cards, constants = rehearsals.cost_constants()
    return {"models": speed_settings.benchmarked_model(plan.config), "cards": cards, "constants": constants}


def submission_targets(plan: Plan) -> list[str]:
    """Return the submissions of the studies whose rows have a split without answers."""
    return [
        plan.under(name, f"submissions/{model}/{arm}/seed{seed}.csv")
        for name, study in plan.studies.items()
        for model, arm, seed in study.submissions()
    ]


def paper_targets(plan: Plan) -> list[str]:
    """Return what `snakemake` without a target makes: the paper, and what it shows, should any of that be gone.

    Rows, prompts and adapters are not asked for: what was answered with them need not be made again without them.
    Answers and scores are asked for where they are gone; else the paper's numbers ask for them. So is the record of an
    adapter that is there: without it nobody knows what the adapter was made with.
    """
    made = [
        file(plan, study.name, treatment, ending=ending)
        for study in plan.studies.values()
        for treatment in all_treatments(study)
        for file in (answers_file, scores_file)
        for ending in ("jsonl", "record.json")
    ]
    there = os.path.exists(f"{plan.results}/numbers.json")
    made = [path for path in made if not os.path.exists(path)] if there else []
    made += _lost_records(plan)
    for name in plan.studies:
        one = report_of(plan, name)
        tables = [f"tables/{table}.{ending}" for table in table_names(one) for ending in WRITERS]
        figures = [f"figures/{figure}.{ending}" for figure in figure_names(one) for ending in FORMATS]
        made += [plan.under(name, "statistics.json"), selection_file(plan, name)]
        made += [plan.under(name, path) for path in (*tables, *figures)]
    return [f"{plan.results}/{name}" for name in ("paper.pdf", "numbers.json", "costs.json")] + made


def _lost_records(plan: Plan) -> list[str]:
    """Return the records of adapters that are there without one."""
    folders = [
        adapter_folder(plan, study.name, treatment)
        for study in plan.studies.values()
        for treatment in study.treatments()
        if not study.untuned(treatment[1])
    ]
    return [
        f"{folder}/record.json"
        for folder in folders
        if os.path.exists(f"{folder}/{WEIGHTS}") and not os.path.exists(f"{folder}/record.json")
    ]


def targets(plan: Plan) -> list[str]:
    """Return what `snakemake` without a target makes: paper, submissions, exports, cards, verdicts; or rehearsals."""
    if "rehearsal" in plan.lens:
        return rehearsal.targets(plan)
    taken_home = exports.targets(plan) + model_cards.targets(plan)
    printed = [*paper_targets(plan), explorer.path(plan)]
    return printed + submission_targets(plan) + taken_home + judges.targets(plan)
