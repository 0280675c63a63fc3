"""The packed engine gives the tokens that transformers' own generate gives, prompt by prompt."""

import pytest
import torch
from tuned_layers import tuned

from kotune.answering.packed import Decoder
from kotune.answering.slots import Limits
from kotune.layers.fused import FusedModel

STOP = (13, 18, 33)
NEW = 12


def prompts() -> list[list[int]]:
    generator = torch.Generator().manual_seed(11)
    return [torch.randint(6, 97, (length,), generator=generator).tolist() for length in (4, 17, 9, 1, 12, 6, 20)]


def expected(model, prompt: list[int]) -> tuple[list[int], bool]:
    out = model.generate(
        input_ids=torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        max_new_tokens=NEW, do_sample=False, eos_token_id=list(STOP), pad_token_id=0,
    )[0, len(prompt):].tolist()  # fmt: skip
    return out, out[-1] in STOP


@pytest.fixture(scope="module", params=["Llama", "Qwen2"])
def model(request):
    made = tuned(request.param)
    made.eval()
    return made


@pytest.mark.parametrize("slots, tokens", [(7, 1000), (2, 1000), (3, 20), (1, 5)])
def test_answers_are_those_of_one_prompt_at_a_time(model, slots, tokens):
    engine = Decoder(FusedModel(model), Limits(STOP, NEW, slots, tokens))
    made = {one.place: (one.tokens, one.stopped) for one in engine.answer(prompts())}
    assert made == {place: expected(model, prompt) for place, prompt in enumerate(prompts())}
    assert len({stopped for _, stopped in made.values()}) == 2, "the test should see both ends"


def test_one_load_answers_as_the_base_with_the_adapter_off(model):
    engine = Decoder(FusedModel(model), Limits(STOP, NEW))
    tuned_answers = {one.place: one.tokens for one in engine.answer(prompts())}
    base_answers = {one.place: one.tokens for one in engine.answer(prompts(), adapter=False)}
    with model.disable_adapter():
        assert base_answers == {place: expected(model, prompt)[0] for place, prompt in enumerate(prompts())}
    assert base_answers != tuned_answers


def test_an_answer_is_there_as_soon_as_it_is_finished(model):
    engine = Decoder(FusedModel(model), Limits(STOP, NEW, slots=2))
    stream = engine.answer(prompts())
    assert next(stream).place in {6, 1}  # the two longest prompts came first
    assert len(list(stream)) == len(prompts()) - 1


def test_no_prompts_no_answers(model):
    assert list(Decoder(FusedModel(model), Limits(STOP, NEW)).answer([])) == []
