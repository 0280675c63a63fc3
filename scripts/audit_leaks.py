"""Look for rows of one split or data set that stand, word for word or nearly, in another.

Reads a file of rows a set (Parquet or JSON lines); writes leaks.json (counts), leaks.jsonl (each row that has a twin),
and their table and figure.

Example, after `snakemake --cores 1` for the rows of econ-qa; `own` marks the sets that are compared with all others:

  python scripts/audit_leaks.py --output-dir /tmp/leaks --settings '{"near": 0.6, "characters": 4, "sets": [
    {"name": "train", "path": "results/mini/econ-qa/rows/all/train.parquet", "columns": ["question"], "own": true},
    {"name": "test", "path": "results/mini/econ-qa/rows/all/test.parquet", "columns": ["question"], "own": true}]}'
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.printing.figure_style import house_style, save
from kotune.printing.table_files import write_table
from kotune.report import leaks


def _text(value: object) -> object:
    """Return a cell as a text; of earlier turns, what was said in them."""
    return "\n".join(turn["content"] for turn in value) if isinstance(value, list) else value


def read(path: Path, columns: list[str]) -> Json:
    """Return column → values of the ids and of what is compared; UserError names a column that is not there."""
    if path.suffix == ".jsonl":
        lines = storage.read_jsonl(path)
        known = sorted({name for line in lines for name in line})
        table = {name: [line.get(name) for line in lines] for name in known}
    else:
        table = storage.read_parquet(path).to_dict(as_series=False)
        known = list(table)
    for column in ("id", *columns):
        if column not in known:
            raise UserError(f"{path}: there is no column '{column}'{nearest(column, known)}")
    return {name: list(map(_text, table[name])) for name in ("id", *columns)}


def rows_of(one: Json, characters: int) -> leaks.Rows:
    """Return one set of the settings."""
    path = Path(one["path"])
    if "task" in one:
        split = storage.read_json(path)["tasks"][one["task"]]["items"]
        items = storage.read_jsonl(path.parent / one["task"] / f"{split}.jsonl")
        return leaks.items_of(items, one["name"], characters)
    found = leaks.rows_of(read(path, one["columns"]), one["name"], one["own"], one["columns"], characters)
    if "learned" not in one:
        return found
    whole = leaks.rows_of(read(path, one["learned"]), one["name"], one["own"], one["learned"], characters)
    return replace(found, learned=whole.texts.texts)


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings", type=json_or_file, required=True,
        help='JSON: {"near", "characters", "sets": [{"name", "path", "columns", "own"}]}; a learned set may name '
        'all its columns as "learned"; one of a benchmark\'s items names its "task" and their audit as "path"',
    )  # fmt: skip
    parser.add_argument("--output-dir", type=Path, required=True, help="folder; tables/ and figures/ lie in it")
    parser.add_argument("--label", default="rows", help="what the closing line calls them")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    near, characters = args.settings["near"], args.settings["characters"]
    sets = [rows_of(one, characters) for one in args.settings["sets"]]
    document, lines = leaks.audit(sets, near, characters)
    storage.write_json(args.output_dir / "leaks.json", document)
    storage.write_text(args.output_dir / "leaks.jsonl", "".join(map(storage.jsonl_line, lines)))
    table = leaks.table(document)
    write_table(args.output_dir / "tables", table)
    with house_style():
        save(leaks.figure(document), args.output_dir / "figures", table.name)
    exact, close = (sum(one[kind] for one in document["comparisons"]) for kind in ("exact", "near"))
    console.say(
        f"leaks of {args.label}: {len(document['comparisons'])} comparisons; rows that stand elsewhere word for word "
        f"{exact:,}, nearly {close:,}"
    )


if __name__ == "__main__":
    console.run(main)
