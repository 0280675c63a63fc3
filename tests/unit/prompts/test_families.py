"""Families: turns become exactly the text that a model's own template makes, and contradictions are refused."""

import importlib.util
from pathlib import Path

import jinja2
import pytest
import yaml
from families_file import load_families

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.prompts.families import Family, family_from
from kotune.prompts.thinking import family_for, switched_on

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


def own_template(name: str) -> jinja2.Template:
    """A chat template as TRL ships it; ``raise_exception`` refuses, as it does in the models' own loaders."""
    folder = Path(importlib.util.find_spec("trl").origin).parent / "chat_templates"
    made = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)  # as transformers reads templates
    return made.from_string((folder / f"{name}.jinja").read_text(encoding="utf-8"))


def refuse(message: str) -> None:
    raise ValueError(message)


OWN = [
    ("gemma2", "gemma", {}),
    ("gemma3", "gemma3", {}),
    ("llama3", "llama3", {}),
    ("llama32", "llama3_1", {}),
    ("llama32", "llama3_2", {}),
    ("llama32", "llama3_2", {"date_string": "26 Jul 2024", "strftime_now": lambda _: "01 Jan 2030"}),
    ("qwen2", "qwen2_5", {}),
    ("qwen3", "qwen3", {"enable_thinking": False}),
    ("qwen3_2507", "qwen3_instruct_2507", {}),
]


@pytest.mark.parametrize("system", [" 짧게 답한다. ", None])
@pytest.mark.parametrize(("family", "template", "given"), OWN)
def test_turns_equal_the_models_own_chat_template(families, family, template, given, system):
    if system and families[family].system == "refused":
        pytest.skip("refuses a system turn")
    turns = [("system", system), *TURNS] if system else TURNS
    messages = [{"role": role, "content": content} for role, content in turns]
    bos = families[family].bos or ""
    expected = own_template(template).render(
        messages=messages, bos_token=bos, add_generation_prompt=True, raise_exception=refuse, **given
    )
    assert families[family].prompt(turns) == expected


@pytest.mark.parametrize(("family", "template", "given"), OWN)
def test_an_answer_equals_the_models_own_chat_template(families, family, template, given):
    messages = [{"role": role, "content": content} for role, content in [*TURNS, ("assistant", "\n3%. ")]]
    bos = families[family].bos or ""
    expected = own_template(template).render(messages=messages, bos_token=bos, raise_exception=refuse, **given)
    answer = "3%. " if family == "qwen3" else "\n3%. "  # its template cuts line breaks before an answer
    assert expected.startswith(families[family].prompt(TURNS) + families[family].completion(answer))


def test_a_prompt_that_thinks_equals_the_models_own_chat_template():
    data = read_yaml(ROOT / "config/families.yaml")["qwen3"]
    thinks = family_from("qwen3", family_for(data, switched_on("a.b")))
    messages = [{"role": role, "content": content} for role, content in TURNS]
    expected = own_template("qwen3").render(messages=messages, add_generation_prompt=True, enable_thinking=True)
    assert thinks.prompt(TURNS) == expected
    assert family_from("qwen3", family_for(data, "a.b")).prompt(TURNS) != expected


def test_what_gemmas_own_template_refuses_is_refused(families):
    for roles in (["system", "user"], ["user", "user"]):
        turns = [(role, "글") for role in roles]
        with pytest.raises(ValueError):
            messages = [{"role": role, "content": content} for role, content in turns]
            own_template("gemma").render(messages=messages, bos_token="", raise_exception=refuse)
        with pytest.raises(UserError):
            families["gemma2"].prompt(turns)


GOLDEN = read_json(ROOT / "tests" / "data" / "turns.json")
TALK = [(role, text) for role, text in GOLDEN["talk"]]
WRITTEN = GOLDEN["written"]


@pytest.mark.parametrize("family", WRITTEN)
def test_turns_of_models_whose_template_no_package_ships(families, family):
    assert families[family].prompt(TALK) == WRITTEN[family]["talk"]
    assert families[family].prompt(TALK[-1:]) == WRITTEN[family]["last_turn"], "without a system turn"


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pad": "<end_of_turn>"}, "pad and stop are both '<end_of_turn>'"),
        ({"stops": ["<eos>"]}, "stops lacks the stop token"),
        ({"required_tokens": ["<bos>", "<pad>", "<eos>"]}, "required_tokens lacks '<end_of_turn>'"),
        ({"turns": {"user": {"header": "", "trailer": ""}}}, "turns has no 'assistant'"),
        ({"stop": "<eos>"}, "the assistant's trailer must start with the stop token"),
        ({"system": "accepted"}, "turns has no 'system'"),
        ({"default_system": "짧게."}, "default_system needs a family that accepts a system turn"),
    ],
)
def test_a_family_that_contradicts_itself_is_refused(gemma2, change, message):
    with pytest.raises(UserError, match=f"config/families.yaml, family 'gemma2': {message}"):
        family_from("gemma2", {**gemma2, **change})


def test_a_family_without_a_key_names_it(gemma2):
    del gemma2["bos"]
    with pytest.raises(UserError, match="the key 'bos' is missing"):
        family_from("gemma2", gemma2)
