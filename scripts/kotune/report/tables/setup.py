"""The tables on what was done with what: data, models, training, costs, provenance.

Read numbers, audits, prompts' summaries and records; see `report.inputs.tables_inputs`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kotune.core.names import ENSEMBLE
from kotune.core.storage import Json, needed, read_json
from kotune.printing.numbers import Numbers, treatment_key
from kotune.printing.table import EMPTY, Cell, Column, Table, build, shown, text
from kotune.report.inputs import record_files
from kotune.report.view import Report

DAGGER = "†"


def _row(numbers: Numbers, columns: list[Column], start: str, first: list[Cell]) -> list[Cell]:
    """Return ``first`` and the cells behind it: a column's name ends its number's key; what is not there is empty."""
    rest = columns[len(first) :]
    return first + [
        shown(numbers, f"{start}.{column.name}", column) if f"{start}.{column.name}" in numbers else EMPTY
        for column in rest
    ]


def data_table(report: Report, numbers: Numbers) -> Table:
    """Rows, articles and lengths of each split, and what was left out."""
    task = report["task"]
    lengths = [(column["name"], column["title"]) for column in task["asked"]] + [(task["gold"], "answer")]
    counted = [Column("split", "split"), Column("rows", "rows", "count")]
    counted.append(Column("articles", f"{task['unit']}s", "count"))
    counted += [Column(f"{name}_chars_mean", title, "number", "mean characters") for name, title in lengths]
    columns = [
        *counted,
        Column("prompt_tokens", "prompt", "interval", "mean tokens [models]"),
        Column("completion_tokens", "answer", "interval", "mean tokens [models]"),
    ]
    rows, rules, seen = [], [], report.rowsets()
    for rowset in seen:
        rules += [len(rows)] if rows else []
        arm = next(name for name, arm in report["arms"].items() if arm["rowset"] == rowset)
        for split in report["splits"]:
            label = split if len(seen) == 1 else f"{rowset}: {split}"
            numbers[f"{report.name}.data.{rowset}.{split}.rows"]  # a split without a count is a fault
            row = _row(numbers, counted, f"{report.name}.data.{rowset}.{split}", [text(label)])
            rows.append(_row(numbers, columns, f"{report.name}.prompts.{arm}.{split}", row))
        rules.append(len(rows))
        for reason in needed(read_json(report.audit(rowset)), "excluded", report.audit(rowset)):
            key = f"{report.name}.data.{rowset}.excluded.{reason}"
            rows.append([text(f"left out: {reason}"), shown(numbers, key, columns[1]), *[EMPTY] * (len(columns) - 2)])
    key = f"{report.name}.prompts.excluded"
    first = [text("left out: prompt not usable, all models"), shown(numbers, key, columns[1])]
    rows.append([*first, *[EMPTY] * (len(columns) - 2)])
    notes = ["Tokens: mean over the models' means, in brackets the lowest and the highest model."]
    title = f"The data: rows, {task['unit']}s and mean lengths of each split"
    return build("data", title, columns, rows, notes, rules)


def models_table(report: Report, numbers: Numbers) -> Table:
    """What each model is, and what it stands for."""
    columns = [
        Column("model", "model"),
        Column("family", "family"),
        Column("architecture", "architecture"),
        Column("parameters", "parameters", "number"),
        Column("size_mib", "size, MiB", "number"),
        Column("context_window", "context, tokens", "count"),
        Column("licence", "licence"),
        Column("stands_for", "stands for at full scale" if report.stand_ins else "on the hub"),
    ]
    rows = []
    for model in report["models"]:
        start = f"{report.name}.model.{model['name']}"
        architecture = numbers[f"{start}.parameters"].get("architecture", "")
        first = [
            text(model["name"]),
            text(model["family"]),
            Cell(architecture, architecture.removesuffix("ForCausalLM")),
        ]
        row = _row(numbers, columns[:6], start, first)
        row += [text(model["licence"]), text(model["stands_for"] or model["hub_id"] or "")]
        facts = ["hub_id" if column.name == "stands_for" else column.name for column in columns]
        pairs = zip(facts, row, strict=True)
        rows.append([_daggered(cell) if fact in model["unverified"] else cell for fact, cell in pairs])
    notes = []
    if report.stand_ins:
        notes.append("Each model is a stand-in: no result here is about the model named in the last column.")
    return build("models", "The models", columns, rows, notes + _unverified_notes(report))


def _daggered(cell: Cell) -> Cell:
    """Return a cell that says that its fact was not confirmed; a text says so in CSV too."""
    value = f"{cell.value}{DAGGER}" if isinstance(cell.value, str) else cell.value
    return replace(cell, value=value, text=f"{cell.text}{DAGGER}")


def _unverified_notes(report: Report) -> list[str]:
    """Return what the dagger means, with each fact of the catalogue that was not confirmed."""
    found = [
        f"{model['name']}: {', '.join(fact.replace('_', ' ') for fact in model['unverified'])}"
        for model in report["models"]
        if model["unverified"]
    ]
    if not found:
        return []
    return [f"{DAGGER} Not confirmed from a public source; of {'; of '.join(found)}."]


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
    rows = []
    for model, arm, seed in report.trained():
        start = treatment_key(report.name, "training", model, arm, seed)
        numbers[f"{start}.steps"]
        rows.append(_row(numbers, columns, start, [text(model), text(arm), text(seed)]))
    notes = [
        "First and last loss are those of the first and the last logged step. Tokens: without padding; in the loss: "
        "those of the answer and its stop token."
    ]
    return build("training", "What each training did", columns, rows, notes)


def costs_table(report: Report, costs: Numbers) -> Table:
    """Seconds, tokens per second and peak memory; the only table that differs between equal runs."""
    columns = [Column("model", "model"), Column("arm", "arm"), Column("seed", "seed")]
    for step, title in (("training", "training"), ("answers", "answering")):
        columns += [
            Column(f"{step}.seconds", "s", "number", title),
            Column(f"{step}.tokens_per_second", "tokens/s", "number", title),
            Column(f"{step}.peak_memory_gib", "GiB", "number", title),
        ]
    columns.append(Column("scores.seconds", "s", "number", "scoring"))
    rows = []
    for model, arm, seed in report.treatments():
        start = treatment_key(report.name, "cost", model, arm, seed)
        costs[f"{start}.answers.seconds"]
        rows.append(_row(costs, columns, start, [text(model), text(arm), text(seed)]))
    on = {tuple(sorted(read_json(path)["on"].items())) for path in record_files(report)}
    machines = sorted(
        f"{facts.get('device')}, {facts.get('cores')} cores, {facts.get('memory_gib')} GiB" for facts in map(dict, on)
    )
    notes = [
        "GiB: peak memory of the process (of the GPU where one is used). These figures differ from run to run; "
        "everything else in this report does not.",
        f"Machine: {'; '.join(dict.fromkeys(machines))}.",
    ]
    return build("costs", "What each step cost", columns, rows, notes)


def provenance_table(report: Report) -> Table:
    """From what each result was made: commits, packages, models, data, prompts, settings."""
    documents = {path: read_json(path) for path in record_files(report)}
    lines: list[tuple[str, str, str]] = []
    for kind in ("adapter", "answers", "scores"):
        made = [record["commit"] or "outside a checkout" for record in documents.values() if record["kind"] == kind]
        if made:
            lines.append(("commit", kind, ", ".join(sorted(set(made)))))
    packages: dict[str, set[str]] = {}
    for path, record in documents.items():
        for name, version in needed(needed(record, "with", path), "packages", path).items():
            packages.setdefault(name, set()).add(version)
    lines += [("package", name, ", ".join(sorted(versions))) for name, versions in sorted(packages.items())]
    lines += _files(report, documents)
    for model, rowset, prompt in report.prompts():
        path = report.prompt_folder(model, rowset, prompt) / "prompts.json"
        document = read_json(path)
        for key in ("prompt_sha256", "family_sha256", "tokenizer_sha256"):
            lines.append(("prompt", f"{model} {prompt} {key.removesuffix('_sha256')}", needed(document, key, path)))
    lines += _settings(report)
    columns = [Column("of", "of"), Column("what", "what"), Column("value", "value")]
    rules = [place for place in range(1, len(lines)) if lines[place][0] != lines[place - 1][0]]
    rows = [[text(cell) for cell in line] for line in lines]
    return build("provenance", "From what the results were made", columns, rows, ["Hashes are SHA-256."], rules)


def _files(report: Report, documents: dict[Path, Json]) -> list[tuple[str, str, str]]:
    """Return the hashes of data files (from the audits), models and adapters (from the records)."""
    lines = []
    for rowset in report.rowsets():
        for file in needed(read_json(report.audit(rowset)), "files", report.audit(rowset)):
            lines.append(("data", report.shown(file["path"]), file["sha256"]))
    found: dict[str, dict[str, str]] = {"model": {}, "adapter": {}}
    folders = [Path(model["path"]).name for model in report["models"]]
    for record in documents.values():
        for file in record["with"]["files"].values():
            path = Path(file["path"])
            if path.suffix == ".safetensors" and path.parent.name in folders:
                found["model"][report.shown(path)] = file["sha256"]
            elif path.name == "adapter_model.safetensors":
                found["adapter"][report.shown(path)] = file["sha256"]
    return lines + [(kind, name, value) for kind, files in found.items() for name, value in sorted(files.items())]


def _settings(report: Report) -> list[tuple[str, str, str]]:
    """Return the settings of each tuned arm and of the ensembles, one a line, under the libraries' own names."""
    lines = []
    for arm in report.tuned_arms:
        treatment = report["arms"][arm]
        lines.append((arm, "seeds", ", ".join(map(str, treatment["seeds"]))))
        for part in ("lora", "quantization", "trainer"):
            for key, value in sorted(((treatment["recipe"] or {}).get(part) or {}).items()):
                value = ", ".join(map(str, value)) if isinstance(value, list) else value
                lines.append((arm, f"{part}.{key}", "null" if value is None else str(value)))
    if report.members:
        lines.append((ENSEMBLE, "members", ", ".join(report.members)))
        lines.append((ENSEMBLE, "favourite", report["ensembles"]["favourite"]))
    return lines
