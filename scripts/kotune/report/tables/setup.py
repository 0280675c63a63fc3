"""The tables on what was done with what: data, training, costs.

Read numbers, audits, prompts' summaries and records; see `report.inputs.tables_inputs`.
"""

from __future__ import annotations

from collections import Counter

from kotune.core.names import SEEN, TEST, TRAIN
from kotune.core.storage import needed, read_json
from kotune.printing.numbers import Numbers, prompt_key, treatment_key
from kotune.printing.table import Cell, Column, Row, Table, build, shown_at, shown_below, text
from kotune.report.sampled_names import PREFERENCES
from kotune.report.view import Report, Treatment
from kotune.rows.audit import decomposed_cost
from kotune.rows.personal_data import KINDS
from kotune.rows.personal_rows import KEY


def data_table(report: Report, numbers: Numbers) -> Table:
    """Rows, articles and lengths of each split, and what was left out."""
    task = report["task"]
    lengths = [(column["name"], column["title"]) for column in task["asked"]] + [(task["gold"], "answer")]
    columns = [
        Column("split", "split"),
        Column("rows", "rows", "count"),
        Column("articles", f"{task['unit']}s", "count"),
        *(Column(f"{name}_chars_mean", title, "number", "mean characters") for name, title in lengths),
        Column("prompt_tokens", "prompt", "interval", "mean tokens [models]"),
        Column("completion_tokens", "answer", "interval", "mean tokens [models]"),
    ]
    sections: list[list[Row]] = []
    left_out: list[Row] = []
    sized = {report["arms"][one["arm"]]["rowset"] for one in report.settings.get("chosen", ())}
    for rowset in (one for one in report.rowsets() if one not in sized):
        sections += [left_out, _data_of_splits(report, numbers, columns, rowset)]
        left_out = []
        for reason in needed(read_json(report.audit(rowset)), "excluded", report.audit(rowset)):
            keys = {"rows": f"{report.name}.data.{rowset}.excluded.{reason}"}
            left_out.append({"split": text(f"left out: {reason}"), **shown_at(numbers, columns, keys)})
    sections.append(left_out + _unusable(report, numbers, columns))
    cut = _of_models(report, numbers, columns, "beyond_limit", "gold answer of {split} too long for {model} to write")
    sections.append(cut)
    notes = [
        "Tokens: mean over the models' means, in brackets the lowest and the highest model. A prompt that a model "
        "cannot use is left out for that model alone."
    ]
    notes += _of_rows(report, numbers)
    if sized:
        notes.append("Rows that were chosen by a method and a number are in the table quality-chosen alone.")
    if cut:
        notes.append(
            "Too long to write: in that model's tokens the gold answer, with what ends it, has more than the new "
            "tokens that an answer may have, so that even a right answer is cut off."
        )
    title = f"The data: rows, {task['unit']}s and mean lengths of each split"
    return build("data", title, columns, sections, notes)


def _of_rows(report: Report, numbers: Numbers) -> list[str]:
    """Return notes on rows that were drawn, on rows with several gold answers and on rows with decomposed Hangul."""
    counted: dict[str, list[str]] = {"several_golds": [], "decomposed": []}
    for rowset in report.rowsets():
        for split in _told(report, rowset):
            for fact, said in counted.items():
                key = f"{report.name}.data.{rowset}.{split}.{fact}"
                if key in numbers and numbers.value(key):
                    which = split if len(report.rowsets()) == 1 else f"{split} of {rowset}"
                    said.append(f"{which} {numbers.value(key):,}")
    golds, decomposed = counted.values()
    notes = _of_drawn(report, numbers) + _of_personal(report, numbers)
    if golds:
        notes.append(
            f"Rows with several gold answers: {', '.join(golds)}. The first of each is learned and measured here; an "
            "answer is scored against the one that it is closest to."
        )
    if decomposed:
        notes.append(
            f"Rows with decomposed Hangul (NFD): {', '.join(decomposed)}. It costs tokens ({decomposed_cost()})."
        )
    return notes


