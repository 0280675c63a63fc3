"""Which engine answers: the fastest that gives what is asked, or the one that is insisted on."""

import pytest
import torch
from tuned_layers import tuned

from kotune.answering import engines
from kotune.answering.lines import line_of
from kotune.core.errors import UserError

GREEDY = {"max_new_tokens": 6, "batch_size": 4, "do_sample": False, "stop": ["<eos>"], "cleanup": {}, "parts": None}


@pytest.mark.parametrize(
    ("generation", "why"),
    [
        (GREEDY, None),
        ({**GREEDY, "do_sample": True}, "it is greedy and knows no do_sample True"),
        ({**GREEDY, "temperature": 0.7}, "it is greedy and knows no temperature 0.7"),
    ],
)
def test_a_greedy_engine_knows_the_house_s_keys_and_the_limit(generation, why):
    assert engines.not_greedy(generation) == why


def test_what_a_cpu_answers_with_and_what_can_be_insisted_on():
    model = tuned()
    assert engines.choose({}, model, "cpu") == "padded"
    assert engines.choose({"engine": "packed"}, model, "cpu") == "packed"
    assert engines.choose({"engine": "padded"}, model, "cuda") == "padded"
    model.get_base_model().config.architectures = ["Gemma2ForCausalLM"]
    assert engines.choose({}, model, "cuda") == "padded"
    with pytest.raises(
        UserError, match="packed cannot answer here: Gemma2ForCausalLM is not one of .*; set it to auto"
    ):
        engines.choose({"engine": "packed"}, model, "cpu")


def test_a_sliding_window_is_not_for_the_packed_engine():
    model = tuned("Mistral", sliding_window=8)
    assert engines.refusal({}, model, "cpu") == "the model has a sliding window"


def test_a_pass_is_called_by_what_it_makes():
    assert engines.Pass([], 6, line_of).called("tiny/base") == "answer tiny/base"
    assert engines.Pass([], 6, line_of, second=True).called("tiny/base") == "answer tiny/base, reasoning"


@pytest.fixture
def gpu(monkeypatch):
    """A GPU of some generation, as far as an engine asks, and a model in 16 bits."""
    model = tuned()
    head = model.get_base_model().lm_head
    head.weight.data = head.weight.data.to(torch.bfloat16)

    def of(major):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (major, 0))
        return model

    return of


def test_a_gpu_answers_side_by_side_where_the_same_tokens_come_out(gpu):
    model = gpu(9)
    assert engines.choose(GREEDY, model, "cuda") == "packed"
    assert engines.choose({**GREEDY, "temperature": 0.7}, model, "cuda") == "padded"
    with pytest.raises(
        UserError, match="packed cannot answer here: it is greedy and knows no top_p 0.9; set it to auto"
    ):
        engines.choose({**GREEDY, "engine": "packed", "top_p": 0.9}, model, "cuda")


def test_a_gpu_that_is_too_old_or_a_model_in_32_bits_answers_in_batches(gpu):
    assert engines.choose(GREEDY, gpu(7), "cuda") == "padded"
    with pytest.raises(UserError, match="packed cannot answer here: the GPU is older than Ampere"):
        engines.choose({**GREEDY, "engine": "packed"}, gpu(7), "cuda")
    gpu(9)
    assert engines.refusal(GREEDY, tuned(), "cuda") == "flash attention needs 16-bit weights"


def test_a_window_that_a_model_names_and_leaves_unused_is_none(monkeypatch):
    model = tuned("Mistral", sliding_window=8)
    monkeypatch.setattr(model.get_base_model().config, "use_sliding_window", False, raising=False)
    assert engines.refusal({}, model, "cpu") is None
