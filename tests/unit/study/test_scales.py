"""A scale lies over studies and recipes: dicts merge, everything else is replaced."""

import pytest
from studies import copied

from kotune.core.errors import UserError
from kotune.study import scales


def test_dicts_merge_and_everything_else_is_replaced():
    base = {"trainer": {"optim": "adamw", "steps": [1, 2]}, "lora": {"r": 6}}
    over = {"trainer": {"steps": [3], "bf16": True}, "lora": None}
    assert scales.merged(base, over) == {"trainer": {"optim": "adamw", "steps": [3], "bf16": True}, "lora": None}
    assert base["trainer"] == {"optim": "adamw", "steps": [1, 2]}, "what is below stays as it was"
    assert scales.merged(None, {"load_in_4bit": True}) is None, "a recipe without quantization stays without"


def test_a_recipe_has_the_scales_trainer_and_its_own_lora():
    mini, full = (scales.recipe_at("qlora-r6", scales.lens_at(scale)) for scale in ("mini", "full"))
    assert mini["lora"] == full["lora"]
    assert mini["trainer"]["max_steps"] == 60 and full["trainer"]["max_steps"] == -1  # all epochs
    assert (mini["trainer"]["bf16"], full["trainer"]["bf16"]) == (False, True)
    assert mini["trainer"]["per_device_train_batch_size"] != full["trainer"]["per_device_train_batch_size"]


@pytest.mark.parametrize(
    ("given", "seen"), [(["42", 7], [42, 7]), (["4x"], ["4x"]), (["-1"], ["-1"]), ("42", "42"), (None, None)]
)
def test_seeds_of_the_command_line_become_numbers_and_a_wrong_one_stays_to_be_named(given, seen):
    assert scales.with_whole_numbers({"seeds": given}) == {"seeds": seen}


def test_a_study_may_say_something_of_its_own_for_one_scale():
    settings = {"title": "x", "census": {"share": 0.9}, "scales": {"mini": {"trainer": {"max_steps": 4}, "title": "y"}}}
    lens, own = scales.of_scale(settings, {"trainer": {"bf16": False}}, "mini")
    assert lens == {"trainer": {"bf16": False, "max_steps": 4}} and own["title"] == "y" and own["census"]
    assert scales.of_scale(settings, {"trainer": {}}, "full") == ({"trainer": {}}, settings)


def test_a_rehearsal_is_of_the_scale_that_it_names(tmp_path):
    full, rehearsed = scales.lens_at("full"), scales.lens_at("rehearsal")
    for key in ("stand_ins", "compute", "trainer", "quantization", "generation"):
        assert rehearsed[key] == full[key]
    scale = copied(tmp_path) / "config/scales/rehearsal.yaml"
    scale.write_text(scale.read_text(encoding="utf-8").replace("of: full", "of: mini"), encoding="utf-8")
    with pytest.raises(UserError, match="rehearsal.yaml, rehearsal.of: 'mini' has no true shapes to rehearse"):
        scales.lens_at("rehearsal", tmp_path)
