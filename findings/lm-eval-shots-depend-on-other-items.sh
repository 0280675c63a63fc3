#!/usr/bin/env bash
# Finding: the shots that lm-eval puts before an item depend on which other items are asked.
#
# Guess:      with one seed an item has the same shots whether all items are asked, some (`samples`), or each rank its part.
# Behaviour:  with lm-eval 0.4.13 one generator runs through the items in order. An item that is asked alone, or by one rank of
#             two, has the shots of another place, so that scores of a part are not the part of the scores.
# Here:       the protocol `clean` draws shots by the item's own id (scripts/kotune/harness/shots.py); `published` is lm-eval's
#             drawing over all items in one process.
# Runs:       toy rows, and a model that only notes what it is asked.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile lm-eval==0.4.13 datasets==5.2.0
export HF_HUB_OFFLINE=1 HF_HOME="$folder/home"
"$folder/venv/bin/python" - "$folder" <<'PYTHON' 2> "$folder/said" || { tail -n 5 "$folder/said" >&2; exit 1; }
import json
import sys
from importlib.metadata import version
from pathlib import Path

from lm_eval.tasks import TaskManager

folder = Path(sys.argv[1])
(folder / "toy.yaml").write_text(f"""
task: toy
dataset_path: json
dataset_kwargs: {{data_files: {{train: "{folder}/train.jsonl", test: "{folder}/test.jsonl"}}}}
training_split: train
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_choice: ["A", "B"]
doc_to_target: "{{{{label}}}}"
metric_list: [{{metric: acc, aggregation: mean, higher_is_better: true}}]
""")
for split in ("train", "test"):
    rows = [{"question": f"{split}-{number}", "label": number % 2} for number in range(20)]
    (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
task = TaskManager(include_defaults=False, include_path=str(folder)).load("toy")["tasks"]["toy"]


def prompt_of(item, **asked):
    task.set_config("num_fewshot", 3)
    task.set_fewshot_seed(1234)
    task.build_all_requests(**asked)
    return next(one.args[0] for one in task.instances if one.doc["question"] == item).split("\n\n")


whole = prompt_of("test-7")
alone = prompt_of("test-7", samples=[7])
ranked = prompt_of("test-7", rank=1, world_size=2)
print(f"lm-eval {version('lm-eval')}: shots of test-7, seed 1234")
for said, shots in (("all items", whole), ("it alone", alone), ("the second of two ranks", ranked)):
    print(f"  {said}: {', '.join(shots[:-1])}")
assert whole != alone and whole != ranked, "the behaviour has changed"
PYTHON
