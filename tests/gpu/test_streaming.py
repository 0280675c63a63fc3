"""On a GPU base and tuned model answer by turns what each answers alone, and a conversation runs there."""

import io
import sys
from pathlib import Path

import pytest
import torch

from kotune.answering.streaming import Speakers
from kotune.core.names import ROOT
from kotune.models import loading

MODEL = ROOT / "resources/mini/models/tiny-gemma2"
ADAPTER = Path("results/mini/econ-qa/adapters/tiny-gemma2/qlora/seed42")
NF4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": "bfloat16"}
SETTINGS = {"path": str(MODEL), "dtype": "bfloat16", "attn_implementation": "eager", "family": "gemma2"}
GENERATION = {"max_new_tokens": 24, "do_sample": False}


def with_adapter(model):
    """Put an adapter of random numbers on a model."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(5)
    return get_peft_model(
        model, LoraConfig(r=4, lora_alpha=32, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    )


@pytest.mark.parametrize("quantization", [None, NF4], ids=["bf16", "nf4"])
@pytest.mark.parametrize("sampled", [False, True])
def test_by_turns_each_says_what_it_says_alone(quantization, sampled):
    loaded = loading.load_model(SETTINGS, quantization, {"device": "auto"})
    assert loaded.device == "cuda"
    loaded.model = with_adapter(loaded.model).eval()
    tokenizer = loading.load_tokenizer({"path": str(MODEL)})
    speakers = Speakers(loaded, tokenizer, seed=5)
    ids = tokenizer("<bos>한국의 수도는", add_special_tokens=False)["input_ids"]
    generation = {**GENERATION, **({"do_sample": True, "temperature": 1.5} if sampled else {})}

    def asked(speaker):
        return speakers.tokens(speaker, ids, generation, [tokenizer.eos_token_id], 1)

    alone = [list(asked(speaker)) for speaker in ("base", "tuned")]
    base, tuned = asked("base"), asked("tuned")
    made = [[], []]
    for _ in range(24):
        for place, answer in enumerate((base, tuned)):
            made[place] += [token for token in [next(answer, None)] if token is not None]
    assert made == alone
    assert alone[0] != alone[1]


def test_a_conversation_runs_on_a_gpu(tmp_path, monkeypatch, capsys):
    sys.path.insert(0, str(ROOT / "tools"))
    import chat
    from transformers import AutoModelForCausalLM

    from kotune.study import resolve

    monkeypatch.chdir(tmp_path)
    with_adapter(AutoModelForCausalLM.from_pretrained(MODEL, attn_implementation="eager")).save_pretrained(ADAPTER)
    resolved = resolve.study_at

    def on_gpu(name, config):
        study = resolved(name, config)
        study.lens["compute"] |= {"device": "auto"}
        study.models["tiny-gemma2"]["dtype"] = "bfloat16"
        study.arms["qlora"]["recipe"]["quantization"]["bnb_4bit_compute_dtype"] = "bfloat16"
        return study

    monkeypatch.setattr(resolve, "study_at", on_gpu)
    monkeypatch.setattr(chat.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("안녕?\n/row 1\n/save here\n".encode())))
    chat.main(["--arm", "qlora", "--model", "tiny-gemma2"])
    text = capsys.readouterr().out
    assert text.count("[base] ") == text.count("[tuned] ") == 2 and "saved: here.jsonl" in text
    assert "cuda" not in text and "NVIDIA" in (tmp_path / "here.record.json").read_text(encoding="utf-8")
