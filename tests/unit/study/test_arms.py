"""A study's arms at a scale: models by their names in paths, recipes and seeds."""

import pytest
from changed_study import changed_study, rewritten
from plans import Job
from studies import configuration, copied, study

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.plan import answers, prompts, start
from kotune.plan.paths import prompt_folder


def test_an_arm_has_models_recipe_and_seeds():
    qlora = study(seeds=[1, 2]).arms["qlora"]
    assert qlora["models"][0] == "tiny-gemma2" and qlora["recipe"]["lora"]["r"] == 6
    assert (qlora["seeds"], qlora["cards"]) == ([1, 2], 1)


def test_a_tuned_arm_needs_a_recipe(tmp_path):
    with pytest.raises(UserError, match="arm 'qlora': only the arm 'base' goes without a recipe"):
        changed_study(tmp_path, lambda study: study["arms"]["qlora"].pop("recipe"))


SWITCH = {
    "opening": "<start_of_turn>model\n<start_of_turn>",
    "begins": "<start_of_turn>",
    "ends": "<eos>",
    "source": {"repository": "github.com/a/b", "path": "c", "commit": "0" * 40},
}
ASKED = {"adapter": "qlora", "answers_with": "econ-qa.clean", "models": ["ko-gemma-2-9b-it"], "thinking": True}


def thinking(folder, asked=ASKED, tokens=64, switch=SWITCH):
    """Plan econ-qa with an arm that thinks, as though Gemma 2 could be switched; ``asked``: the arm."""
    root = copied(folder)
    rewritten(root / "config/families.yaml", lambda families: families["gemma2"].update(thinking=switch))
    (folder / "resources").symlink_to(ROOT / "resources")

    def with_arm(settings):
        settings["arms"]["aloud"] = asked
        settings["generation"] |= {"thinking_tokens": tokens} if tokens else {}

    rewritten(root / "config/studies/econ-qa.yaml", with_arm)
    return start.plan_of(configuration(studies=["econ-qa"]), ROOT, root)


def test_an_arm_that_thinks_is_asked_with_a_prompt_of_its_own(tmp_path):
    plan = thinking(tmp_path)
    arm = plan.studies["econ-qa"].arms["aloud"]
    assert (arm["prompt"], arm["answers_with"]) == ("econ-qa.clean", "econ-qa.clean+thinking")
    assert prompt_folder(plan, "econ-qa", "tiny-gemma2", "aloud").endswith("/tiny-gemma2/all/econ-qa.clean+thinking")
    job = {"study": "econ-qa", "model": "tiny-gemma2", "rowset": "all"}
    on, off = (prompts.rendering(plan, Job(job, prompt=name)) for name in ("econ-qa.clean+thinking", "econ-qa.clean"))
    assert on["family"]["answer_header"] == SWITCH["opening"] and "thinking" not in on["family"]
    assert (on["prompt"], on["max_tokens"]) == (off["prompt"], off["max_tokens"] - 64)
    assert "answer_header" not in off["family"]
    asked = answers.generation(plan, Job(job, arm="aloud"))
    quiet = answers.generation(plan, Job(job, arm="qlora"))
    assert asked == {
        **quiet,
        "max_new_tokens": quiet["max_new_tokens"] + 64,
        "thinking": {"begins": "<start_of_turn>", "ends": "<eos>", "opened": True},
    }
    assert "thinking_tokens" not in quiet and "thinking" not in quiet


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"asked": {**ASKED, "models": ["eeve-korean-instruct-10.8b"]}}, "the family 'chatml' of 'tiny-eeve' has no switch"),
        ({"asked": {**ASKED, "models": ["eeve-korean-instruct-10.8b"], "thinking": False}}, "has no switch for thinking"),
        ({"tokens": None}, "generation.thinking_tokens must say how many new tokens thoughts may take"),
        ({"switch": {**SWITCH, "ends": "</think>"}}, "required_tokens lacks '</think>', by which thoughts are cut off; add it"),
        (
            {"asked": {"rowset": "all", "prompt": "econ-qa.clean", "recipe": "qlora-r6", "thinking": True}},
            "it would learn answers without thoughts behind an opening for thoughts",
        ),
        ({"asked": {**ASKED, "answers_with": "econ-qa.as_published"}}, "name a variant with turns and without parts"),
    ],
)  # fmt: skip
def test_an_arm_that_cannot_think_is_refused(tmp_path, changes, fault):
    with pytest.raises(UserError, match=fault):
        plan = thinking(tmp_path, **changes)
        prompts.rendering(plan, Job(study="econ-qa", model="tiny-gemma2", rowset="all", prompt="econ-qa.clean"))
