"""The paper: put its source and the data that it quotes in one folder, and compile it with Typst.

Reads paper/, numbers.json, costs.json, tables, figures, prompts and rows; writes the build folder and the PDF. The
folder is complete: ``typst compile --font-path fonts paper.typ`` compiles it anywhere. The PDF has no date and
no font of the machine, so equal inputs give equal bytes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.names import UNIT
from kotune.core.storage import Json, explained, needed, read_json, read_parquet, replacing, write_json, write_text
from kotune.printing.escaping import visible_lines
from kotune.printing.figure_style import font_files
from kotune.printing.shortening import CELL, NAME, PASSAGE, Room, shortened
from kotune.report import bias_names, evaluation_names, harness_names, hiding, leak_names, mixture_names, quality_names
from kotune.report.figures import figure_names
from kotune.report.tables.contents import table_names
from kotune.report.view import Report, gold_text

SHOWN_ROWS = 12  # of the unit with the most rows; a figure does not go over two pages


def _shown(text: str | None, room: Room = PASSAGE) -> str | None:
    """Return a text of a row or a prompt as the paper sets it: shortened, with what cannot be seen spelt out."""
    return None if text is None else visible_lines(shortened(text, room))


def example_unit(rows: list[Json], task: Json) -> Json:
    """Return the unit (of context-qa: the article) with the most rows, of equals the first in the file, with its rows.

    ``task``: the columns, as `rows.task.shown` gives them. What the unit's rows share stands beside them. Long texts
    are shortened; of many rows the first are shown, and ``more`` says how many are not.
    """
    by_unit: dict[str, list[Json]] = {}
    for row in rows:
        by_unit.setdefault(row[UNIT], []).append(row)
    if not by_unit:
        raise UserError(f"the split whose {task['unit']} the paper shows has no rows; name another split in the study")
    of_unit = max(by_unit.values(), key=len)
    asked = [column["name"] for column in task["asked"] if column["name"] != task["together"]]
    return {
        "ids": [_shown(row["id"], NAME) for row in of_unit[:SHOWN_ROWS]],
        "more": len(of_unit[SHOWN_ROWS:]),
        task["together"]: _shown(of_unit[0][task["together"]]),
        "questions": [
            {
                **{column: _shown(row[column], CELL) for column in asked},
                "answer": _shown(gold_text(row, task["gold"]), CELL),
                "reasoning": _shown(row.get(task["reasoning"]), CELL),
            }
            for row in of_unit[:SHOWN_ROWS]
        ],
    }


def template_of(prompt: str, completion: str, rows: list[Json], task: Json) -> tuple[str, str]:
    """Return a prompt and its completion with the row's own texts replaced by their titles in braces, and {answer}.

    A prompt in which no row is found is returned as it is.
    """
    for row in rows:
        said = [(row[column["name"]].strip(), column["title"]) for column in task["asked"]]
        texts = [(text, title) for text, title in said if text]
        if all(text in prompt for text, _ in texts):
            for text, title in texts:
                prompt = prompt.replace(text, "{" + title + "}")
            return prompt, completion.replace(gold_text(row, task["gold"]), "{answer}", 1)
    return prompt, completion


def example_prompts(report: Report, rows: list[Json]) -> Json:
    """Return the selected model's prompt in full, and the other families' as templates, each family once."""
    arm = report.main
    winner = read_json(report.folder / "selection.json")["winner"]["model"]
    first = winner if winner in arm["models"] else arm["models"][0]
    documents = {}
    for model in [first, *report.first["models"]]:
        of = arm if model in arm["models"] else report.first
        path = report.prompt_folder(model, of["rowset"], of["prompt"]) / "prompts.json"
        document = read_json(path)
        example = needed(document, "example", path)
        documents[model] = {"model": model, "family": needed(document, "family", path), **example}
    templates, families = [], {documents[first]["family"]}
    for model, document in documents.items():
        if document["family"] not in families:
            families.add(document["family"])
            prompt, completion = template_of(document["prompt"], document["completion"], rows, report["task"])
            templates.append({**document, "model": model, "prompt": _shown(prompt), "completion": _shown(completion)})
    shown = documents[first]
    both = {part: _example(report, arm["rowset"], shown[part]) for part in ("prompt", "completion")}
    if report.first["rowset"] in report.settings.get(hiding.KEY, ()):
        templates = []
    return {"shown": {**shown, **both}, "templates": templates, "arms": _of_other_arms(report, winner)}


def _of_other_arms(report: Report, winner: str) -> Json:
    """Return, for each arm that is trained besides the main one, a row as one of its models learns it."""
    found = {}
    for name in report.trained_arms:
        arm = report["arms"][name]
        if name != report.main_arm:
            model = winner if winner in arm["models"] else arm["models"][0]
            path = report.prompt_folder(model, arm["rowset"], arm["prompt"]) / "prompts.json"
            example = needed(read_json(path), "example", path)
            parts = {part: _example(report, arm["rowset"], example[part]) for part in ("prompt", "completion")}
            found[name] = {"model": model, **parts}
    return found


def _example(report: Report, rowset: str, text: str) -> str | None:
    """Return a part of an example prompt as the paper sets it; of rows that are not shown, that it is not."""
    return hiding.HIDDEN if rowset in report.settings.get(hiding.KEY, ()) else _shown(text)


def _copy(source: Path, target: Path) -> None:
    with explained(source, "read"):
        source.open("rb").close()
    with replacing(target) as beside:
        shutil.copyfile(source, beside)


def _copy_folder(source: Path, target: Path, pattern: str) -> None:
    found = sorted(source.glob(pattern))
    if not found:
        raise UserError(f"{source}: holds no file {pattern}, which the paper needs; run the rule that makes it")
    for path in found:
        _copy(path, target / path.name)


def stage_study(report: Report, build: Path) -> None:
    """Put a study's tables, figures, example article and prompts where its part of the paper reads them."""
    folder = build / "data" / report.name
    _copy_folder(report.folder / "tables", folder / "tables", "*.json")
    _copy_folder(report.folder / "figures", folder / "figures", "*.svg")
    if report.settings.get("choice"):
        _copy(report.folder / "selection.json", folder / "selection.json")
    rowset = report.first["rowset"]
    shown = hiding.shown_rows(report, rowset, report["reported"][0])
    write_json(folder / "article.json", example_unit(shown, report["task"]))
    train = read_parquet(report.rows(rowset, report["splits"][0])).to_dicts()
    write_json(folder / "prompts.json", example_prompts(report, train))


