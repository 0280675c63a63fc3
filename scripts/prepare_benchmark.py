"""Prepare a benchmark of lm-evaluation-harness: its rows in one layout, whatever the source has, and their audit.

Reads the files of ``source`` (a folder of the user's, or what the hub's downloads left); writes
{task}/{split}.jsonl and, last, audit.json (counts, spelling of labels, leaks, facts of the tasks) in ``--output-dir``.

Example, with KoBEST's TSV files from its makers in kobest-v1.0:

  python scripts/prepare_benchmark.py --output-dir /tmp/kobest --settings '{"tasks": ["kobest_copa", "kobest_wic"],
    "include": null, "num_fewshot": [5, 0], "source": {"folder": "kobest-v1.0"}}'
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.storage import Json
from kotune.harness import kobest, task_files
from kotune.harness.audit import audit, faults, unknown
from kotune.harness.sources import Benchmark, benchmark
from kotune.harness.tasks import check_golds, facts, lm_eval_task


def written(made: Benchmark, folder: Path) -> dict[str, list[Json]]:
    """Write a task's rows, one file a split, and return them as they are written."""
    kept = {
        split: [{name: value for name, value in row.items() if name not in kobest.BESIDE} for row in rows]
        for split, rows in made.rows.items()
    }
    for split, rows in kept.items():
        storage.write_jsonl(folder / made.task.name / f"{split}.jsonl", rows)
    return kept


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings", type=json_or_file, required=True,
        help='JSON: {"tasks": names, "include": a folder of further task files or null, "num_fewshot": list, '
        '"source": {"folder": path} or {"hub": {task: folder}} or {"lm_eval": true}}',
    )  # fmt: skip
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--label", default="benchmark", help="what the closing line calls it")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    settings, said = args.settings, {}
    notes = task_files.check(settings["tasks"], settings.get("include"))
    for name in settings["tasks"]:
        task = task_files.find(name, settings.get("include"))
        made = benchmark(settings["source"], task)
        rows = written(made, args.output_dir)
        theirs = lm_eval_task(task, rows)
        check_golds(task, theirs, rows)
        warning, missing = task_files.warning_of(task), unknown(made)
        notes += missing
        said[name] = audit(made) | facts(task, theirs)
        said[name]["leaks"] += faults(task, theirs, rows, settings.get("num_fewshot", []))
        said[name] |= {"answer": task_files.answer_of(task), "warnings": [*([warning] if warning else []), *missing]}
    paths = [f"{name}/{split}.jsonl" for name, one in said.items() for split in one["splits"]]
    files = {path: storage.sha256_of(args.output_dir / path) for path in paths}
    storage.write_json(args.output_dir / "audit.json", {"tasks": said, "files": files})

    for note in notes:
        console.say(f"warning: {note}")
    items = ", ".join(f"{name} {one['asked']:,}" for name, one in said.items())
    console.say(f"{args.label}: items {items}")


if __name__ == "__main__":
    console.run(main)
