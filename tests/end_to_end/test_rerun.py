"""What reruns after a change, and what does not."""

import re

import pytest
from checkout import planned, snakemake
from shortened import rewrite

STUDY = "results/mini/econ-qa"
EXPENSIVE = {"train_adapter", "answer_prompts", "score_answers", "combine_answers", "render_prompts", "prepare_rows"}


@pytest.fixture
def edited(short):
    """The shortened run, and a way to change a file of it that is undone afterwards."""
    saved = {}

    def edit(name, change):
        path = short / name
        saved[path] = path.read_bytes()
        change(path)

    yield short, edit
    for path, content in saved.items():
        path.write_bytes(content)


def replace(old, new):
    def change(path):
        text = path.read_text(encoding="utf-8")
        assert re.search(old, text), f"{path.name} no longer holds {old}"
        path.write_text(re.sub(old, new, text, count=1), encoding="utf-8")

    return change


def test_nothing_reruns_without_a_change(short):
    assert planned(short) == {}


def test_a_comment_in_training_code_reruns_nothing(edited):
    folder, edit = edited
    edit("scripts/kotune/training/train.py", replace(r"\A", "# a comment\n"))
    edit("scripts/train_adapter.py", replace(r'"""Tune', '"""(reworded) Tune'))
    assert planned(folder) == {}


def test_the_style_of_a_table_retrains_nothing(edited):
    folder, edit = edited
    edit("scripts/kotune/printing/table_files.py", lambda path: path.write_text(path.read_text() + "\nEXTRA = 1\n"))
    jobs = planned(folder)
    assert jobs.pop("make_tables") == 1
    assert not EXPENSIVE & set(jobs)


def test_the_style_of_a_figure_redraws_and_reprints_only(edited):
    folder, edit = edited
    edit("scripts/kotune/printing/figure_style.py", lambda path: path.write_text(path.read_text() + "\nEXTRA = 1\n"))
    assert set(planned(folder)) <= {"draw_figures", "draw_speed", "print_paper", "all"}
    assert "draw_figures" in planned(folder)


def test_real_training_code_retrains_and_leaves_the_bases(edited):
    folder, edit = edited
    edit("scripts/kotune/training/methods/sft.py", lambda path: path.write_text(path.read_text() + "\nEXTRA = 1\n"))
    jobs = planned(folder)
    assert jobs["train_adapter"] == 2 and jobs["answer_prompts"] == 2
    assert "render_prompts" not in jobs


def test_a_changed_rank_retrains_its_arm_and_what_follows(edited):
    folder, edit = edited
    edit("config/recipes/qlora-r6.yaml", lambda path: rewrite(path, lambda recipe: recipe["lora"].update(r=8)))
    jobs = planned(folder)
    assert jobs["train_adapter"] == 2
    assert jobs["answer_prompts"] == 2  # the bases stay
    assert jobs["score_answers"] == 2 + 5  # the tuned answers and the ensembles made from them
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


def test_where_curves_are_mirrored_is_no_reason_to_train_again(short):
    assert planned(short, "--config", "tracking=offline") == {}


def test_a_removed_score_is_rebuilt_alone(short):
    score = short / STUDY / "scores/own/tiny-eeve/base/seed42.jsonl"
    kept = score.read_bytes()
    score.unlink()
    jobs = planned(short)
    assert jobs["score_answers"] == 1
    assert not {"train_adapter", "answer_prompts", "combine_answers"} & set(jobs)
    done = snakemake(short, "--cores", "1")
    assert done.returncode == 0, done.stdout
    assert score.read_bytes() == kept
    assert planned(short) == {}


def test_moving_the_repository_reruns_nothing(short):
    moved = short.with_name("kotune-moved")
    short.rename(moved)
    try:
        assert planned(moved) == {}
    finally:
        moved.rename(short)
