#!/usr/bin/env bash
# Finding: lm-eval's cache of requests serves old prompts with new golds.
#
# Guess:      `cache_requests=True` saves the building of prompts, and builds them anew where the data or the task changed.
# Behaviour:  with lm-eval 0.4.13 the key is the task's name, the number of shots, the ranks, whether a chat template is applied,
#             and the tokenizer's name. After a mended row or another text of the prompt the old prompts are asked, while golds
#             are read from the new documents. Nothing warns.
# Here:       the cache is never used (scripts/kotune/harness/requests.py); requests are files that Snakemake makes anew when
#             data or code change.
# Runs:       two toy rows, and a model that only notes what it is asked.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile lm-eval==0.4.13 datasets==5.2.0
export HF_HUB_OFFLINE=1 HF_HOME="$folder/home" LM_HARNESS_CACHE_PATH="$folder/cache"
"$folder/venv/bin/python" - "$folder" <<'PYTHON' 2> "$folder/said" || { tail -n 5 "$folder/said" >&2; exit 1; }
import json
import sys
from importlib.metadata import version
from pathlib import Path

from lm_eval.api.model import LM
from lm_eval.evaluator import simple_evaluate
from lm_eval.tasks import TaskManager

folder = Path(sys.argv[1])
TASK = """
task: toy
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{data}"}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{prompt}"
doc_to_choice: ["A", "B"]
doc_to_target: "{{{{label}}}}"
metric_list: [{{metric: acc, aggregation: mean, higher_is_better: true}}]
"""


class Noting(LM):
    tokenizer_name = ""

    def loglikelihood(self, asked):
        self.asked = [one.args[0] for one in asked]
        return [(-float(one.idx), False) for one in asked]  # always the first option

    def loglikelihood_rolling(self, asked):
        raise NotImplementedError

    generate_until = loglikelihood_rolling


def asked(name, question, label, prompt):
    place = folder / name
    place.mkdir()
    (place / "test.jsonl").write_text(json.dumps({"question": question, "label": label}) + "\n", encoding="utf-8")
    (place / "toy.yaml").write_text(TASK.format(data=place / "test.jsonl", prompt=prompt), encoding="utf-8")
    model = Noting()
    manager = TaskManager(include_defaults=False, include_path=str(place))
    found = simple_evaluate(model, tasks=["toy"], cache_requests=True, task_manager=manager, bootstrap_iters=0)
    return model.asked[0], found["results"]["toy"]["acc,none"], found["samples"]["toy"][0]["target"]


first = asked("first", "old question", 0, "Q: {{question}} A:")
second = asked("second", "new question", 1, "Question: {{question}} Answer:")
print(f"lm-eval {version('lm-eval')}: first run asks {first[0]!r}, gold {first[2]}, acc {first[1]}")
print(f"  after another row and another prompt it asks {second[0]!r}, gold {second[2]}, acc {second[1]}")
assert second[0] == first[0], "the behaviour has changed"
PYTHON