def _of_personal(report: Report, numbers: Numbers) -> list[str]:
    """Return notes on rows with personal data, by kind, and on what of it was masked; none where there is none."""

    def told(start: str) -> str:
        keys = {kind: f"{start}.{kind}" for kind in KINDS}
        return ", ".join(f"{numbers.value(key):,} {kind}" for kind, key in keys.items() if key in numbers)

    held, masked = [], []
    for rowset in report.rowsets():
        start, several = f"{report.name}.data.{rowset}", len(report.rowsets()) > 1
        for split in _told(report, rowset):
            if found := told(f"{start}.{split}.{KEY}"):
                held.append(f"{split} of {rowset}: {found}" if several else f"{split}: {found}")
        if found := told(f"{start}.masked"):
            masked.append(f"{rowset}: {found}" if several else found)
    notes = [f"Rows with what looks like personal data: {'; '.join(held)}."] if held else []
    return notes + ([f"Rows in which personal data was masked: {'; '.join(masked)}."] if masked else [])


def _of_drawn(report: Report, numbers: Numbers) -> list[str]:
    """Return notes on splits of which some rows are kept, and on test-seen; none where there are none."""
    some, notes = [], []
    for rowset in report.rowsets():
        for split in _told(report, rowset):
            start = f"{report.name}.data.{rowset}.{split}"
            if f"{start}.of" in numbers:
                which = split if len(report.rowsets()) == 1 else f"{split} of {rowset}"
                some.append(f"{which} {numbers.value(f'{start}.rows'):,} of {numbers.value(f'{start}.of'):,}")
    if some:
        notes.append(f"Rows that are kept, drawn by seed: {', '.join(some)}.")
    if SEEN in report["splits"]:
        unit = report["task"]["unit"]
        notes.append(f"{SEEN}: other questions on {unit}s that are trained on; the {unit}s of {TEST} never are.")
    return notes


def _unusable(report: Report, numbers: Numbers, columns: list[Column]) -> list[Row]:
    """Return how many prompts of each split each model cannot use; nothing is added up over models or splits."""
    title = "left out of {split} for {model}: prompt not usable"
    keys = {"rows": f"{report.name}.prompts.short_models"}
    none = [{"split": text("left out: prompt not usable, by any model"), **shown_at(numbers, columns, keys)}]
    return _of_models(report, numbers, columns, "excluded", title) or none


def _of_models(report: Report, numbers: Numbers, columns: list[Column], what: str, title: str) -> list[Row]:
    """Return a row for each model and split of whose prompts some are counted under ``what``; ``title`` names both."""
    rows, prompts = [], Counter(model for model, _, _ in report.prompts())
    for model, rowset, prompt in report.prompts():
        for split in report["splits"]:
            key = f"{prompt_key(report.name, model, rowset, prompt, split)}.{what}"
            if key in numbers and numbers.value(key):
                which = f"{model} ({rowset}, {prompt})" if prompts[model] > 1 else model
                shown = title.format(split=split, model=which)
                rows.append({"split": text(shown), **shown_at(numbers, columns, {"rows": key})})
    return rows


def _data_of_splits(report: Report, numbers: Numbers, columns: list[Column], rowset: str) -> list[Row]:
    """Return a row a split of one rowset; the tokens are those of the first arm that uses the rowset.

    What is evaluated is the same in every rowset, and told once.
    """
    arm = next(name for name, arm in report["arms"].items() if arm["rowset"] == rowset)
    alone = len(report.rowsets()) == 1
    return [
        {
            **shown_below(numbers, columns, f"{report.name}.prompts.{arm}.{split}"),
            **shown_below(numbers, columns, f"{report.name}.data.{rowset}.{split}", required=["rows"]),
            "split": text(split if alone else f"{rowset}: {split}"),
        }
        for split in _told(report, rowset)
    ]


def _told(report: Report, rowset: str) -> list[str]:
    """Return the splits that are told of a rowset: all of the first, and of another what is learned."""
    return [split for split in report["splits"] if split == TRAIN or rowset == report.rowsets()[0]]


def _whose(treatment: Treatment) -> dict[str, Cell]:
    """Return the cells that say which model it is, under which arm, with which seed."""
    return {name: text(part) for name, part in zip(("model", "arm", "seed"), treatment, strict=True)}


