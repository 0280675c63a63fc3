"""Build the requests of a benchmark for one model: each item's context and options, by lm-evaluation-harness's tasks.

Reads the rows that prepare_benchmark.py wrote and, where a chat template is asked for, the model's tokenizer; writes
``--output``, a line a request, by task, protocol, number of shots and item.

Example, with the rows of prepare_benchmark.py's example in /tmp/kobest:

  python scripts/build_requests.py --data /tmp/kobest --output /tmp/requests.jsonl --settings '{
    "tasks": ["kobest_copa"], "include": null, "num_fewshot": [5], "protocols": ["published", "clean"],
    "template": "none"}'
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError
from kotune.core.protocols import NO_TEMPLATE
from kotune.harness import task_files
from kotune.harness.chat import chat_template
from kotune.harness.requests import Asked, requests_of
from kotune.harness.tasks import SEED


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings", type=json_or_file, required=True,
        help='JSON: {"tasks": names, "include": folder or null, "num_fewshot": list, "protocols": list, '
        '"template": none | chat | chat-multiturn, "limit": items a task, absent for all}',
    )  # fmt: skip
    parser.add_argument("--data", type=Path, required=True, help="the folder that prepare_benchmark.py wrote")
    parser.add_argument("--model", type=json_or_file, help="the model's settings; needed for a chat template alone")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--label", default="requests", help="what the closing line calls them")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    settings, template = args.settings, args.settings["template"]
    if template != NO_TEMPLATE and not args.model:
        raise UserError(f"template: {template} needs the model's tokenizer; name its settings by --model")
    render = chat_template(args.model["path"]) if template != NO_TEMPLATE else None
    asked = Asked(template, render, settings.get("seed", SEED), settings.get("limit"))
    splits = {name: one["splits"] for name, one in storage.read_json(args.data / "audit.json")["tasks"].items()}
    lines = []
    for name in settings["tasks"]:
        task = task_files.find(name, settings.get("include"))
        rows = {split: storage.read_jsonl(args.data / name / f"{split}.jsonl") for split in splits[name]}
        lines += requests_of(task, rows, settings["num_fewshot"], settings["protocols"], asked)
    storage.write_jsonl(args.output, lines)

    options = sum(len(line["continuations"]) for line in lines)
    console.say(f"{args.label}: {len(lines):,} requests, {options:,} options")


if __name__ == "__main__":
    console.run(main)
