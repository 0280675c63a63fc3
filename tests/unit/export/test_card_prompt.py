"""A card shows the prompt that was learned, with the columns of a row in braces."""

import toy_cards
from plans import Job, plan_for

from kotune.export import card_prompt
from kotune.plan import model_cards


def test_the_prompt_of_a_base_model_is_its_text():
    said = toy_cards.facts().template
    assert said.startswith("<|begin_of_text|>") and "### instruction:\n{instruction}\n\n### input:\n{input}\n" in said
    assert "{system}" not in said and "{output}" not in said


def test_a_chat_model_s_turns_are_its_family_s():
    told = model_cards.settings(plan_for(), Job(study="econ-qa", model="tiny-gemma2", arm="qlora", seed="42"))
    said = card_prompt.template(told["models"]["tiny-gemma2"], told["columns"], told["empty"])
    assert said.startswith("<bos><start_of_turn>user\n") and "{context}" in said and "{question}" in said


def test_a_prompt_that_shows_examples_of_train_has_no_one_text():
    told = toy_cards.settings()["models"]["plain-llama-chat"]
    content = {**told["prompt"]["content"], "shots": {"number": 2, "seed": 1}}
    assert card_prompt.template({**told, "prompt": {**told["prompt"], "content": content}}, ["instruction"], []) is None
