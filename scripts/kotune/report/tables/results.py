"""The tables on what came out: baseline, tuned, clean-up, comparisons, ensembles, members.

Read numbers, and for clean-up the answers' records.
"""

from __future__ import annotations

from kotune.core.names import BASE, ENSEMBLE
from kotune.printing.numbers import Numbers, difference_key, fixed, mean_key, treatment_key
from kotune.printing.table import EMPTY, Cell, Column, Table, build, shown, text, with_best
from kotune.report.gather.cleanup import ALL, mark_title, marks_of
from kotune.report.titles import method_title, metric_title, side_title
from kotune.report.view import Report
from kotune.scoring.ensembles import UPPER_BOUNDS

INTERVALS = "In brackets: 95 % bootstrap intervals."


def _metric_columns(report: Report, group_by_split: bool) -> list[Column]:
    splits = report["reported"] if group_by_split else [""]
    return [
        Column(f"{split}_{metric}".strip("_"), metric_title(report, metric), "interval", split)
        for split in splits
        for metric in report["metrics"]
    ]


def baseline_table(report: Report, numbers: Numbers) -> Table:
    """Each model before tuning: every metric on every reported split, and answers cut at the length limit."""
    first = report["reported"][0]
    measured = _metric_columns(report, True)
    columns = [Column("model", "model"), *measured, Column("cut", "cut off", "count")]
    rows = []
    for model, arm, seed in report.treatments(BASE):
        row = [text(model)]
        keys = [
            mean_key(report.name, model, arm, split, metric)
            for split in report["reported"]
            for metric in report["metrics"]
        ]
        row += [shown(numbers, key, column) for key, column in zip(keys, measured, strict=True)]
        row.append(
            shown(numbers, f"{treatment_key(report.name, 'answers', model, arm, seed)}.{first}.cut", columns[-1])
        )
        rows.append(row)
    with_best(rows, range(1, 1 + len(measured)))
    sizes = [
        numbers[mean_key(report.name, rows[0][0].text, BASE, split, report["primary_metric"])]
        for split in report["reported"]
    ]
    counted = "; ".join(f"{split}: n = {entry['n']}" for split, entry in zip(report["reported"], sizes, strict=True))
    notes = [
        f"{INTERVALS} {counted}. Cut off: answers on {first} that ran into the limit of new tokens instead of stopping."
    ]
    return build("baseline", "The models before tuning", columns, rows, notes)


def tuned_table(report: Report, numbers: Numbers) -> Table:
    """Base against tuned, model by model, with the paired difference and its p value."""
    columns = [Column("metric", "metric"), Column("model", "model"), Column("arm", "arm", printed=False)]
    for split in report["reported"]:
        columns += [
            Column(f"{split}_base", "base", "interval", split),
            Column(f"{split}_tuned", "tuned", "interval", split),
            Column(f"{split}_difference", "difference", "interval", split),
            Column(f"{split}_p", "p", "number", split),
        ]
    rows, rules = [], []
    metrics = sorted(report["metrics"], key=lambda metric: metric != report["primary_metric"])
    for arm in report.tuned_arms:
        for metric in metrics:
            rules += [len(rows)] if rows else []
            for place, model in enumerate(report["arms"][arm]["models"]):
                row = [text(metric_title(report, metric) if place == 0 else ""), text(model), text(arm)]
                for number, split in enumerate(report["reported"]):
                    difference = difference_key(report.name, (model, BASE), (model, arm), split, metric)
                    keys = [
                        mean_key(report.name, model, BASE, split, metric),
                        mean_key(report.name, model, arm, split, metric),
                    ]
                    keys += [difference, f"{difference}.p"]
                    of_split = columns[3 + 4 * number : 7 + 4 * number]
                    row += [shown(numbers, key, column) for key, column in zip(keys, of_split, strict=True)]
                rows.append(row)
    notes = [f"{INTERVALS} Difference: tuned minus base on the same rows; p: paired test."]
    return build("tuned", "Before and after tuning", columns, rows, notes, rules)


