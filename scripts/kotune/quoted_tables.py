"""The tables that quote: example answers, chosen by rule, and the numbers that others published.

Read numbers, answers, scores, rows and config/published/; see `report_inputs.tables_inputs`.
"""

from __future__ import annotations

from kotune.contributions import Scores, best_tuned, choose_examples, shown_sides, vote_patterns
from kotune.numbers import Numbers, mean_key
from kotune.reporting import BASE, ENSEMBLE, Report
from kotune.result_tables import method_title, side_title
from kotune.setup_tables import metric_title
from kotune.storage import Json, read_json, read_jsonl, read_parquet
from kotune.tables import EMPTY, Cell, Column, Table, build, shown, text


def _rows_by_id(report: Report) -> dict[tuple[str, str], Json]:
    rowset = report["arms"][report.first_arm]["rowset"]
    return {
        (split, row["id"]): row
        for split in report["reported"]
        for row in read_parquet(report.rows(rowset, split)).iter_rows(named=True)
    }


def examples_table(report: Report, numbers: Numbers) -> Table:
    """Example rows, chosen by rule, with the answers of the base, the tuned members and the main ensemble."""
    columns = [
        Column("rule", "example"),
        Column("split", "split"),
        Column("id", "row"),
        Column("article", "article", printed=False),
        Column("question", "question"),
        Column("gold", "gold answer"),
        Column("who", "answer of"),
        Column("answer", "answer"),
        Column("score", metric_title(report["primary_metric"]), "number"),
    ]
    best = best_tuned(read_json(report.folder / "selection.json"), report)
    sides, scores, rows = shown_sides(report, best), Scores(report), _rows_by_id(report)
    given: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
    for model, arm in sides:
        lines = read_jsonl(report.answers((model, arm, report.seeds(arm)[0])))
        given[model, arm] = {(line["split"], line["id"]): line["answer"] for line in lines}
    cells: list[list[Cell]] = []
    rules: list[int] = []
    for example in choose_examples(report, scores, best):
        rules += [len(cells)] if cells else []
        if example.id is None:
            cells.append([text(example.rule), text(example.split), text("no such row"), *[EMPTY] * 6])
            continue
        row = rows[example.split, example.id]
        gold = row["answer"] if isinstance(row["answer"], str) else " / ".join(row["answer"])
        asked = [row["context"], row["question"], gold]
        for place, (model, arm) in enumerate(sides):
            head = [example.rule, example.split, example.id, *asked] if place == 0 else [""] * 6
            key = f"{report.name}.example.{example.name}.{arm}.{model}"
            answer = given[model, arm][example.split, example.id]
            who = [text(side_title(model, arm)), text(answer), shown(numbers, key, columns[-1])]
            cells.append([*map(text, head), *who])
    notes = [
        "Rows are chosen by rule: of equal values the one with the lowest id. Nothing was picked by hand."
        + report.one_seed_note(report.main_arm or report.first_arm)
    ]
    return build("examples", "Example answers, good and bad", columns, cells, notes, rules)


def published_table(report: Report, numbers: Numbers) -> Table:
    """What others published about this question, beside what came out here."""
    columns = [
        Column("stage", "what"),
        Column("published_for", "published for"),
        Column("published", "published", "number"),
        Column("ours_for", "here"),
        Column("ours", f"here, {report['reported'][0]}", "number", digits=1, times=100),
        Column("source", "source", printed=False),
        Column("mark", "mark", printed=False),
    ]
    rows: list[list[Cell]] = []
    rules: list[int] = []
    if report["published"]:
        from kotune.catalogue import read_yaml

        document = read_yaml(report["published"])
        ours = {model["stands_for"] or model["hub_id"]: model["name"] for model in report["models"]}
        titles = {"before": "before tuning", "after": "after tuning", "ensemble": "ensemble"}
        stages = {"before": BASE, "after": report.main_arm}
        last = None
        for score in document.get("scores", []):
            rules += [len(rows)] if rows and score["stage"] != last else []
            name = score.get("model") or score["method"]
            model = ours.get(score.get("now", name)) or ours.get(name)
            side = (ENSEMBLE, name) if "method" in score else (model, stages.get(score["stage"]))
            key = mean_key(report.name, *side, report["reported"][0], report["primary_metric"]) if all(side) else ""
            here = (
                [text(model or method_title(name)), shown(numbers, key, columns[4])] if key in numbers else [EMPTY] * 2
            )
            title = titles.get(score["stage"], score["stage"]) if score["stage"] != last else ""
            entry = shown(numbers, f"{report.name}.published.{score['stage']}.{name}", columns[2])
            label = method_title(name) if "method" in score else name
            rows.append([text(title), text(label), entry, *here, text(score["source"]), text(score["mark"])])
            last = score["stage"]
        rules.append(len(rows))
        rows += _published_votes(report, numbers, document, columns)
    notes = [
        "The team's models, data and machines are not ours, and it is not said which split their scores are of: the "
        "two columns stand side by side, they do not compare. Scores: char-F1 × 100. Votes: % of rows."
    ]
    return build("published", "Published numbers beside ours", columns, rows, notes, rules)


def _published_votes(report: Report, numbers: Numbers, document: Json, columns: list[Column]) -> list[list[Cell]]:
    """Return the rows on how often three members agreed, there and here."""
    rows = []
    known = vote_patterns(len(report.members)) if report.members else []
    for place, vote in enumerate(document.get("votes", [])):
        pattern, share = vote["pattern"], Column("share", "", "number")
        here = [EMPTY] * 2
        if pattern in known:
            key = f"{report.name}.votes.{report['reported'][0]}.{pattern}.share"
            here = [text(", ".join(report.members) if place == 0 else ""), shown(numbers, key, share)]
        entry = shown(numbers, f"{report.name}.published.votes.{pattern}.share", share)
        title, label = "votes, %" if place == 0 else "", f"members agree {pattern}"
        rows.append([text(title), text(label), entry, *here, text(vote["source"]), text(vote["mark"])])
    return rows