def training_table(report: Report, numbers: Numbers) -> Table:
    """What each training did."""
    columns = [
        Column("model", "model"),
        Column("arm", "arm"),
        Column("seed", "seed"),
        Column("rows", "rows", "count"),
        Column("steps", "steps", "count"),
        Column("epochs", "epochs", "number"),
        Column("first_loss", "first", "number", "loss"),
        Column("last_loss", "last", "number", "loss"),
        Column("tokens", "all", "count", "tokens seen"),
        Column("target_tokens", "in the loss", "count", "tokens seen"),
        Column("trainable_parameters", "count", "count", "trainable parameters"),
        Column("trainable_percent", "%", "number", "trainable parameters"),
    ]
    rows = [
        {
            **_whose(treatment),
            **shown_below(numbers, columns, treatment_key(report.name, "training", *treatment), required=["steps"]),
        }
        for treatment in report.trained()
    ]
    notes = [
        "First and last loss are those of the first and the last logged step. Tokens: without padding; in the loss: "
        "those of the answer and its stop token."
    ]
    if every := [arm for arm, one in report["arms"].items() if one["recipe"] and one["recipe"].get("loss") == "all"]:
        notes.append(f"Of {', '.join(every)} the prompt's tokens are in the loss, too.")
    if preferring := report.settings.get(PREFERENCES):
        notes.append(f"Of {', '.join(preferring)} rows are pairs, and the tokens of both answers are in the loss.")
    notes += _of_budgets(report)
    return build("training", "What each training did", columns, [rows], notes + _of_seen(report, numbers))


def _of_budgets(report: Report) -> list[str]:
    """Return a note on the arms whose steps were chosen by a budget of tokens in the loss."""
    arms: dict[int, list[str]] = {}
    for arm, one in report["arms"].items():
        if one["recipe"] and "budget" in one["recipe"]:
            arms.setdefault(one["recipe"]["budget"]["loss_tokens"], []).append(arm)
    return [
        f"Of {', '.join(named)} the steps were chosen for {wanted:,} tokens in the loss, within 1 %."
        for wanted, named in arms.items()
    ]


def _of_seen(report: Report, numbers: Numbers) -> list[str]:
    """Return a note on trainings whose recipe names its steps: how many of the rows these see."""
    said: dict[str, list[str]] = {}
    for treatment in report.trained():
        start = treatment_key(report.name, "training", *treatment)
        if f"{start}.rows_seen" in numbers:
            reached, share = numbers[f"{start}.rows_seen"], numbers[f"{start}.seen_percent"]
            told = f"{reached['text']} of {reached['n']:,} ({share['text']} %)"
            said.setdefault(told, []).append(f"{treatment[0]} in arm {treatment[1]}")
    found = [f"{told} by {', '.join(dict.fromkeys(whose))}" for told, whose in said.items()]
    return [f"Rows that the steps see: {'; '.join(found)}."] if found else []


def costs_table(report: Report, costs: Numbers) -> Table:
    """Seconds, tokens per second and peak memory; like the memory of trainings it differs between equal runs."""
    columns = [Column("model", "model"), Column("arm", "arm"), Column("seed", "seed")]
    for step, title in (("training", "training"), ("answers", "answering")):
        columns += [
            Column(f"{step}.seconds", "s", "number", title),
            Column(f"{step}.tokens_per_second", "tokens/s", "number", title),
            Column(f"{step}.peak_memory_gib", "GiB", "number", title),
        ]
    columns.append(Column("scores.seconds", "s", "number", "scoring"))
    required = ["answers.seconds"]
    rows = [
        {**_whose(one), **shown_below(costs, columns, treatment_key(report.name, "cost", *one), required)}
        for one in report.treatments()
    ]
    on = {tuple(sorted(read_json(path)["on"].items())) for path in report.record_files()}
    machines = sorted(
        f"{facts.get('device')}, {facts.get('cores')} cores, {facts.get('memory_gib')} GiB" for facts in map(dict, on)
    )
    notes = [
        "GiB: peak memory of the process (of the GPU where one is used). These figures differ from run to run; "
        "everything else in this report does not.",
        f"Machine: {'; '.join(dict.fromkeys(machines))}.",
    ]
    return build("costs", "What each step cost", columns, [rows], notes)
