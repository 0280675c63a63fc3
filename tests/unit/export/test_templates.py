"""Templates render each family's dialogues as the family does."""

import pytest
from taken_home import FAMILIES, family

from kotune.core.errors import UserError
from kotune.export.checks import dialogues
from kotune.export.go_template import go_rendered
from kotune.export.templates import jinja_template, ollama_template, rendered


def messages(turns):
    return [{"role": role, "content": text} for role, text in turns]


@pytest.mark.parametrize("name", FAMILIES)
def test_both_templates_render_three_turns_as_the_family_does(name):
    of = family(name)
    for turns in dialogues(of):
        assert rendered(jinja_template(of), messages(turns), of.bos) == of.prompt(turns)
        assert (of.bos or "") + go_rendered(ollama_template(of), messages(turns)) == of.prompt(turns)


def test_transformers_renders_it_as_well(tmp_path):
    from taken_home import model
    from transformers import PreTrainedTokenizerFast

    of, turns = family(), dialogues(family())[1]
    tokenizer = PreTrainedTokenizerFast.from_pretrained(model()["path"])
    tokenizer.chat_template = jinja_template(of)
    assert tokenizer.apply_chat_template(messages(turns), tokenize=False, add_generation_prompt=True) == of.prompt(
        turns
    )


def test_what_a_family_refuses_its_template_refuses():
    of = family("gemma2")
    with pytest.raises(UserError, match="refuses the dialogue: there is no system turn"):
        rendered(jinja_template(of), messages([("system", "짧게"), ("user", "왜?")]), of.bos)
    with pytest.raises(UserError, match="must take turns"):
        rendered(jinja_template(of), messages([("user", "왜?"), ("user", "왜?")]), of.bos)


def test_white_space_is_trimmed_where_the_family_trims():
    of = family("gemma3")
    assert rendered(jinja_template(of), messages([("user", "  왜?\n")]), of.bos) == of.prompt([("user", "  왜?\n")])
