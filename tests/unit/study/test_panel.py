"""An arm that chooses among answers of its own model, and a panel: what is refused at the start."""

import pytest
from changed_study import changed_study

from kotune.core.errors import UserError
from kotune.study.panel import panel_at

TRIES = "econ-qa-tries"


def changed(root, change):
    return changed_study(root, change, TRIES)


def test_the_panel_of_the_tries_is_one_model_beside_three(tmp_path):
    study = changed(tmp_path, lambda study: None)
    found = panel_at(study.settings, study.arms, study.names)
    assert found["arm"] == "own_choice" and found["answers"] == ["qlora", "expert", "steps"]
    assert found["models"] == ["tiny-eeve"] and len(found["beside"]) == 3
    assert study.arms["own_choice"]["chooses"] == found["answers"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda arms: arms["own_choice"].update(chooses=["qlora", "exprt"]), "'own_choice', key 'chooses': unknown arm 'exprt'; did"),
        (lambda arms: arms["own_choice"].update(chooses=["qlora", "rag"]), "'rag' does not answer with the adapters of 'qlora'"),
        (lambda arms: arms["own_choice"].update(chooses=["qlora", "own_choice"]), "'own_choice' chooses itself"),
        (lambda arms: arms["steps"].update(answers_with="econ-qa.expert"), "two of them are asked with one prompt"),
        (lambda arms: arms["steps"].update(models=["qwen2.5-3b-instruct"]), "has no arm 'steps'; name models that have all"),
        (lambda arms: arms["own_choice"].update(answers_with="econ-qa.clean"), "does not say where the answers stand; write {{ answers }}"),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_among_is_refused(tmp_path, change, line):
    with pytest.raises(UserError, match=line):
        changed(tmp_path, lambda study: change(study["arms"]))


@pytest.mark.parametrize(
    ("panel", "line"),
    [
        ({"arm": "qlora"}, "panel.arm: 'qlora' does not choose"),
        ({"arm": "own_choise"}, "panel.arm: unknown arm 'own_choise'; did you mean 'own_choice'"),
        ({"arm": "own_choice", "beside": ["ko-gemma-2-9b-it", "gemma"]}, "panel.beside: 'gemma' has no arm 'qlora'"),
    ],
)
def test_a_panel_of_nobody_is_refused(tmp_path, panel, line):
    with pytest.raises(UserError, match=line):
        changed(tmp_path, lambda study: study.update(panel=panel))


def test_an_arm_that_chooses_is_asked_no_other_evaluation(tmp_path):
    with pytest.raises(UserError, match="answers the study's own rows alone; take it out of kobbq"):
        changed(tmp_path, lambda study: study.update(evaluations={"kobbq": ["base", "own_choice"]}))
