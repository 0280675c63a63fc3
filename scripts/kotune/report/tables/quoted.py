"""The tables that quote: example answers, chosen by a rule, and the numbers that others published.

Read numbers, answers, scores, rows and config/published/; see `report.inputs.tables_inputs`.
"""

from __future__ import annotations

from itertools import groupby

from kotune.core.storage import Json, read_json, read_jsonl
from kotune.printing.numbers import Numbers
from kotune.printing.table import Cell, Column, Table, build, shown, shown_at, text
from kotune.report import hiding
from kotune.report.gather.examples import Example, Scores, Side, best_tuned, choose_examples, shown_sides
from kotune.report.gather.published import count_key, document_of, our_key, our_side, score_key, score_name, votes_split
from kotune.report.gather.votes import vote_patterns
from kotune.report.tables import published_choice, published_tasks
from kotune.report.tables.answered import UNASKED
from kotune.report.titles import method_title, metric_title, side_title
from kotune.report.view import Report, gold_text
from kotune.scoring.answer_files import was_asked


def _rows_by_id(report: Report) -> dict[tuple[str, str], Json]:
    return {
        (split, row["id"]): row
        for split in report["reported"]
        for row in hiding.shown_rows(report, report.first["rowset"], split)
    }


def _answers_by_id(report: Report, side: Side) -> dict[tuple[str, str], Json]:
    """Return the answers of a side's first seed by (split, id)."""
    lines = read_jsonl(report.answers(report.of_first_seed(*side)))
    if report.first["rowset"] in report.settings.get(hiding.KEY, ()):
        lines = hiding.masked(lines, ("answer", "reasoning"))
    return {(line["split"], line["id"]): line for line in lines if not line.get("number")}  # the first sample


def examples_table(report: Report, numbers: Numbers) -> Table:
    """Example rows, chosen by rule, with the answers of the base, the tuned members and the main ensemble."""
    columns = [
        Column("rule", "example"),
        Column("split", "split"),
        Column("id", "row"),
        *(Column(one["title"], one["title"], printed=not one["long"]) for one in report["task"]["asked"]),
        Column("gold", "gold answer"),
        Column("who", "answer of"),
        Column("answer", "answer"),
        Column("score", metric_title(report, report["primary_metric"]), "number"),
    ]
    reasons = [Column("gold_reasoning", "gold reasons"), Column("reasoning", "reasons")]
    columns += reasons if report.settings.get("reasoning") else []
    best = best_tuned(read_json(report.folder / "selection.json"), report)
    sides, rows = shown_sides(report, best), _rows_by_id(report)
    given = {side: _answers_by_id(report, side) for side in sides}
    sections: list[list[dict[str, Cell]]] = []
    for example in choose_examples(report, Scores(report), best):
        rule = {"rule": text(example.rule), "split": text(example.split)}
        if example.id is None:
            sections.append([{**rule, "id": text("no such row")}])
            continue
        place = example.split, example.id
        answers = [_answer(report, numbers, columns, example, side, given[side][place]) for side in sides]
        answers[0] |= {**rule, "id": text(example.id), **_asked(report, rows[place])}
        sections.append(answers)
    notes = [
        "Rows are chosen by rule: of equal values the one with the lowest id. Nothing was picked by hand."
        + report.one_seed_note(report.main_arm or report.first_arm)
    ]
    return build("examples", "Example answers, good and bad", columns, sections, notes)


def _asked(report: Report, row: Json) -> dict[str, Cell]:
    """Return the cells of an example's row: its texts, its gold answer, and its gold reasons if it has any."""
    task = report["task"]
    cells = {one["title"]: row[one["name"]] for one in task["asked"]}
    cells["gold"] = gold_text(row, task["gold"])
    if report.settings.get("reasoning"):
        cells["gold_reasoning"] = row[task["reasoning"]]
    return {name: text(value) for name, value in cells.items()}


def _answer(
    report: Report, numbers: Numbers, columns: list[Column], example: Example, side: Side, line: Json
) -> dict[str, Cell]:
    """Return the cells of what one side answered to an example."""
    model, arm = side
    key = f"{report.name}.example.{example.name}.{arm}.{model}"
    cells = {"who": text(side_title(model, arm)), "answer": text(line["answer"] if was_asked(line) else UNASKED)}
    if report.settings.get("reasoning"):
        cells["reasoning"] = text(line.get("reasoning", ""))
    return {**cells, **shown_at(numbers, columns, {"score": key})}


STAGE_TITLES = {"before": "before tuning", "after": "after tuning", "ensemble": "ensemble"}
PLAIN = Column("plain", "", "number")  # a number as it is, in a column that prints others as per cent


