"""Which files each script of the report opens, so that a rule can declare them: these, and no others.

Reads and writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.storage import Json
from kotune.report.view import FIGURES, Report


def _of_prompts(report: Report, name: str) -> list[Path]:
    return [report.prompt_folder(*one) / name for one in report.prompts()]


def _files_of(model: Json) -> list[str]:
    """Return the files that tell about a model; of a snapshot of the hub the last that its download writes."""
    if model["hub_id"]:
        return ["snapshot.json"]
    return ["config.json"] if model["parameters"] else ["config.json", "model.safetensors"]


def numbers_inputs(report: Report) -> list[str]:
    """Return the files that gather_numbers.py opens for one study."""
    everything = [*report.treatments(), *report.ensembles()]
    adapters = [report.adapter(one) for one in report.trained()]
    paths = [
        report.folder / "statistics.json",
        report.folder / "selection.json",
        *(report.audit(rowset) for rowset in report.rowsets()),
        *_of_prompts(report, "prompts.json"),
        *(folder / name for folder in adapters for name in ("curve.jsonl", "adapter_model.safetensors")),
        # rows are opened where clean-up marks cut answers
        *(report.rows(report["arms"][report.first_arm]["rowset"], split) for split in report["reported"]),
        *(report.answers(one) for one in everything),
        *(report.scores(one) for one in everything),
        *report.record_files(),
        *(f"{model['path']}/{name}" for model in report["models"] for name in _files_of(model)),
        *([report["published"]] if report["published"] else []),
    ]
    return [str(path) for path in paths]


def tables_inputs(report: Report) -> list[str]:
    """Return the files that make_tables.py opens, besides numbers.json and costs.json."""
    everything = [*report.treatments(), *report.ensembles()]
    paths = [
        report.folder / "statistics.json",
        report.folder / "selection.json",
        *(report.rows(report["arms"][report.first_arm]["rowset"], split) for split in report["reported"]),
        *(report.audit(rowset) for rowset in report.rowsets()),
        *_of_prompts(report, "prompts.json"),
        *(report.answers(one) for one in everything),
        *(report.scores(one) for one in everything),
        *report.record_files(),
        *([report["published"]] if report["published"] else []),
    ]
    return [str(path) for path in paths]


def figures_inputs(report: Report) -> list[str]:
    """Return the files that draw_figures.py opens, besides numbers.json."""
    adapters = [report.adapter(one) for one in report.trained()]
    arm = report["arms"][report.first_arm]
    paths = [
        *(folder / "curve.jsonl" for folder in adapters),
        *(
            report.prompt_folder(model, arm["rowset"], arm["prompt"]) / f"{split}.parquet"
            for model in arm["models"]
            for split in report["splits"]
        ),
    ]
    return [str(path) for path in paths]


def figure_names(report: Report) -> list[str]:
    """Return the figures that have something to show: those of training and of ensembles where the study has them."""
    left_out = {"training-curves", "tuned"} if not report.tuned_arms else set()
    left_out |= {"ensembles", "votes"} if not report.members else set()
    return [name for name in FIGURES if name not in left_out]


def paper_inputs(report: Report) -> list[str]:
    """Return the files that print_paper.py opens for one study, besides numbers.json, costs.json and paper/."""
    rowset = report["arms"][report.first_arm]["rowset"]
    paths = [
        *(report.folder / "tables" / f"{name}.json" for name in report.tables),
        *(report.folder / "figures" / f"{name}.svg" for name in report.figures),
        *_of_prompts(report, "prompts.json"),
        *(report.rows(rowset, split) for split in dict.fromkeys((report["splits"][0], report["reported"][0]))),
        report.folder / "selection.json",
    ]
    return [str(path) for path in paths]
