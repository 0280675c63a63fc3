"""Clean-up: how many answers each mark cut, and what that did to their character F1.

Reads answers, their records and rows; gives entries for numbers.json. An ensemble's answers are its members', cut
before it chose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kotune.core.storage import Json, read_json, read_jsonl, read_parquet
from kotune.printing.numbers import count, number, treatment_key
from kotune.report.view import Report, Treatment
from kotune.scoring.answer_files import gold_answers
from kotune.scoring.metrics.text import char_f1_of

TITLES = {"\n": "line break", "\t": "tab"}
ALL = "all marks"


def mark_title(mark: str) -> str:
    """Return a mark's name in print and in keys: what cannot be seen is named."""
    if mark in TITLES:
        return TITLES[mark]
    return f"{len(mark)} space{'s' * (len(mark) > 1)}" if not mark.strip(" ") else mark


def uncut(raw: str, control: Sequence[str]) -> str:
    """Return the answer as it would stand without marks: what was generated, less control tokens and outer space."""
    return (re.sub("|".join(map(re.escape, control)), "", raw) if control else raw).strip()


def _marks(report: Report, treatment: Treatment) -> tuple[list[str], list[str]]:
    """Return the marks that a treatment's answers are cut at, and its family's control tokens."""
    asked = read_json(report.answers(treatment, "record.json"))["asked"]
    marks = (asked.get("generation", {}).get("cleanup") or {}).get("cut_at", [])
    return marks, asked.get("model", {}).get("required_tokens", [])


def marks_of(report: Report) -> dict[Treatment, list[str]]:
    """Return the marks of each treatment that has any."""
    found = {treatment: _marks(report, treatment)[0] for treatment in report.treatments()}
    return {treatment: marks for treatment, marks in found.items() if marks}


def _scores(lines: list[Json], golds: dict[str, list[str]], control: list[str]) -> tuple[list[float], list[float]]:
    """Return each answer's character F1 as it would be uncut, and as it is."""
    after = [char_f1_of(line["answer"], golds[line["id"]]) for line in lines]
    before = [
        char_f1_of(uncut(line["raw"], control), golds[line["id"]]) if line["cut"] else score
        for line, score in zip(lines, after, strict=True)
    ]
    return before, after


def _of_split(
    start: str, lines: list[Json], before: list[float], after: list[float], marks: list[str], records: list[str]
) -> dict[str, Json]:
    """Return one split's numbers: of each mark, and of all together."""
    rows, entries = len(lines), {}
    for mark in (*marks, None):
        changes = [
            new - old
            for line, new, old in zip(lines, after, before, strict=True)
            if line["cut"] and mark in (line["cut"], None)
        ]
        key = f"{start}.{ALL if mark is None else mark_title(mark)}"
        entries[f"{key}.cut"] = count(len(changes), records, n=rows)
        entries[f"{key}.better"] = count(sum(change > 0 for change in changes), records, n=rows)
        entries[f"{key}.worse"] = count(sum(change < 0 for change in changes), records, n=rows)
        entries[f"{key}.change"] = number(sum(changes) / max(1, rows), 3, records, sign=True, n=rows)
    entries[f"{start}.{ALL}.uncut"] = number(sum(before) / max(1, rows), 3, records, n=rows)
    entries[f"{start}.{ALL}.scored"] = number(sum(after) / max(1, rows), 3, records, n=rows)
    return entries


def cleanup(report: Report) -> dict[str, Json]:
    """Return what each mark did to each treatment's answers on each reported split, and how many were cut in all."""
    entries: dict[str, Json] = {}
    cut: list[Json] = []  # how many answers of each treatment and split were cut
    records = [report.shown(report.answers(one, "record.json")) for one in report.treatments()]
    rowset, marked, gold = report.first["rowset"], marks_of(report), report["task"]["gold"]
    golds = {
        split: {
            row["id"]: gold_answers(row, split, gold) for row in read_parquet(report.rows(rowset, split)).to_dicts()
        }
        for split in (report["reported"] if marked else [])
    }
    for treatment, marks in marked.items():
        model, arm, seed = treatment
        control = _marks(report, treatment)[1]
        lines = read_jsonl(report.answers(treatment))
        own = [report.shown(report.answers(treatment, "record.json"))]
        for split in report["reported"]:
            start = f"{treatment_key(report.name, 'cleanup', model, arm, seed)}.{split}"
            of_split = [line for line in lines if line["split"] == split]
            entries |= _of_split(start, of_split, *_scores(of_split, golds[split], control), marks, own)
            cut.append(entries[f"{start}.{ALL}.cut"])
    total = sum(entry["n"] for entry in cut)
    entries[f"{report.name}.cleanup.marked"] = count(len(marked), records)
    entries[f"{report.name}.cleanup.answers"] = count(total, records)
    entries[f"{report.name}.cleanup.cut"] = count(sum(entry["value"] for entry in cut), records, n=total)
    return entries
