"""A task, a metric, an evaluation and a method beside the others change no job that does not use them."""

from textwrap import dedent

import toys
from checkout import ROOT, copy_to, planned

from kotune.core.code_hash import code_hash, modules_of

USED = [  # what jobs of econ-qa load by name
    "kotune.rows.tasks.context_qa.TASK",
    "kotune.scoring.metrics.text.char_f1",
    "kotune.scoring.metrics.similarity.similarity",
    "kotune.scoring.aggregates.mean.mean",
    "kotune.training.methods.sft",
]
TOYS = [
    "kotune.rows.tasks.labelling.TASK",
    "kotune.scoring.metrics.labels.label_f1",
    "kotune.scoring.aggregates.macro_f1.macro_f1",
    "kotune.training.methods.first_rows",
]


def hashes(folder, also):
    return {script.stem: code_hash(script, also) for script in sorted((folder / "scripts").glob("*.py"))}


def test_no_jobs_code_hash_changes_but_of_those_that_name_them(tmp_path):
    folder = copy_to(tmp_path / "kotune")
    before, used = hashes(folder, ()), hashes(folder, USED)
    toys.add_all(folder)
    assert hashes(folder, ()) == before
    assert hashes(folder, USED) == used
    for toy in TOYS:
        same = {script for script, own in hashes(folder, [toy]).items() if own == before[script]}
        # the harness has macro-F1 whatever a study says, so that its tables hash that aggregate anyway
        assert same <= ({"tabulate_harness"} if toy.endswith("macro_f1.macro_f1") else set()), toy


def test_no_job_hashes_the_list_of_metrics_or_the_list_of_tasks(tmp_path):
    folder = copy_to(tmp_path / "kotune")
    for script in sorted((folder / "scripts").glob("*.py")):
        hashed = set(modules_of(script))
        assert not {name for name in hashed if name.startswith(("kotune.study.metrics", "kotune.rows.tasks."))}, script


def test_they_add_their_own_jobs_and_no_others(tmp_path):
    folder = copy_to(tmp_path / "kotune")
    toys.shorten_to_one(folder)
    before = planned(folder, "--forceall")
    toys.add_all(folder)
    after = planned(folder, "--forceall")
    assert {rule: jobs - before.get(rule, 0) for rule, jobs in after.items() if jobs != before.get(rule, 0)} == {
        "prepare_rows": 1,
        "render_prompts": 1,
        "train_adapter": 1,
        "answer_prompts": 1 + 2,
        "score_answers": 1 + 2,
        "compare_scores": 1,
        "tabulate_evaluation": 1,
    }


def test_an_arm_may_learn_what_another_arm_answered(tmp_path):
    folder = copy_to(tmp_path / "kotune")
    toys.shorten_to_one(folder)
    toys.learn_samples(folder)
    assert planned(folder, "results/mini/econ-qa/adapters/tiny-eeve/again/seed42/record.json") == {
        "prepare_rows": 2,
        "render_prompts": 3,
        "answer_prompts": 1,
        "score_answers": 1,
        "sample_rows": 1,
        "train_adapter": 1,
    }


def test_the_documentation_shows_these_toys():
    page = (ROOT / "docs/adding-a-study.md").read_text(encoding="utf-8")
    for text in (toys.TASK, toys.METRIC, toys.METHOD):
        assert f"```python\n{text}```\n" in page
    assert f"```\n{dedent(toys.ENTRY)}```\n" in page
    assert f"```yaml\n{toys.EVALUATION}```\n" in page
