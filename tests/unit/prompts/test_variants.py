"""Prompt variants: what a variant may say, and what of a row it shows."""

import pytest
from families_file import FAMILIES

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.prompts.variants import INFERENCE, TRAINING, renderer

ROW = read_json(ROOT / "tests/data/econ-qa/row.json")


def prompt_of(**family) -> dict:
    return {"name": "mine", "variant": "clean", "content": {"families": {"chatml": family}}}


@pytest.mark.parametrize(
    ("family", "roles", "message"),
    [
        ("gemma2", ["system", "user"], "refuses a system turn"),
        ("chatml", ["system"], "the last turn must be the user's"),
    ],
)
def test_turns_that_a_family_refuses_are_named_with_the_prompt(family, roles, message):
    turns = [{"role": role, "content": "글"} for role in roles]
    prompt = {"name": "mine", "variant": "clean", "content": {"families": {family: {"turns": turns}}}}
    with pytest.raises(
        UserError, match=f"config/prompts/mine.yaml, variants.clean.families.{family}.turns: .*{message}"
    ):
        renderer(prompt, FAMILIES[family], list(ROW), TRAINING)


def test_a_variant_with_half_a_text_is_refused():
    with pytest.raises(UserError, match=r"needs either turns, or the texts training.prompt and inference.prompt"):
        renderer(
            prompt_of(training={"prompt": "{{ context }}", "completion": "{{ answer }}"}),
            FAMILIES["chatml"],
            list(ROW),
            TRAINING,
        )


def test_any_column_of_the_rows_can_stand_in_a_prompt():
    prompt = prompt_of(turns=[{"role": "user", "content": "{{ article }} {{ id }}"}])
    render = renderer(prompt, FAMILIES["chatml"], list(ROW), INFERENCE)
    assert "a0 T_0" in render.prompt(ROW)
