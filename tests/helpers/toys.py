"""A toy task, metric and evaluation, put beside the others of a copy of the repository: each one entry or one module."""

import csv

from shortened import QWEN, rewrite

PREMISES = ("금리가 올랐다", "수출이 줄었다", "물가가 내렸다", "환율이 뛰었다", "고용이 늘었다", "주가가 빠졌다")
TASK = '''"""A toy task: does it hold? A premise, and a label."""

from kotune.rows.task import Asked, Task

TASK = Task(asked=(Asked("premise", "premise", long=True),), gold="label", together="premise", unit="premise")
'''
METRIC = '''"""A toy metric: the label that was said, and the gold one, for an aggregate that wants both."""


def label_f1(lines, rows, given):
    """Return whether each label is right, with what was said and what is gold."""
    found = []
    for line, (gold, *_) in zip(lines, given.golds(lines, rows), strict=True):
        said = line["answer"].strip()
        found.append({"value": float(said == gold), "gold": gold, "said": said})
    return found
'''
ENTRY = """        Metric(
            "label_f1",
            "macro-F1",
            "kotune.scoring.metrics.labels.label_f1",
            level=SET,
            aggregate="kotune.scoring.aggregates.macro_f1.macro_f1",
        ),
"""
EVALUATION = """title: Does the premise hold?
path: toys/premises.csv
task: holding
prompt: holding.clean
metrics: [label_f1, exact_match]
primary_metric: label_f1
protocol:
  generation: {max_new_tokens: 4}
"""
PROMPT = """variants:
  clean:
    families:
      qwen2:
        turns:
          - {role: user, content: "{{ premise }} 참인가?"}
"""


def add_task(folder):
    """Add a task of other columns: one module, and a prompt that speaks of them."""
    (folder / "scripts/kotune/rows/tasks/holding.py").write_text(TASK, encoding="utf-8")
    (folder / "config/prompts/holding.yaml").write_text(PROMPT, encoding="utf-8")


def add_metric(folder):
    """Add a metric with macro-F1 as its aggregate: one module, one entry."""
    (folder / "scripts/kotune/scoring/metrics/labels.py").write_text(METRIC, encoding="utf-8")
    path = folder / "scripts/kotune/study/metrics.py"
    text = path.read_text(encoding="utf-8")
    last = text.index("    )\n}\n")
    path.write_text(text[:last] + ENTRY + text[last:], encoding="utf-8")


def add_evaluation(folder):
    """Add an evaluation of the task by the metric, and the rows that it asks: one file in the configuration."""
    (folder / "config/evaluations").mkdir(exist_ok=True)
    (folder / "config/evaluations/holding.yaml").write_text(EVALUATION, encoding="utf-8")
    (folder / "toys").mkdir()
    with open(folder / "toys/premises.csv", "w", encoding="utf-8", newline="") as file:
        rows = [(f"{premise} {number}.", "참" if number % 2 else "거짓") for premise in PREMISES for number in range(4)]
        csv.writer(file).writerows([("premise", "label"), *rows])


def ask(folder, *arms):
    """Let arms of econ-qa be asked the evaluation."""
    rewrite(folder / "config/studies/econ-qa.yaml", lambda study: study.update(evaluations={"holding": list(arms)}))


def shorten_to_one(folder):
    """Make econ-qa one candidate, tuned for three steps, without ensembles."""

    def study(content):
        content |= {"candidates": [QWEN], "arms": {**content["arms"]}}
        content["arms"]["qlora"]["models"] = [QWEN]
        content["statistics"]["resamples"] = 500
        for key in ("ensembles", "submission", "published"):
            content.pop(key, None)

    def scale(content):
        content["trainer"] |= {"max_steps": 3, "save_steps": 5, "per_device_train_batch_size": 4}

    rewrite(folder / "config/studies/econ-qa.yaml", study)
    rewrite(folder / "config/scales/mini.yaml", scale)
