"""What reruns after a change, and what does not."""

import re
import shutil

import pytest
from checkout import jobs_in, planned, snakemake
from shortened import rewrite
from toy_study import scores

EXPENSIVE = {"train_adapter", "answer_prompts", "score_answers", "combine_answers", "render_prompts", "prepare_rows"}


@pytest.fixture(scope="module")
def finished(toy, tmp_path_factory):
    """A finished run of the toy study, in another folder than it ran in."""
    return shutil.copytree(toy, tmp_path_factory.mktemp("moved") / "kotune", symlinks=True)


@pytest.fixture
def edited(finished):
    """The finished run, and a way to change a file of it that is undone afterwards."""
    saved = {}

    def edit(name, change):
        path = finished / name
        saved[path] = path.read_bytes()
        change(path)

    yield finished, edit
    for path, content in saved.items():
        path.write_bytes(content)


def replace(old, new):
    def change(path):
        text = path.read_text(encoding="utf-8")
        assert re.search(old, text), f"{path.name} no longer holds {old}"
        path.write_text(re.sub(old, new, text, count=1), encoding="utf-8")

    return change


def add_code(path):
    path.write_text(path.read_text(encoding="utf-8") + "\nEXTRA = 1\n", encoding="utf-8")


def test_nothing_reruns_in_another_folder_for_a_comment_or_where_curves_are_mirrored(edited):
    folder, edit = edited
    edit("scripts/kotune/training/train.py", replace(r"\A", "# a comment\n"))
    edit("scripts/train_adapter.py", replace(r'"""Tune', '"""(reworded) Tune'))
    assert planned(folder, "--config", "tracking=offline") == {}


def test_the_style_of_a_table_retrains_nothing(edited):
    folder, edit = edited
    edit("scripts/kotune/printing/table_files.py", add_code)
    jobs = planned(folder)
    assert jobs.pop("make_tables") == 1
    assert not EXPENSIVE & set(jobs)


def test_the_style_of_a_figure_redraws_and_reprints_only(edited):
    folder, edit = edited
    edit("scripts/kotune/printing/figure_style.py", add_code)
    jobs = planned(folder)
    assert set(jobs) <= {"draw_figures", "draw_speed", "print_paper", "all"}
    assert "draw_figures" in jobs


def test_real_training_code_retrains_and_leaves_the_bases(edited):
    folder, edit = edited
    edit("scripts/kotune/training/methods/sft.py", add_code)
    jobs = planned(folder)
    assert jobs["train_adapter"] == 2 and jobs["answer_prompts"] == 2
    assert "render_prompts" not in jobs


def test_a_changed_rank_retrains_its_arm_and_what_follows(edited):
    folder, edit = edited
    edit("config/recipes/qlora-r6.yaml", lambda path: rewrite(path, lambda recipe: recipe["lora"].update(r=8)))
    jobs = planned(folder)
    assert jobs["train_adapter"] == 2
    assert jobs["answer_prompts"] == 2  # the bases stay
    assert jobs["score_answers"] == 2 + 1  # the tuned answers and the ensemble made from them
    assert "render_prompts" not in jobs and "prepare_rows" not in jobs


def test_a_changed_prompt_renders_and_retrains_only_its_models(edited):
    folder, edit = edited

    def reword(prompt):
        families = prompt["variants"]["clean"]["families"]
        families["qwen2"] = {"turns": [{"role": "user", "content": "{{ context }}\n{{ question }}"}]}

    edit("config/prompts/econ-qa.yaml", lambda path: rewrite(path, reword))
    jobs = planned(folder)
    assert jobs["render_prompts"] == 1
    assert jobs["train_adapter"] == 1
    assert jobs["answer_prompts"] == 2
    assert "prepare_rows" not in jobs


def test_a_removed_score_is_rebuilt_alone(finished):
    score = finished / scores("tiny-qwen2", "base")
    kept = score.read_bytes()
    score.unlink()
    done = snakemake(finished, "--cores", "1", "--workflow-profile", "none")
    assert done.returncode == 0, done.stdout
    ran = jobs_in(done.stdout)
    assert ran["score_answers"] == 1
    assert not {"train_adapter", "answer_prompts", "combine_answers"} & set(ran)
    assert score.read_bytes() == kept
    assert planned(finished) == {}
