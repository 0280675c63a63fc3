"""Streaming: an answer a token at a time is the one that generate gives, also of base and tuned by turns."""

import pytest
from tiny_model import CPU, make_model

from kotune.answering.streaming import Speakers, Writing
from kotune.core.errors import UserError
from kotune.models import loading

PROMPT = (7, 8, 40, 41, 60)
STOP = [4, 1]
GREEDY = {"max_new_tokens": 12, "do_sample": False}
SAMPLED = {"max_new_tokens": 12, "do_sample": True, "temperature": 1.5}


@pytest.fixture(scope="module")
def speakers(tmp_path_factory):
    """The tiny model with an adapter whose weights change what it says."""
    import torch
    from peft import LoraConfig, get_peft_model

    settings = make_model(tmp_path_factory.mktemp("streaming") / "model")
    loaded = loading.load_model(settings, None, CPU)
    torch.manual_seed(3)
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], init_lora_weights=False)
    loaded.model = get_peft_model(loaded.model, lora)
    loaded.model.eval()
    return Speakers(loaded, loading.load_tokenizer(settings), seed=5)


def generated(speakers, tuned):
    """What transformers' own generate makes of the prompt."""
    import torch

    speakers.switch("tuned")
    asked = torch.tensor([PROMPT])
    arguments = {"max_new_tokens": 12, "do_sample": False, "eos_token_id": STOP, "pad_token_id": 0}
    if tuned:
        made = speakers.model.generate(input_ids=asked, **arguments)
    else:
        with speakers.model.disable_adapter():
            made = speakers.model.generate(input_ids=asked, **arguments)
    return made[0, len(PROMPT) :].tolist()


def by_turns(*answers):
    """The tokens of several answers that are written by turns."""
    made = [[] for _ in answers]
    left = list(range(len(answers)))
    while left:
        for place in list(left):
            token = next(answers[place], None)
            if token is None:
                left.remove(place)
            else:
                made[place].append(token)
    return made


def test_base_and_tuned_by_turns_say_what_each_would_say_alone(speakers):
    base, tuned = by_turns(
        speakers.tokens("base", PROMPT, GREEDY, STOP, 1), speakers.tokens("tuned", PROMPT, GREEDY, STOP, 1)
    )
    assert base == generated(speakers, tuned=False)
    assert tuned == generated(speakers, tuned=True)
    assert base != tuned


def test_chance_is_drawn_from_a_state_of_each_answer(speakers):
    def asked(speaker, turn=1):
        return speakers.tokens(speaker, PROMPT, SAMPLED, STOP, turn)

    alone = [list(asked(speaker)) for speaker in ("base", "tuned")]
    assert by_turns(asked("base"), asked("tuned")) == alone
    assert list(asked("base", turn=2)) != alone[0]


def test_an_answer_that_nobody_reads_on_ends(speakers):
    answer = speakers.tokens("tuned", PROMPT, GREEDY, STOP, 1)
    next(answer)
    answer.close()
    assert not answer.writing._thread.is_alive()
    assert next(answer, None) is None


def test_beams_are_refused(speakers):
    with pytest.raises(UserError, match="num_beams"):
        speakers.tokens("base", PROMPT, {**GREEDY, "num_beams": 4}, STOP, 1)


def test_what_goes_wrong_is_raised_where_the_token_is_asked_for():
    def run(put):
        put(1)
        raise ValueError("broken")

    writing = Writing(run)
    assert next(writing) == 1
    with pytest.raises(ValueError, match="broken"):
        next(writing)
    assert next(writing, None) is None


def test_nothing_runs_before_it_is_asked_for():
    put_already = []

    def run(put):
        for token in range(3):
            put_already.append(token)
            put(token)

    writing = Writing(run)
    assert put_already == []
    assert next(writing) == 0 and put_already == [0]
    writing.close()
    assert put_already == [0]
    Writing(run).close()
