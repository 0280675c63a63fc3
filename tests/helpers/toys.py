"""A toy task, metric, evaluation and method, put beside the others of a copy of the repository.

Each is one module, or one entry, or one file of configuration; no other file is touched.
"""

import csv

import yaml
from bundled_rows import econ_news, opened
from shortened import EEVE, rewrite

from kotune.core.catalogue import read_yaml

TASK = '''"""A toy task: a premise that asks something, and a label."""

from kotune.rows.task import Asked, Task

TASK = Task(asked=(Asked("premise", "premise", long=True),), gold="label", together="premise", unit="premise")
'''
METRIC = '''"""A toy metric: the label that was said and the gold one, for an aggregate that wants both."""


def label_f1(lines, rows, given):
    """Return whether each label is right, with what was said and what is gold."""
    found = []
    for line, (gold, *_) in zip(lines, given.golds(lines, rows), strict=True):
        found.append({"value": float(line["answer"] == gold), "gold": gold, "said": line["answer"]})
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
EVALUATION = """title: Labels of premises
path: toys/premises.csv
task: labelling
prompt: labelling.clean
metrics: [label_f1, exact_match]
primary_metric: label_f1
protocol:
  generation: {max_new_tokens: 12}
"""
METHOD = '''"""A toy method: supervised fine-tuning on the first rows alone."""

from dataclasses import replace

from kotune.training.methods import sft

ARGUMENTS = {"rows": {"type": "integer", "minimum": 1}}
OWNED, DEFAULTS = sft.OWNED, sft.DEFAULTS
config_class, fixed, check, way, build = sft.config_class, sft.fixed, sft.check, sft.way, sft.build


def read_rows(recipe, files, tokenizer, config):
    """Return as many rows of each split as the recipe asks for."""
    count = recipe["arguments"]["rows"]
    read = sft.read_rows(recipe, files, tokenizer, config)
    return {split: replace(rows, ids=rows.ids[:count], mask=rows.mask[:count]) for split, rows in read.items()}
'''
LABELS = 12  # rows of the evaluation; each label stands for itself


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def add_task(folder):
    """Add a task of other columns: a module; and a prompt that speaks of them."""
    write(folder / "scripts/kotune/rows/tasks/labelling.py", TASK)
    families = read_yaml(folder / "config/prompts/econ-qa.yaml")["variants"]["clean"]["families"]
    content = families["gemma2"]["turns"][0]["content"].partition("{{ context }}")[0] + "{{ premise }}"
    turns = [{"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": content}]
    prompt = {"variants": {"clean": {"families": {"chatml": {"turns": turns}}}}}
    write(folder / "config/prompts/labelling.yaml", yaml.safe_dump(prompt, allow_unicode=True))


def add_metric(folder):
    """Add a metric whose aggregate is macro-F1: a module and an entry."""
    write(folder / "scripts/kotune/scoring/metrics/labels.py", METRIC)
    path = folder / "scripts/kotune/study/metrics.py"
    text = path.read_text(encoding="utf-8")
    last = text.index("    )\n}\n")
    write(path, text[:last] + ENTRY + text[last:])


def add_evaluation(folder):
    """Add an evaluation of the task by the metric: a file; and the rows that it asks."""
    write(folder / "config/evaluations/labelling.yaml", EVALUATION)
    with opened(econ_news("test", folder)) as file:
        rows = list(csv.DictReader(file))[: 3 * LABELS : 3]
    (folder / "toys").mkdir(exist_ok=True)
    with open(folder / "toys/premises.csv", "w", encoding="utf-8", newline="") as file:
        asked = [(f"{row['context']}\n\nQuestion:\n{row['question']}", row["answer"]) for row in rows]
        csv.writer(file).writerows([("premise", "label"), *asked])


def add_method(folder):
    """Add a way to train: a module; and a recipe that names it."""
    write(folder / "scripts/kotune/training/methods/first_rows.py", METHOD)
    recipe = read_yaml(folder / "config/recipes/qlora-r6.yaml") | {"method": "first_rows", "arguments": {"rows": 4}}
    write(folder / "config/recipes/first-rows.yaml", yaml.safe_dump(recipe))


def use_all(folder):
    """Let econ-qa train an arm by the method, and ask its arms the evaluation."""

    def study(content):
        arm = {"rowset": "all", "prompt": "econ-qa.clean", "recipe": "first-rows", "models": [EEVE]}
        content["arms"]["first_rows"] = arm
        content["evaluations"] = {"labelling": ["base", "first_rows"]}

    rewrite(folder / "config/studies/econ-qa.yaml", study)


def add_all(folder):
    """Add the four, and use them."""
    for add in (add_task, add_metric, add_evaluation, add_method, use_all):
        add(folder)


def learn_samples(folder):
    """Let an arm of econ-qa learn what the base answers rightly to some rows of train."""
    with opened(econ_news("train", folder)) as file:
        rows = list(csv.reader(file))[:25]
    (folder / "toys").mkdir(exist_ok=True)
    with open(folder / "toys/again.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    measured = {"metrics": ["exact_match"], "primary_metric": "exact_match"}
    again = {"title": "Again", "path": "toys/again.csv", "prompt": "econ-qa.clean", **measured}
    write(folder / "config/evaluations/again.yaml", yaml.safe_dump(again))

    def study(content):
        content["rowsets"]["kept"] = {"from": {"arm": "base", "evaluation": "again", "at_least": 1.0}}
        content["arms"]["again"] = {**content["arms"]["qlora"], "rowset": "kept"}
        content["evaluations"] = {"again": ["base"]}

    rewrite(folder / "config/studies/econ-qa.yaml", study)


def shorten_to_one(folder):
    """Make econ-qa one candidate, tuned for three steps, without ensembles."""

    def study(content):
        content["candidates"] = content["arms"]["qlora"]["models"] = [EEVE]
        content["statistics"]["resamples"] = 500
        for key in ("ensembles", "submission"):
            content.pop(key)

    def scale(content):
        content["trainer"] |= {"max_steps": 3, "per_device_train_batch_size": 4}

    rewrite(folder / "config/studies/econ-qa.yaml", study)
    rewrite(folder / "config/scales/mini.yaml", scale)
