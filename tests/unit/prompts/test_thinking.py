"""Thinking on and off: what opens an answer, as the families' sources have it; the name of a prompt says which."""

from checkout import ROOT

from kotune.core.catalogue import read_yaml
from kotune.prompts.families import family_from
from kotune.prompts.thinking import family_for, marks_of, plain, switched_on, thinks

FAMILIES = read_yaml(ROOT / "config/families.yaml")
OPENINGS = {  # family: with thinking off, and on
    "qwen3": ("<|im_start|>assistant\n<think>\n\n</think>\n\n", "<|im_start|>assistant\n"),
    "exaone4": ("[|assistant|]\n<think>\n\n</think>\n\n", "[|assistant|]\n<think>\n"),
}


def test_each_family_that_can_be_switched_opens_an_answer_in_two_ways():
    assert {name for name, data in FAMILIES.items() if "thinking" in data} == OPENINGS.keys()
    for name, (off, on) in OPENINGS.items():
        data, asked = FAMILIES[name], [("user", "금리는?")]
        for prompt, opening in (("econ-qa.clean", off), (switched_on("econ-qa.clean"), on)):
            assert family_from(name, family_for(data, prompt)).prompt(asked).endswith(f"금리는?{end(data)}{opening}")


def end(data):
    return data["turns"]["user"]["trailer"]


def test_earlier_answers_stay_without_thoughts():
    talk = [("user", "가"), ("assistant", "나"), ("user", "다")]
    for name in OPENINGS:
        off, on = (family_from(name, family_for(FAMILIES[name], prompt)) for prompt in ("a.b", "a.b+thinking"))
        assert on.prompt(talk).removesuffix(on.opening) == off.prompt(talk).removesuffix(off.opening)


def test_marks_say_whether_the_prompt_has_opened_them():
    assert marks_of(FAMILIES["exaone4"]) == {"begins": "<think>", "ends": "</think>", "opened": True}
    assert marks_of(FAMILIES["qwen3"])["opened"] is False


def test_a_prompts_name_says_whether_it_thinks():
    assert thinks(switched_on("econ-qa.clean")) and not thinks("econ-qa.clean")
    assert plain(switched_on(switched_on("econ-qa.clean"))) == "econ-qa.clean"