def cleanup_table(report: Report, numbers: Numbers) -> Table:
    """How many answers each clean-up mark cut, and what that did to their character F1."""
    columns = [
        Column("model", "model"),
        Column("arm", "arm"),
        Column("seed", "seed"),
        Column("split", "split"),
        Column("mark", "mark"),
        Column("cut", "cut", "count", "answers"),
        Column("better", "better", "count", "answers"),
        Column("worse", "worse", "count", "answers"),
        Column("change", "change", "number", "char-F1"),
        Column("uncut", "uncut", "number", "char-F1"),
        Column("scored", "as scored", "number", "char-F1"),
    ]
    rows, rules = [], []
    marked = marks_of(report)
    for (model, arm, seed), marks in marked.items():
        for split in report["reported"]:
            rules += [len(rows)] if rows else []
            for place, title in enumerate([*map(mark_title, marks), ALL]):
                start = f"{treatment_key(report.name, 'cleanup', model, arm, seed)}.{split}.{title}"
                first = [model, arm, seed, split] if place == 0 else [""] * 4
                cells = [
                    shown(numbers, f"{start}.{column.name}", column) if f"{start}.{column.name}" in numbers else EMPTY
                    for column in columns[5:]
                ]
                rows.append([*map(text, first), text(title), *cells])
    notes = [
        "An answer is cut at the first mark that occurs in it; cut: answers that lost more than white space. Better, "
        "worse: how many of these have a higher or a lower char-F1 than uncut. Change: of the mean over all rows of "
        "the split. Uncut: what was generated, less control tokens."
    ]
    none = ["No answer was cut: the prompts have no clean-up marks."]
    return build("cleanup", "Answers that clean-up marks cut", columns, rows, notes if marked else none, rules)


def comparisons_table(report: Report, numbers: Numbers) -> Table:
    """Every test that was made, with its n."""
    columns = [
        Column("comparison", "comparison"),
        Column("a", "a"),
        Column("b", "b"),
        Column("split", "split"),
        Column("metric", "metric"),
        Column("n", "rows", "count"),
        Column("articles", f"{report['task']['unit']}s", "count"),
        Column("difference", "b - a", "interval"),
        Column("p", "p", "number"),
        Column("test", "test", printed=False),
    ]
    start, lines = f"{report.name}.", []
    order = {name: place for place, name in enumerate([*report["arms"], *report.methods])}
    models = {name: place for place, name in enumerate([*report.models, ENSEMBLE])}
    for key in numbers.entries:
        if not key.startswith(start) or ".minus." not in key or key.endswith(".p"):
            continue
        for split in report["reported"]:
            for metric in report["metrics"]:
                tail = f".{split}.{metric}"
                if key.endswith(tail):
                    b, a = key[len(start) : -len(tail)].split(".minus.")
                    sides = [_parted(side, [*report["arms"], *report.methods]) for side in (a, b)]
                    (a_arm, a_model), (b_arm, b_model) = sides
                    kind = 0 if a_arm == BASE else 2 if b_model == ENSEMBLE else 1
                    place = (kind, order[b_arm], order[a_arm], models[a_model], models[b_model])
                    places = (report["metrics"].index(metric), report["reported"].index(split), place)
                    lines.append((places, key, sides, split, metric))
    rows, rules, last = [], [], None
    for places, key, sides, split, metric in sorted(lines, key=lambda line: line[0]):
        rules += [len(rows)] if last not in (None, (*places[:2], places[2][0])) else []
        last = (*places[:2], places[2][0])
        entry, p = numbers[key], numbers[f"{key}.p"]
        titles = [text(side_title(model, arm)) for arm, model in sides]
        facts = [text(split), text(metric_title(report, metric))]
        facts += [Cell(entry[name], fixed(entry[name], 0), key) for name in ("n", "articles")]
        values = [shown(numbers, key, columns[7]), shown(numbers, f"{key}.p", columns[8])]
        rows.append([text(entry["name"]), *titles, *facts, *values, text(p["test"])])
    notes = [
        "Differences are of the same rows, b minus a, with 95 % bootstrap intervals. p values are not corrected for "
        "the number of tests."
    ]
    return build("comparisons", "All paired comparisons", columns, rows, notes, rules)


