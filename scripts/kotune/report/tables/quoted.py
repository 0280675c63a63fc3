"""The tables that quote: example answers, chosen by rule, and the numbers that others published.

Read numbers, answers, scores, rows and config/published/; see `report.inputs.tables_inputs`.
"""

from __future__ import annotations

from kotune.core.storage import Json, read_json, read_jsonl, read_parquet
from kotune.printing.numbers import Numbers
from kotune.printing.table import EMPTY, Cell, Column, Table, build, shown, text
from kotune.report.gather.published import count_key, document_of, our_key, our_side, score_key, score_name, votes_split
from kotune.report.gather.votes import Scores, best_tuned, choose_examples, shown_sides, vote_patterns
from kotune.report.titles import method_title, metric_title, side_title
from kotune.report.view import Report, gold_text


def _rows_by_id(report: Report) -> dict[tuple[str, str], Json]:
    rowset = report["arms"][report.first_arm]["rowset"]
    return {
        (split, row["id"]): row
        for split in report["reported"]
        for row in read_parquet(report.rows(rowset, split)).iter_rows(named=True)
    }


def examples_table(report: Report, numbers: Numbers) -> Table:
    """Example rows, chosen by rule, with the answers of the base, the tuned members and the main ensemble."""
    task = report["task"]
    columns = [
        Column("rule", "example"),
        Column("split", "split"),
        Column("id", "row"),
        *(Column(one["title"], one["title"], printed=not one["long"]) for one in task["asked"]),
        Column("gold", "gold answer"),
        Column("who", "answer of"),
        Column("answer", "answer"),
        Column("score", metric_title(report, report["primary_metric"]), "number"),
    ]
    reasons = [Column("gold_reasoning", "gold reasons"), Column("reasoning", "reasons")]
    reasons = reasons if report.settings.get("reasoning") else []
    best = best_tuned(read_json(report.folder / "selection.json"), report)
    sides, scores, rows = shown_sides(report, best), Scores(report), _rows_by_id(report)
    given: dict[tuple[str, str], dict[tuple[str, str], Json]] = {}
    for model, arm in sides:
        lines = read_jsonl(report.answers((model, arm, report.seeds(arm)[0])))
        given[model, arm] = {(line["split"], line["id"]): line for line in lines}
    cells: list[list[Cell]] = []
    rules: list[int] = []
    for example in choose_examples(report, scores, best):
        rules += [len(cells)] if cells else []
        if example.id is None:
            cells.append(
                [
                    text(example.rule),
                    text(example.split),
                    text("no such row"),
                    *[EMPTY] * (len(columns) - 3 + len(reasons)),
                ]
            )
            continue
        row = rows[example.split, example.id]
        asked = [*(row[one["name"]] for one in task["asked"]), gold_text(row, task["gold"])]
        for place, (model, arm) in enumerate(sides):
            head = [example.rule, example.split, example.id, *asked] if place == 0 else [""] * (3 + len(asked))
            key = f"{report.name}.example.{example.name}.{arm}.{model}"
            line = given[model, arm][example.split, example.id]
            who = [text(side_title(model, arm)), text(line["answer"]), shown(numbers, key, columns[-1])]
            why = (
                [text(row[task["reasoning"]] if place == 0 else ""), text(line.get("reasoning", ""))] if reasons else []
            )
            cells.append([*map(text, head), *who, *why])
    notes = [
        "Rows are chosen by rule: of equal values the one with the lowest id. Nothing was picked by hand."
        + report.one_seed_note(report.main_arm or report.first_arm)
    ]
    return build("examples", "Example answers, good and bad", [*columns, *reasons], cells, notes, rules)


STAGE_TITLES = {"before": "before tuning", "after": "after tuning", "ensemble": "ensemble"}


def published_table(report: Report, numbers: Numbers) -> Table:
    """What others published about this question, beside what came out here; the difference too, where there is one."""
    document = document_of(report)
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
    rows: list[list[Cell]] = []
    rules: list[int] = []
    last = None
    for score in document.get("scores", []):
        rules += [len(rows)] if rows and score["stage"] != last else []
        title = STAGE_TITLES.get(score["stage"], score["stage"]) if score["stage"] != last else ""
        rows.append(_published_score(report, numbers, score, columns, title))
        last = score["stage"]
    if rows:
        rules.append(len(rows))
    rows += _published_votes(report, numbers, document, columns)
    if beside and document.get("counts"):
        rules.append(len(rows))
        rows += _published_counts(report, numbers, document)
    return build("published", "Published numbers beside ours", columns, rows, _published_notes(report, document), rules)


def _difference(numbers: Numbers, key: str, columns: list[Column]) -> list[Cell]:
    """Return the cell of a difference where the table has a column for it."""
    column = next((column for column in columns if column.name == "difference"), None)
    if column is None:
        return []
    return [shown(numbers, f"{key}.difference", column) if f"{key}.difference" in numbers else EMPTY]


def _published_score(report: Report, numbers: Numbers, score: Json, columns: list[Column], title: str) -> list[Cell]:
    """Return the row of one published score."""
    name, key, ours = score_name(score), score_key(report, score), our_key(report, score)
    label = method_title(name) if "method" in score else name
    who = label if "method" in score else our_side(report, score)[0]
    here = [text(who), shown(numbers, ours, columns[4])] if ours in numbers else [EMPTY] * 2
    row = [text(title), text(label), shown(numbers, key, columns[2]), *here, *_difference(numbers, key, columns)]
    return [*row, text(score["source"]), text(score["mark"])]


def _published_votes(report: Report, numbers: Numbers, document: Json, columns: list[Column]) -> list[list[Cell]]:
    """Return the rows on how often three members agreed, there and here."""
    rows = []
    known = vote_patterns(len(report.members)) if report.members else []
    for place, vote in enumerate(document.get("votes", [])):
        pattern, share = vote["pattern"], Column("share", "", "number")
        here = [EMPTY] * 2
        if pattern in known:
            key = f"{report.name}.votes.{votes_split(report)}.{pattern}.share"
            here = [text(", ".join(report.members) if place == 0 else ""), shown(numbers, key, share)]
        start = f"{report.name}.published.votes.{pattern}"
        row = [text("votes, %" if place == 0 else ""), text(f"members agree {pattern}")]
        row += [shown(numbers, f"{start}.share", share), *here, *_difference(numbers, start, columns)]
        rows.append([*row, text(vote["source"]), text(vote["mark"])])
    return rows


def _published_counts(report: Report, numbers: Numbers, document: Json) -> list[list[Cell]]:
    """Return the rows on how many rows were read and trained on, there and here."""
    rows, plain, name = [], Column("count", "", "count"), report["dataset"]["name"]
    for place, one in enumerate(document["counts"]):
        ours, same = count_key(report, one["name"]), name == document.get("dataset")
        here = [text(name), shown(numbers, ours, plain)] if same and ours in numbers else [EMPTY] * 2
        row = [text("rows" if place == 0 else ""), text(one["what"])]
        row += [shown(numbers, f"{report.name}.published.counts.{one['name']}", plain), *here, EMPTY]
        rows.append([*row, text(one["source"]), text(one["mark"])])
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
