"""Write tables as CSV, Markdown, HTML, LaTeX (booktabs) and JSON (which the paper reads).

Text may be a model's output, so each writer treats it as untrusted: it never becomes markup or a formula. Only CSV
holds a long text whole; elsewhere it is shortened with a note (`printing.shortening`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from kotune.core.storage import Json, to_json, write_text
from kotune.printing.escaping import csv_text, html_text, latex_text, markdown_text, visible_lines
from kotune.printing.shortening import CELL, PASSAGE, shortened
from kotune.printing.table import Cell, Column, Table


def to_csv(table: Table) -> str:
    """Return the table as CSV with raw values; an interval has three columns: x, x_low, x_high."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads: list[str] = []
    for column in table.columns:
        heads += [column.name]
        heads += [f"{column.name}_low", f"{column.name}_high"] if column.kind == "interval" else []
    writer.writerow(heads)
    for row in table.rows:
        line: list[object] = []
        for column, cell in zip(table.columns, row, strict=True):
            line.append(csv_text(cell.value) if isinstance(cell.value, str) else cell.value)
            line += [cell.low, cell.high] if column.kind == "interval" else []
        writer.writerow(["" if value is None else value for value in line])
    return out.getvalue()


def _printed(table: Table) -> list[int]:
    """Return the places of the columns that are shown on a page; a long text stands in CSV and JSON alone."""
    return [place for place, column in enumerate(table.columns) if column.printed]


def _markdown_cell(cell: Cell) -> str:
    value = markdown_text(shortened(cell.text, CELL))
    value = f"**{value}**" if cell.strong and value else value
    if cell.instead:
        return f"{value} {markdown_text(cell.instead)}"
    return f"{value} [{cell.low_text}, {cell.high_text}]" if cell.low_text else value


def to_markdown(table: Table) -> str:
    """Return the table as a Markdown table with its title above and its notes below."""
    places = _printed(table)
    columns = [table.columns[place] for place in places]
    heads = [f"{column.group}: {column.title}" if column.group else column.title for column in columns]
    lines = [f"**{markdown_text(table.title)}**", "", "| " + " | ".join(map(markdown_text, heads)) + " |"]
    lines.append("|" + "|".join(" --- " if column.kind == "text" else " ---: " for column in columns) + "|")
    for row in table.rows:
        lines.append("| " + " | ".join(_markdown_cell(row[place]) for place in places) + " |")
    lines += ["", *(f"{markdown_text(note)}  " for note in table.notes)] if table.notes else []
    return "\n".join(lines) + "\n"


def _latex_cell(cell: Cell) -> str:
    value = latex_text(shortened(cell.text, CELL))
    if cell.key and value.startswith("-"):
        value = f"$-${value[1:]}"
    value = rf"\textbf{{{value}}}" if cell.strong and value else value
    if cell.low_text:
        ends = ", ".join(re.sub(r"^-", "$-$", latex_text(end)) for end in (cell.low_text, cell.high_text))
        value += rf" {{\scriptsize [{ends}]}}"
    return value + rf" {{\scriptsize {latex_text(cell.instead)}}}" if cell.instead else value


def _spans(columns: Sequence[Column]) -> list[tuple[str, int, int]]:
    """Return (group, first, last) of the heads that span columns, counted from 1; nothing when there are no groups."""
    spans: list[tuple[str, int, int]] = []
    for number, column in enumerate(columns, start=1):
        if spans and spans[-1][0] == column.group and column.group:
            spans[-1] = (column.group, spans[-1][1], number)
        else:
            spans.append((column.group, number, number))
    return spans if any(group for group, _, _ in spans) else []


_HTML_STYLE = """
body { font: 14px/1.45 system-ui, "Noto Sans KR", "Malgun Gothic", sans-serif; margin: 1.5em }
body { color: #222; background: #fff }
table { border-collapse: collapse; border-top: 2px solid #222; border-bottom: 2px solid #222 }
caption { text-align: left; font-weight: 600; padding-bottom: .5em }
th, td { padding: .25em .7em; text-align: right; vertical-align: top; white-space: nowrap }
th { font-weight: 500; vertical-align: bottom } thead tr:last-child th { border-bottom: 1px solid #222 }
th.span { text-align: center; border-bottom: 1px solid #999 } tr.rule td { border-top: 1px solid #999 }
.text { text-align: left; white-space: normal } small { color: #777; display: block } p { color: #666; max-width: 60em }
"""


