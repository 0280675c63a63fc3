"""Contexts and continuations become the ids that lm-evaluation-harness gives them."""

import pytest
from transformers import PreTrainedTokenizerFast

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.harness import token_ids

LONG = 64


@pytest.fixture(scope="module", params=["tiny-llama3", "tiny-gemma2", "tiny-qwen2"])
def tokenizer(request):
    return PreTrainedTokenizerFast.from_pretrained(ROOT / "resources/mini/models" / request.param)


REQUESTS = [
    ("지문: 금리가 올랐다. 질문: 내렸나? 답변: ", [" 아니오", " 예"]),
    ("문장: 물가가 내렸다", [" 그래서 모두 기뻐했다.", " 왜냐하면 비가 왔다.", " 끝", " 눈이 왔다"]),
    ("", ["첫 문장이다.", " 둘째"]),
    ("끝의 공백은 답으로 간다 \t", [" 예"]),
]


def test_ids_are_those_of_lm_evaluation_harness(tokenizer):
    huggingface = pytest.importorskip("lm_eval.models.huggingface")
    lm = huggingface.HFLM.__new__(huggingface.HFLM)
    lm.tokenizer, lm.add_bos_token, lm.custom_prefix_token_id, lm.backend = tokenizer, None, None, "causal"
    begun = f"{tokenizer.bos_token or ''}지문: 금리가 올랐다."
    made = token_ids.asked(tokenizer, [*REQUESTS, (begun, [" 예"])], LONG * 10)
    for one in made:
        for (number, place), back in zip(one.owners, one.continuations, strict=True):
            context, continuations = [*REQUESTS, (begun, [" 예"])][number]
            if context:
                assert (one.context, back) == lm._encode_pair(context, continuations[place])
    assert [owner for one in made for owner in one.owners] == [
        (number, place)
        for number, (_, backs) in enumerate([*REQUESTS, (begun, [" 예"])])
        for place in range(len(backs))
    ]


def test_an_empty_context_is_the_token_that_begins_a_text(tokenizer):
    (one,) = token_ids.asked(tokenizer, [REQUESTS[2]], LONG)
    assert one.context == [token_ids.prefix_id(tokenizer)]
    assert one.continuations[0] == tokenizer("첫 문장이다.", add_special_tokens=False)["input_ids"]


def test_a_text_that_is_too_long_loses_its_beginning(tokenizer):
    context, backs = "금리가 올랐다. " * 40, [" 예", " 아니오, 그렇지 않다고 본다."]
    whole = token_ids.asked(tokenizer, [(context, backs)], 10_000)[0]
    short = token_ids.asked(tokenizer, [(context, backs)], LONG)
    assert [one.owners for one in short] == [[(0, 0)], [(0, 1)]]
    for one, back in zip(short, whole.continuations, strict=True):
        assert one.continuations == [back]
        assert len(one.context) + len(back) == LONG + 1  # the last token is predicted and not read
        assert one.context == whole.context[-len(one.context) :]


def test_a_continuation_without_a_token_of_its_own_is_refused(tokenizer):
    with pytest.raises(UserError, match="request 0: its continuation 1"):
        token_ids.asked(tokenizer, [("가", [" 나", ""])], LONG)


def test_a_continuation_longer_than_the_model_is_refused(tokenizer):
    with pytest.raises(UserError, match="alone is longer than the model's 4 tokens"):
        token_ids.asked(tokenizer, [("가", [" 이것은 네 토큰보다 훨씬 더 긴 문장이다"])], 4)
