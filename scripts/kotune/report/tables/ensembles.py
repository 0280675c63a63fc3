"""The tables on ensembles: each method beside the best single member, and what each member gives to each ensemble.

Read numbers.
"""

from __future__ import annotations

from kotune.core.names import ENSEMBLE
from kotune.printing.numbers import Numbers, mean_key
from kotune.printing.table import Cell, Column, Row, Table, build, shown_at, shown_below, text, with_best
from kotune.report.tables import answered, at_risk
from kotune.report.titles import INTERVALS, method_title, metric_title
from kotune.report.view import Report
from kotune.scoring.ensembles import BOUNDED


def ensembles_table(report: Report, numbers: Numbers) -> Table:
    """Each ensemble method beside the best single member, split by split."""
    columns = [
        Column("split", "split"),
        Column("method", "method"),
        *(Column(metric, metric_title(report, metric), "interval") for metric in report["metrics"]),
        Column("difference", "difference", "interval", "against the best member"),
        Column("p", "p", "number", "against the best member"),
        Column("p_holm", "p, Holm", "number", "against the best member"),
        *answered.columns("", ""),
    ]
    sections = [_of_split(report, numbers, columns, split) for split in report["reported"] if report.members]
    notes = [
        f"{INTERVALS} Difference: {metric_title(report, report['primary_metric'])} of the ensemble minus that of the "
        f"best member, which is chosen on the same split and so is hard to beat. {_of_bounds(report)}"
        f"{answered.note(numbers, report.name, report['reported'])}"
    ]
    notes += at_risk.notes(report, numbers) if report.members else []
    return build("ensembles", "Ensembles beside their best member", columns, sections, notes)


def _of_bounds(report: Report) -> str:
    """Return what is said of methods that look at the gold answers; nothing where there are none."""
    told = ""
    for method in report.methods:
        if method in BOUNDED:
            own = BOUNDED[method]
            title = metric_title(report, own) if own in report["metrics"] else own.replace("_", " ")
            others = [metric_title(report, metric) for metric in report["metrics"] if metric != own]
            besides = f"; of {' and '.join(others)} it is no bound" if others else ""
            told += (
                f"The {method} takes the member's answer with the highest {title} to the gold answer: no choice among "
                f"these answers can have a higher {title}, and none can do it without the gold answer{besides}. "
            )
    return told


def _of_split(report: Report, numbers: Numbers, columns: list[Column], split: str) -> list[dict[str, Cell]]:
    """Return a split's rows: the best member and each method; what looks at the gold answers is never the best."""
    single = numbers[f"{report.name}.finding.best.member.{split}"]
    rows = []
    for model, arm in [(single["name"], single["arm"]), *((ENSEMBLE, method) for method in report.methods)]:
        keys = {metric: mean_key(report.name, model, arm, split, metric) for metric in report["metrics"]}
        difference = f"{report.name}.finding.ensemble.{arm}.{split}"
        if difference in numbers:
            keys |= {"difference": difference, "p": f"{difference}.p"}
            keys |= {"p_holm": f"{difference}.p_holm"} if f"{difference}.p_holm" in numbers else {}
        title = method_title(arm) if model == ENSEMBLE else f"best member: {model}"
        counts = answered.of_contender(report, numbers, "", model, arm, split)
        rows.append({"method": text(title), **shown_at(numbers, columns, keys), **counts})
    rows[0]["split"] = text(split)
    lowest = [metric for metric in report["metrics"] if report.less_is_better(metric)]
    peeking = [method in BOUNDED for method in report.methods]
    usable = [row for row, looks in zip(rows, [False, *peeking], strict=True) if not looks]
    marked = iter(with_best(usable, list(filter(report.ranks, report["metrics"])), lowest))
    return [row if looks else next(marked) for row, looks in zip(rows, [False, *peeking], strict=True)]


def members_table(report: Report, numbers: Numbers) -> Table:
    """What each member gives to each ensemble."""
    metric = report["primary_metric"]
    columns = [
        Column("method", "method"),
        Column("split", "split"),
        Column("member", "member"),
        Column("alone", f"{metric_title(report, metric)} alone", "interval"),
        Column("asked", "asked", "count", "rows"),
        Column("chosen", "chosen", "count", "rows"),
        Column("gave", "same answer", "count", "rows"),
        Column("sole_correct", "only it right", "count", "rows"),
        Column("without", "without it", "number", "ensemble"),
        Column("contribution", "change", "number", "ensemble"),
    ]
    sections: list[list[Row]] = []
    for method in report.methods:
        for split in report["reported"]:
            rows: list[Row] = []
            for place, member in enumerate(report.members):
                start = f"{report.name}.members.{method}.{member}.{split}"
                alone = mean_key(report.name, member, report["ensembles"]["arm"], split, metric)
                rows.append(
                    {
                        "method": text(method_title(method)),
                        "split": text(split if place == 0 else ""),
                        "member": text(member),
                        **shown_below(numbers, columns, start, required=("asked", "chosen", "gave", "sole_correct")),
                        **shown_at(numbers, columns, {"alone": alone}),
                    }
                )
            sections.append(rows)
    notes = [
        "Chosen: rows whose answer was taken from the member (of equal answers, from the first); same answer: rows "
        "where it had given the answer that was taken; only it right: rows that it answered exactly and no other "
        "member did. On a row that it was not asked it has no vote. Without it: the ensemble's char-F1 when the member "
        "is left out; change: what it adds." + (report.one_seed_note(report.methods[0]) if report.methods else "")
    ]
    return build("members", "What each member contributes", columns, sections, notes)