def published_table(report: Report, numbers: Numbers) -> Table:
    """What others published about this question, beside what came out here; the difference too, where there is one."""
    document = document_of(report)
    if "tasks" in document:
        return published_tasks.table(report, numbers, document)
    if "selected" in document:
        return published_choice.table(report, numbers, document)
    beside = not report.stand_ins
    columns = [
        Column("stage", "what"),
        Column("published_for", "published for"),
        Column("published", "published", "number"),
        Column("ours_for", "here"),
        Column("ours", f"here, {report['reported'][0]}", "interval" if beside else "number", digits=1, times=100),
        *([Column("difference", "difference", "number")] if beside else []),
        Column("source", "source", printed=False),
        Column("mark", "mark", printed=False),
    ]
    stages = groupby(document.get("scores", []), key=lambda score: score["stage"])
    sections = [_published_scores(report, numbers, columns, stage, list(scores)) for stage, scores in stages]
    sections.append(_published_votes(report, numbers, columns, document))
    if beside:
        sections.append(_published_counts(report, numbers, document))
    return build("published", "Published numbers beside ours", columns, sections, _published_notes(report, document))


def _source(entry: Json) -> dict[str, Cell]:
    """Return the cells that say where a published number was printed, and how sure its reading is."""
    return {"source": text(entry["source"]), "mark": text(entry["mark"])}


def _difference(numbers: Numbers, key: str) -> dict[str, Cell]:
    """Return the cell of a difference, where there is one: stand-ins have none, nor the column for it."""
    return {"difference": shown(numbers, f"{key}.difference", PLAIN)} if f"{key}.difference" in numbers else {}


def _published_scores(
    report: Report, numbers: Numbers, columns: list[Column], stage: str, scores: list[Json]
) -> list[dict[str, Cell]]:
    """Return a row a published score of one stage."""
    rows = []
    for score in scores:
        name, key, ours = score_name(score), score_key(report, score), our_key(report, score)
        label = method_title(name) if "method" in score else name
        row = {"published_for": text(label), **shown_at(numbers, columns, {"published": key}), **_source(score)}
        if ours in numbers:
            row["ours_for"] = text(label if "method" in score else our_side(report, score)[0])
            row |= shown_at(numbers, columns, {"ours": ours})
        rows.append(row | _difference(numbers, key))
    rows[0]["stage"] = text(STAGE_TITLES.get(stage, stage))
    return rows


def _published_votes(report: Report, numbers: Numbers, columns: list[Column], document: Json) -> list[dict[str, Cell]]:
    """Return the rows on how often three members agreed, there and here."""
    rows: list[dict[str, Cell]] = []
    known = vote_patterns(len(report.members)) if report.members else []
    for vote in document.get("votes", []):
        pattern, first = vote["pattern"], not rows
        start = f"{report.name}.published.votes.{pattern}"
        row = {
            "stage": text("votes, %" if first else ""),
            "published_for": text(f"members agree {pattern}"),
            **shown_at(numbers, columns, {"published": f"{start}.share"}),
            **_source(vote),
        }
        if pattern in known:
            key = f"{report.name}.votes.{votes_split(report)}.{pattern}.share"
            row["ours_for"] = text(", ".join(report.members) if first else "")
            row["ours"] = shown(numbers, key, PLAIN)
        rows.append(row | _difference(numbers, start))
    return rows


def _published_counts(report: Report, numbers: Numbers, document: Json) -> list[dict[str, Cell]]:
    """Return the rows on how many rows were read and trained on, there and here."""
    rows: list[dict[str, Cell]] = []
    name = report["dataset"]["name"]
    for one in document.get("counts", []):
        key = f"{report.name}.published.counts.{one['name']}"
        row = {
            "stage": text("" if rows else "rows"),
            "published_for": text(one["what"]),
            "published": shown(numbers, key, PLAIN),
            **_source(one),
        }
        ours = count_key(report, one["name"])
        if name == document.get("dataset") and ours in numbers:
            row |= {"ours_for": text(name), "ours": shown(numbers, ours, PLAIN)}
        rows.append(row)
    return rows


def _published_notes(report: Report, document: Json) -> list[str]:
    """Return what the two columns are of, and so what the difference between them means."""
    if report.stand_ins or not document:
        return [
            "The team's models, data and machines are not ours, and it is not said which split their scores are of: "
            "the two columns stand side by side, they do not compare. Scores: char-F1 × 100. Votes: % of rows."
        ]
    split, name, voted = report["reported"][0], report["dataset"]["name"], votes_split(report)
    same = name == document.get("dataset")
    told = document["measured_on"]["scores"]
    there = f"on {told}" if told else "on rows that are not named"
    notes = [
        f"Scores: char-F1 × 100; in brackets our 95 % intervals. Difference: ours minus published, in points. The "
        f"published scores were measured {there}, ours on {split}, rows of {name} whose articles no training saw: the "
        "splits differ, and with them a part of each difference."
    ]
    if not same:
        notes.append(f"{name} is not the data that the published numbers are of.")
    if document["measured_on"].get("votes"):
        these = "the same rows" if same and voted == report.submission else "other rows"
        notes.append(
            f"Votes: % of rows; the published ones are of {document['measured_on']['votes']}, ours of {voted}, {these}."
        )
    return notes
