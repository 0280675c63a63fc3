"""List a benchmark's items as rows to learn from: what lm-evaluation-harness asks, and the right one of its options.

Reads {task}/{split}.jsonl of a harness evaluation's data; writes {train,valid,test}.jsonl in ``--output-dir``, the
tasks one after another.

Example, after `snakemake --cores 1` for a study that learns a benchmark's items:

  python scripts/list_items.py --data results/mini/kobest/harness/kobest/data \\
    --tasks kobest_boolq kobest_copa --output-dir /tmp/items
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file
from kotune.core.storage import read_jsonl, write_jsonl


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data of a harness evaluation, a folder a task")
    parser.add_argument("--tasks", nargs="+", required=True, help="lm-eval's names")
    parser.add_argument("--most", type=json_or_file, default={}, help="split to how many items of a task, JSON")
    parser.add_argument("--include", type=Path, help="a folder of further task files")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--label", default="items", help="what the closing line calls them")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    from kotune.harness import items, task_files

    tasks = [task_files.find(name, args.include) for name in args.tasks]
    rows = {
        task.name: {path.stem: read_jsonl(path) for path in sorted((args.data / task.name).glob("*.jsonl"))}
        for task in tasks
    }
    counts = {}
    for split in items.SPLITS:
        made = [
            one
            for task in tasks
            for one in items.drawn([*items.items_of(task, rows[task.name], split)], args.most.get(split))
        ]
        write_jsonl(args.output_dir / f"{split}.jsonl", made)
        counts[split] = len(made)
    told = ", ".join(f"{count:,} {split}" for split, count in counts.items())
    console.say(f"{args.label}: {told} items of {len(tasks)} tasks")


if __name__ == "__main__":
    console.run(main)