def _html_cell(column: Column, cell: Cell) -> str:
    value = html_text(shortened(cell.text, CELL))
    value = f"<strong>{value}</strong>" if cell.strong else value
    value += f"<small>[{cell.low_text}, {cell.high_text}]</small>" if cell.low_text else ""
    value += f"<small>{html_text(cell.instead)}</small>" if cell.instead else ""
    kind = ' class="text"' if column.kind == "text" else ""
    return f"<td{kind}" + (f' title="{html_text(cell.key)}"' if cell.key else "") + f">{value}</td>"


def to_html(table: Table) -> str:
    """Return the table as a page of its own; a number shows its key when it is pointed at."""
    places = _printed(table)
    columns = [table.columns[place] for place in places]
    spans = _spans(columns)
    heads = [
        f'<th class="span" colspan="{last - first + 1}">{html_text(group)}</th>' if group else "<th></th>"
        for group, first, last in spans
    ]
    titles = [
        ('<th class="text">' if column.kind == "text" else "<th>") + f"{html_text(column.title)}</th>"
        for column in columns
    ]
    lines = ['<!doctype html><html lang="en"><meta charset="utf-8">', f"<title>{html_text(table.title)}</title>"]
    lines += [f"<style>{_HTML_STYLE}</style>", f"<table><caption>{html_text(table.title)}</caption>", "<thead>"]
    lines += [f"<tr>{''.join(row)}</tr>" for row in (heads, titles) if row]
    lines.append("</thead><tbody>")
    for number, row in enumerate(table.rows):
        rule = ' class="rule"' if number in table.rules else ""
        lines.append(f"<tr{rule}>{''.join(_html_cell(table.columns[place], row[place]) for place in places)}</tr>")
    lines += ["</tbody></table>", *(f"<p>{html_text(note)}</p>" for note in table.notes), "</html>"]
    return "\n".join(lines) + "\n"


def _latex_groups(columns: Sequence[Column]) -> list[str]:
    """Return the line of heads that span several columns, and the rules below it."""
    spans = _spans(columns)
    if not spans:
        return []
    heads = [
        rf"\multicolumn{{{last - first + 1}}}{{c}}{{{latex_text(group)}}}" if group else ""
        for group, first, last in spans
    ]
    rules = [rf"\cmidrule(lr){{{first}-{last}}}" for group, first, last in spans if group]
    return [" & ".join(heads) + r" \\", " ".join(rules)]


def to_latex(table: Table) -> str:
    """Return the table as a LaTeX table with booktabs rules; needs ``\\usepackage{booktabs}`` and a Korean font."""
    places = _printed(table)
    columns = [table.columns[place] for place in places]
    layout = "".join("l" if column.kind == "text" else "r" for column in columns)
    lines = [r"\begin{table}", r"\centering", rf"\caption{{{latex_text(table.title)}}}", rf"\label{{tab:{table.name}}}"]
    lines += [rf"\begin{{tabular}}{{{layout}}}", r"\toprule", *_latex_groups(columns)]
    lines += [" & ".join(latex_text(column.title) for column in columns) + r" \\", r"\midrule"]
    for number, row in enumerate(table.rows):
        lines += [r"\midrule"] if number in table.rules else []
        lines.append(" & ".join(_latex_cell(row[place]) for place in places) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\smallskip{{\footnotesize {latex_text(note)}\par}}" for note in table.notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def to_document(table: Table) -> Json:
    """Return the table as JSON: what the paper sets, and where each cell comes from (``key``)."""
    fields = ("text", "low_text", "high_text", "instead", "key", "strong")

    def safe(value: str | bool) -> str | bool:
        return visible_lines(shortened(value, PASSAGE)) if isinstance(value, str) else value

    return {
        "name": table.name,
        "title": table.title,
        "columns": [
            {"name": column.name, "title": column.title, "kind": column.kind, "group": column.group}
            | ({} if column.printed else {"printed": False})
            for column in table.columns
        ],
        "rows": [
            [{name: safe(getattr(cell, name)) for name in fields if getattr(cell, name)} for cell in row]
            for row in table.rows
        ],
        "rules": sorted(table.rules),
        "notes": list(table.notes),
    }


WRITERS: dict[str, Callable[[Table], str]] = {
    "csv": to_csv,
    "md": to_markdown,
    "html": to_html,
    "tex": to_latex,
    "json": lambda table: to_json(to_document(table)),
}


def write_table(folder: str | Path, table: Table) -> None:
    """Write a table in each format, as {name}.{ending}."""
    for ending, written in WRITERS.items():
        write_text(Path(folder) / f"{table.name}.{ending}", written(table))