def _parted(side: str, arms: list[str]) -> tuple[str, str]:
    """Return (arm, model) of a key's part ``arm.model``; model names may hold dots."""
    arm = next(arm for arm in arms if side.startswith(f"{arm}."))
    return arm, side[len(arm) + 1 :]


def ensembles_table(report: Report, numbers: Numbers) -> Table:
    """Each ensemble method beside the best single member, split by split."""
    columns = [
        Column("split", "split"),
        Column("method", "method"),
        *_metric_columns(report, False),
        Column("difference", "difference", "interval", "against the best member"),
        Column("p", "p", "number", "against the best member"),
    ]
    rows, rules, metrics = [], [], report["metrics"]
    for split in report["reported"] if report.members else []:
        rules += [len(rows)] if rows else []
        start = len(rows)
        single = numbers[f"{report.name}.finding.best.member.{split}"]
        sides = [(single["name"], single["arm"])] + [(ENSEMBLE, method) for method in report.methods]
        for model, arm in sides:
            title = method_title(arm) if model == ENSEMBLE else f"best member: {model}"
            keys = [mean_key(report.name, model, arm, split, metric) for metric in metrics]
            row = [text(split if len(rows) == start else ""), text(title)]
            row += [shown(numbers, key, column) for key, column in zip(keys, columns[2:-2], strict=True)]
            key = f"{report.name}.finding.ensemble.{arm}.{split}"
            row += (
                [shown(numbers, key, columns[-2]), shown(numbers, f"{key}.p", columns[-1])]
                if key in numbers
                else [EMPTY] * 2
            )
            rows.append(row)
        with_best(rows, range(2, 2 + len(metrics)), start, start + 1 + len(report.methods) - _bounds_last(report))
    notes = [
        f"{INTERVALS} Difference: {metric_title(report, report['primary_metric'])} of the ensemble minus that of the "
        "best member, which is chosen on the same split and so is hard to beat. The oracle picks the member's answer "
        "that is closest to the gold answer: no method can do better, and none can do it without the gold answer."
    ]
    return build("ensembles", "Ensembles beside their best member", columns, rows, notes, rules)


def _bounds_last(report: Report) -> int:
    """Return how many upper bounds stand at the end of the methods."""
    return sum(method in UPPER_BOUNDS for method in report.methods)


def members_table(report: Report, numbers: Numbers) -> Table:
    """What each member gives to each ensemble."""
    columns = [
        Column("method", "method"),
        Column("split", "split"),
        Column("member", "member"),
        Column("alone", f"{metric_title(report, report['primary_metric'])} alone", "interval"),
        Column("chosen", "chosen", "count", "rows"),
        Column("gave", "same answer", "count", "rows"),
        Column("sole_correct", "only it right", "count", "rows"),
        Column("without", "without it", "number", "ensemble"),
        Column("contribution", "change", "number", "ensemble"),
    ]
    rows, rules = [], []
    for method in report.methods:
        for split in report["reported"]:
            rules += [len(rows)] if rows else []
            for place, member in enumerate(report.members):
                alone = mean_key(report.name, member, report["ensembles"]["arm"], split, report["primary_metric"])
                start = f"{report.name}.members.{method}.{member}.{split}"
                row = [text(method_title(method)), text(split if place == 0 else ""), text(member)]
                row.append(shown(numbers, alone, columns[3]))
                for column in columns[4:]:
                    key = f"{start}.{column.name}"
                    optional = column.name in ("without", "contribution") and key not in numbers
                    row.append(EMPTY if optional else shown(numbers, key, column))
                rows.append(row)
    notes = [
        "Chosen: rows whose answer was taken from the member (of equal answers, from the first); same answer: rows "
        "where it had given the answer that was taken; only it right: rows that it answered exactly and no other "
        "member did. Without it: the ensemble's char-F1 when the member is left out; change: what it adds."
        + (report.one_seed_note(report.methods[0]) if report.methods else "")
    ]
    return build("members", "What each member contributes", columns, rows, notes, rules)
