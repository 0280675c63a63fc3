"""vLLM is asked for what kotune's own engines give: greedy tokens, one load for base and adapter."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from kotune.answering import engines, vllm
from kotune.core.errors import UserError
from kotune.core.storage import write_json

MODEL = {"path": "models/a", "dtype": "bfloat16", "context_window": 4096}


@pytest.fixture
def calls(monkeypatch):
    """A stand-in for vllm that keeps what it was asked and answers 5, 6 and the stop token 9, or the limit."""
    kept = {}

    class LLM:
        def __init__(self, **settings):
            kept["load"] = settings

        def generate(self, prompts, sampling, lora_request=None, use_tqdm=True):
            kept["asked"], kept["lora"] = prompts, lora_request
            ends = (([5, 6, 9], "stop", 9), ([5, 6], "stop", 9), ([5, 6, 7], "length", None))
            for tokens, reason, stop in ends:
                made = SimpleNamespace(token_ids=tokens, finish_reason=reason, stop_reason=stop)
                yield SimpleNamespace(outputs=[made])

    module, request = ModuleType("vllm"), ModuleType("vllm.lora.request")
    module.LLM, module.SamplingParams = LLM, lambda **settings: kept.setdefault("sampling", settings)
    request.LoRARequest = lambda *settings: settings
    module.__spec__ = SimpleNamespace(name="vllm")
    for name, one in (("vllm", module), ("vllm.lora", ModuleType("vllm.lora")), ("vllm.lora.request", request)):
        monkeypatch.setitem(sys.modules, name, one)
    return kept


def test_base_and_adapter_come_from_one_load(calls, tmp_path):
    write_json(tmp_path / "adapter_config.json", {"r": 6})
    engine = vllm.Decoder(MODEL, tmp_path, 42, [9])
    assert calls["load"]["enable_lora"] and calls["load"]["max_lora_rank"] == 8
    made = list(engine.answer([(1, 2), (3,), (4,)], 3))
    assert calls["sampling"]["temperature"] == 0.0 and calls["sampling"]["stop_token_ids"] == [9]
    assert [(one.place, one.tokens, one.stopped) for one in made] == [
        (0, [5, 6, 9], True),
        (1, [5, 6, 9], True),
        (2, [5, 6, 7], False),
    ]
    assert calls["asked"][0] == {"prompt_token_ids": [1, 2]} and calls["lora"] == ("adapter", 1, str(tmp_path))
    list(engine.answer([(1, 2)], 3, adapter=False))
    assert calls["lora"] is None


def test_another_limit_loads_nothing_anew(calls, monkeypatch):
    kept = []
    monkeypatch.setattr(sys.modules["vllm"], "SamplingParams", lambda **settings: kept.append(settings))
    engine = vllm.Decoder(MODEL, None, 42, [9])
    load = calls["load"]
    for limit in (3, 7):
        list(engine.answer([(1, 2), (3,), (4,)], limit))
    assert [one["max_tokens"] for one in kept] == [3, 7]
    assert calls["load"] is load


def test_what_vllm_cannot_do_is_said_in_one_line(calls, tmp_path):
    with pytest.raises(UserError, match="16-bit weights here; set it to auto"):
        vllm.check({"load_in_4bit": True})
    write_json(tmp_path / "adapter_config.json", {"r": 300})
    with pytest.raises(UserError, match="adapters up to rank 256"):
        vllm.Decoder(MODEL, tmp_path, 42, [9])
    with pytest.raises(UserError, match="vllm cannot answer here: it is greedy and knows no top_p"):
        engines.wanted({"engine": "vllm", "top_p": 0.9})
    with pytest.raises(UserError, match="unknown 'vlm'; did you mean 'vllm'"):
        engines.wanted({"engine": "vlm"})


def test_without_vllm_it_says_so():
    with pytest.raises(UserError, match="vllm is not installed; `pip install vllm`, or set it to auto"):
        vllm.check(None)
