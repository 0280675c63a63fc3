"""Which files each script of the report opens, so that a rule can declare them: these, and no others.

Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kotune.core.storage import Json
from kotune.report import flipped
from kotune.report.figures import figure_names
from kotune.report.gather.quality import document_file
from kotune.report.tables.contents import table_names
from kotune.report.view import Report


def _summaries(report: Report) -> list[Path]:
    """Return the summaries of all prompts."""
    return [report.prompt_folder(*one) / "prompts.json" for one in report.prompts()]


def _of_everything(report: Report) -> list[Path]:
    """Return answers, scores and records of all that was answered, and the records of what was trained."""
    everything = [*report.treatments(), *report.ensembles()]
    return [
        *(report.answers(one) for one in everything),
        *(report.scores(one) for one in everything),
        *report.record_files(),
    ]


def _shown_rows(report: Report, splits: Iterable[str]) -> list[Path]:
    """Return rows of the first arm, which are those that are shown and counted."""
    return [report.rows(report.first["rowset"], split) for split in splits]


def _published(report: Report) -> list[Path]:
    return [Path(report["published"])] if report["published"] else []


def harness_statistics(report: Report) -> list[Path]:
    """Return the statistics of a study's evaluations by lm-eval and on social groups, and of its panel."""
    asked = [one for key in ("harness", "bias") for one in report.settings.get(key, [])]
    panel = [report.panel] if report.settings.get("panel") else []
    return [*(report.harness(one["evaluation"]) for one in asked), *panel]


def _programs(report: Report) -> list[Path]:
    """Return the scores of evaluations that run programs, whose outcomes are counted."""
    asked = [one for one in report.settings.get("evaluations", ()) if "programs" in one]
    return [
        report.scores(treatment, evaluation=one["name"])
        for one in asked
        for treatment in report.treatments(*one["arms"])
    ]


def _files_of(model: Json) -> list[str]:
    """Return the files that tell about a model; of a snapshot of the hub the last that its download writes."""
    if model["hub_id"]:
        return ["snapshot.json"]
    return ["config.json"] if model["parameters"] else ["config.json", "model.safetensors"]


def numbers_inputs(report: Report) -> list[str]:
    """Return the files that gather_numbers.py opens for one study."""
    adapters = [report.adapter(one) for one in report.trained()]
    paths = [
        report.folder / "statistics.json",
        report.folder / "selection.json",
        *(report.audit(rowset) for rowset in report.rowsets()),
        *_summaries(report),
        *(folder / "curve.jsonl" for folder in adapters),
        # rows are opened where clean-up marks cut answers
        *_shown_rows(report, report["reported"]),
        *_of_everything(report),
        *(f"{model['path']}/{name}" for model in report["models"] for name in _files_of(model)),
        *_published(report),
        *harness_statistics(report),
        *document_file(report),
        *report.settings.get("rehearsals", {}).values(),
        *flipped.files(report),
        *_programs(report),
    ]
    return list(dict.fromkeys(map(str, paths)))


def tables_inputs(report: Report) -> list[str]:
    """Return the files that make_tables.py opens, besides numbers.json and costs.json."""
    paths = [
        report.folder / "statistics.json",
        report.folder / "selection.json",
        *_shown_rows(report, report["reported"]),
        *(report.audit(rowset) for rowset in report.rowsets()),
        *_summaries(report),
        *_of_everything(report),
        *_published(report),
    ]
    return [str(path) for path in paths]


def figures_inputs(report: Report) -> list[str]:
    """Return the files that draw_figures.py opens, besides numbers.json."""
    arm = report.first
    paths = [
        *(report.adapter(one) / "curve.jsonl" for one in report.trained()),
        *(
            report.prompt_folder(model, arm["rowset"], arm["prompt"]) / f"{split}.parquet"
            for model in arm["models"]
            for split in report["splits"]
        ),
    ]
    return [str(path) for path in paths]


def paper_inputs(report: Report) -> list[str]:
    """Return the files that print_paper.py opens for one study, besides numbers.json, costs.json and paper/."""
    shown = dict.fromkeys((report["splits"][0], report["reported"][0]))
    paths = [
        *(report.folder / "tables" / f"{name}.json" for name in table_names(report)),
        *(report.folder / "figures" / f"{name}.svg" for name in figure_names(report)),
        *_summaries(report),
        *_shown_rows(report, shown),
        report.folder / "selection.json",
    ]
    return [str(path) for path in paths]