def general_part(report: Report) -> str:
    """Return the part of a study that has none of its own: the general chapter on its tables and figures."""
    besides = (
        evaluation_names.table_names,
        harness_names.all_tables,
        bias_names.all_tables,
        leak_names.names,
        mixture_names.table_names,
        quality_names.table_names,
        evaluation_names.file_names,
        harness_names.all_figures,
        mixture_names.figure_names,
        quality_names.figure_names,
    )
    elsewhere = [name for names in besides for name in names(report.settings)]
    shown = {"provenance", "protocol", *elsewhere}  # in the paper
    names = [[name for name in found if name not in shown] for found in (table_names(report), figure_names(report))]
    told = ", ".join("(" + "".join(f"{json.dumps(name)}, " for name in found) + ")" for found in names)
    return f'#import "general.typ": general\n\n#general({json.dumps(report.name)}, {told})\n'


def cited_models(reports: list[Report]) -> Json:
    """Return the bibliography's entries of the models that studies name or stand for: their addresses on the hub."""
    found = [model["stands_for"] or model["hub_id"] for report in reports for model in report["models"]]
    return {
        "model-" + re.sub(r"[^A-Za-z0-9]+", "-", one).lower(): {
            "type": "misc",
            "title": one,
            "author": one.split("/")[0],
            "url": f"https://huggingface.co/{one}",
        }
        for one in sorted({one for one in found if one})
    }


def stage(
    source: Path, build: Path, numbers: Path, costs: Path, speed: list[Path], settings: Json, reports: list[Report]
) -> None:
    """Make the build folder anew: the paper's source, fonts, numbers, the appendix's files and every study's data."""
    if build.exists() and any(build.iterdir()) and not (build / "paper.typ").exists():
        raise UserError(f"{build}: holds other things than a paper; name a folder that may be made anew")
    with explained(build, "make the paper's folder"):
        if build.exists():
            shutil.rmtree(build)
        build.mkdir(parents=True)
    _copy(source / "paper.typ", build / "paper.typ")
    _copy(source / "references.yml", build / "references.yml")
    _copy_folder(source / "parts", build / "parts", "*.typ")
    for report in reports:
        part = build / "parts" / f"{report.name}.typ"
        if not part.exists():
            write_text(part, general_part(report))
        stage_study(report, build)
    for path in font_files():
        _copy(path, build / "fonts" / path.name)
    _copy(numbers, build / "data" / "numbers.json")
    _copy(costs, build / "data" / "costs.json")
    for path in speed:
        _copy(path, build / "data" / "speed" / path.name)
    write_json(build / "data" / "report.json", settings)
    write_json(build / "data" / "models.yml", cited_models(reports))  # JSON is YAML, too


def compile_paper(build: Path, format: str = "pdf") -> list[bytes]:
    """Set the staged paper; return the PDF, or one picture a page for ``png`` and ``svg``.

    Raises UserError with Typst's own words, which name the missing number or the faulty line.
    """
    import typst

    try:
        pages = typst.compile(
            str(build / "paper.typ"),
            root=str(build),
            font_paths=[str(build / "fonts")],
            ignore_system_fonts=True,
            format=format,
            ppi=110 if format == "png" else None,
        )
    except typst.TypstError as error:
        print(error.diagnostic, file=sys.stderr)  # for the log: file, line and what led there
        said = str(error.message).removeprefix("panicked with: ").strip('"')
        raise UserError(f"{build / 'paper.typ'}: {said}") from error
    return pages if isinstance(pages, list) else [pages]


def write_paper(build: Path, pdf: str | os.PathLike) -> int:
    """Set the staged paper and write the PDF; return its size in bytes."""
    document = compile_paper(build)[0]
    with replacing(pdf) as beside:
        beside.write_bytes(document)
    return len(document)
