"""Families: turns become exactly the text that a model's own template makes, and contradictions are refused."""

import importlib.util
from pathlib import Path

import jinja2
import pytest
import yaml

from kotune.errors import UserError
from kotune.families import Family, family_from, family_named, load_families

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "config" / "families.yaml"
TURNS = [("user", " 질문\n"), ("assistant", "답 "), ("user", "다시 묻는다")]


@pytest.fixture(scope="module")
def families() -> dict[str, Family]:
    return load_families(CATALOGUE)


@pytest.fixture
def gemma2() -> dict:
    return yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["gemma2"]


def test_every_family_of_the_study_is_there(families):
    assert set(families) >= {"gemma2", "chatml", "solar", "qwen2", "llama3"}


@pytest.mark.parametrize(
    ("family", "template", "system"),
    [("gemma2", "gemma", False), ("llama3", "llama3", True), ("qwen2", "qwen2_5", True)],
)
def test_turns_equal_the_models_own_chat_template(families, family, template, system):
    folder = Path(importlib.util.find_spec("trl").origin).parent / "chat_templates"
    source = (folder / f"{template}.jinja").read_text(encoding="utf-8")
    turns = [("system", "짧게 답한다. "), *TURNS] if system else TURNS
    messages = [{"role": role, "content": content} for role, content in turns]
    theirs = jinja2.Environment().from_string(source)
    bos = families[family].bos or ""
    expected = theirs.render(messages=messages, bos_token=bos, add_generation_prompt=True, raise_exception=None)
    assert families[family].prompt(turns) == expected


def test_white_space_around_a_turn_is_cut_only_where_the_template_cuts_it(families):
    assert families["llama3"].completion(" 3% \n") == "3%<|eot_id|>"
    assert families["gemma2"].completion(" 3% \n") == "3%<end_of_turn>"
    assert families["qwen2"].completion(" 3% \n") == " 3% \n<|im_end|>"


def test_solar_puts_one_newline_before_the_assistants_heading(families):
    text = families["solar"].prompt([("system", "기사"), ("user", "질문")])
    assert text == "<s>### System:\n기사\n\n### User:\n질문\n### Assistant:\n"


def test_a_folded_system_turn_stands_before_the_first_user_turn(gemma2):
    family = family_from("gemma3", {**gemma2, "system": "folded"})
    text = family.prompt([("system", "짧게."), ("user", "질문")])
    assert text == "<bos><start_of_turn>user\n짧게.\n\n질문<end_of_turn>\n<start_of_turn>model\n"


@pytest.mark.parametrize(
    ("family", "roles", "message"),
    [
        ("gemma2", ["system", "user"], "refuses a system turn"),
        ("gemma2", ["user", "user"], "must take turns"),
        ("chatml", ["user", "system", "user"], "must come first"),
        ("chatml", ["user", "assistant"], "last turn must be the user's"),
        ("chatml", ["system"], "last turn must be the user's"),
        ("chatml", ["usr"], "unknown role 'usr'; did you mean 'user'"),
    ],
)
def test_turns_that_the_model_refuses_are_refused(families, family, roles, message):
    with pytest.raises(UserError, match=message):
        families[family].prompt([(role, "글") for role in roles])


def test_an_unknown_family_is_answered_with_the_nearest(gemma2):
    with pytest.raises(UserError, match="unknown family 'gema2'; did you mean 'gemma2'"):
        family_named("gema2", {"gemma2": gemma2})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pad": "<end_of_turn>"}, "pad and stop are both '<end_of_turn>'"),
        ({"stops": ["<eos>"]}, "stops lacks the stop token"),
        ({"required_tokens": ["<bos>", "<pad>", "<eos>"]}, "required_tokens lacks '<end_of_turn>'"),
        ({"turns": {"user": {"header": "", "trailer": ""}}}, "turns has no 'assistant'"),
        ({"stop": "<eos>"}, "the assistant's trailer must start with the stop token"),
        ({"system": "accepted"}, "turns has no 'system'"),
    ],
)
def test_a_family_that_contradicts_itself_is_refused(gemma2, change, message):
    with pytest.raises(UserError, match=f"config/families.yaml, family 'gemma2': {message}"):
        family_from("gemma2", {**gemma2, **change})


def test_a_family_without_a_key_names_it(gemma2):
    del gemma2["bos"]
    with pytest.raises(UserError, match="the key 'bos' is missing"):
        family_from("gemma2", gemma2)
