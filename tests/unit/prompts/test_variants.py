"""Prompt variants: what a variant may say, and what of a row it shows."""

import pytest
from families_file import FAMILIES

from kotune.core.catalogue import read_yaml
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


ASKED = {"instruction": "질문?", "input": "", "system": "", "history": [], "output": "답"}
TOLD = ASKED | {"system": "자세히 답하세요."}
GIVEN = ASKED | {"instruction": "요약하세요.", "input": "긴 글"}
EARLIER = [{"role": "user", "content": "가?"}, {"role": "assistant", "content": "나."}]
LEARNED = {"gold": "output", "reasoning": None}
ADVISED = "친절한 챗봇으로서 상대방의 요청에 최대한 자세하고 친절하게 답하자."


@pytest.mark.parametrize(
    ("variant", "row", "text"),
    [
        ("instruction_first", ASKED, "### Instruction:\n질문?\n\n"),
        ("instruction_first", TOLD, "### Instruction:\n자세히 답하세요.\n\n### Input:\n질문?\n\n"),
        ("instruction_first", GIVEN, "### Instruction:\n요약하세요.\n\n### Input:\n긴 글\n\n"),
        (
            "instruction_first",
            TOLD | {"history": EARLIER},
            "### Instruction:\n자세히 답하세요.\n\n### Input:\n가?\n\n### Response:\n나.\n\n### Input:\n질문?\n\n",
        ),
        ("question_first", ASKED, "### Question:\n질문?\n\n"),
        ("question_first", TOLD, "### Question:\n질문?\n\n### Instruction:\n자세히 답하세요.\n\n"),
        ("question_first", GIVEN, "### Question:\n긴 글\n\n### Instruction:\n요약하세요.\n\n"),
        (
            "question_first",
            TOLD | {"history": EARLIER},
            "### Question:\n가?\n### Response:\n나.\n### Question:\n질문?\n\n### Instruction:\n자세히 답하세요.\n\n",
        ),
        ("as_advised", ASKED, f"### Question:\n질문?\n\n### Instruction:\n{ADVISED}\n\n"),
        ("as_advised", GIVEN, "### Question:\n긴 글\n\n### Instruction:\n요약하세요.\n\n"),
    ],
)
@pytest.mark.parametrize("family", ["plain_llama3", "plain_llama2", "plain_gemma3"])
def test_instruct_ko_asks_in_the_order_that_it_learned_or_in_the_one_advised(family, variant, row, text):
    content = read_yaml(ROOT / "config/prompts/instruct-ko.yaml")["variants"][variant]
    prompt = {"name": "instruct-ko", "variant": variant, "content": content, "learned": LEARNED}
    for purpose in (TRAINING, INFERENCE):
        render = renderer(prompt, FAMILIES[family], list(row), purpose)
        assert render.prompt(row) == FAMILIES[family].bos + text + "### Response:\n"
        assert render.completion(row) == "답" + FAMILIES[family].stop
