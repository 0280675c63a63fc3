"""chat: base and tuned stand-ins answer over a pipe, and what is missing is named with the command that makes it."""

import io
import json
import os
import subprocess
import sys

import chat
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, read_jsonl

MODEL = ROOT / "resources/mini/models/tiny-gemma2"
ADAPTER = "results/mini/econ-qa/adapters/tiny-gemma2/qlora/seed42"
GEMMA = ("--arm", "qlora", "--model", "tiny-gemma2")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A work folder with a random adapter where a training would have put it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("chat")
    torch.manual_seed(5)
    lora = LoraConfig(r=4, lora_alpha=32, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    base = AutoModelForCausalLM.from_pretrained(MODEL, attn_implementation="eager")
    get_peft_model(base, lora).save_pretrained(folder / ADAPTER)
    return folder


@pytest.fixture
def said(work, monkeypatch, capsys):
    """Run the tool in the work folder on lines over a pipe; return its exit status and what it wrote."""
    monkeypatch.chdir(work)
    monkeypatch.setattr(chat.signal, "signal", lambda *_: None)

    def run(text, *arguments):
        monkeypatch.setattr(
            sys, "stdin", io.TextIOWrapper(io.BytesIO(text if isinstance(text, bytes) else text.encode()))
        )
        code = 0
        try:
            chat.main(list(arguments))
        except SystemExit as ended:
            code = ended.code
        return code, capsys.readouterr().out

    return run


def test_base_and_tuned_answer_over_a_pipe(said, work):
    code, text = said("\ufeff환율은?\r\n/row 1\n/save mine\n/quit\n환율은?\n", *GEMMA)
    assert code == 0
    assert text.startswith("> 환율은?\n[base] ") and text.count("[base] ") == text.count("[tuned] ") == 2
    assert "[gold] " in text and text.endswith("> /save mine\nsaved: mine.jsonl\n> /quit\n")
    first, second = read_jsonl(work / "mine.jsonl")
    assert (first["form"], second["form"]) == ("free", "study")
    assert first["replies"]["base"]["raw"] != first["replies"]["tuned"]["raw"]
    record = read_json(work / "mine.record.json")
    assert {"model.safetensors", "adapter_model.safetensors", "chat"} <= record["with"]["files"].keys()
    assert record["asked"]["arm"] == "qlora" and record["asked"]["generation"]["free"]["stop"][0] == "<end_of_turn>"


def test_a_line_that_could_not_be_done_shows_in_the_exit_status(said):
    code, text = said("/system 친절하게\n가\\\n나\n", *GEMMA, "--only", "base", "--limit", "2")
    assert code == 2
    assert "error: family 'gemma2' refuses a system turn" in text and "> 가\n나\n[base] " in text
    assert "[tuned]" not in text and "cut off at 2 new tokens" in text


def test_bytes_that_are_no_utf8_are_refused_and_the_rest_is_heard(said):
    code, text = said("한".encode("cp949") + b"\n/help\n", *GEMMA, "--only", "base")
    assert code == 2 and "error: not UTF-8" in text and "/reset" in text


def test_a_row_is_answered_as_the_study_answers_it(said, work):
    from kotune.answering import engines
    from kotune.answering.order import Order
    from kotune.models import loading
    from kotune.plan import models

    said("/row 2\n/save row\n", *GEMMA, "--only", "tuned")
    (entry,) = read_jsonl(work / "row.jsonl")
    partner = chat.Partner(chat.Wanted("econ-qa", "qlora", "tiny-gemma2"))
    model = models.settings_of(partner.plan, partner.study.models["tiny-gemma2"])
    quantization = partner.study.arms["qlora"]["recipe"]["quantization"]
    compute = {"device": "cpu", "threads": 1}
    order = Order(model, quantization, work / ADAPTER, [], {}, compute, 42, work / "a", work / "b", "a")
    tokenizer, loaded = loading.load_tokenizer(model), engines.load(order)
    tokens = tokenizer(entry["replies"]["tuned"]["prompt"], add_special_tokens=False, return_tensors="pt")
    made = loaded.model.generate(**tokens, max_new_tokens=32, do_sample=False, eos_token_id=tokenizer.eos_token_id)
    text = tokenizer.decode(made[0, tokens.input_ids.shape[1] :])
    assert text.startswith(entry["replies"]["tuned"]["raw"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--arm", "base", "--limit", "0"), "the limit of new tokens: '0' is not a whole number above 0"),
        (("--study", "korquad", "--arm", "base", "--system", "가"), "the prompt korquad.plain says itself"),
        (("--arm", "qlora", "--model", "tiny-eeve"), "tiny-eeve under 'qlora' is not trained yet; this trains it: "),
    ],
)
def test_what_cannot_be_is_said_before_a_model_is_loaded(said, monkeypatch, arguments, told):
    monkeypatch.setattr(chat.Session, "load", None)
    with pytest.raises(UserError) as error:
        said("안녕?\n", *arguments)
    assert told in str(error.value)


def test_a_base_without_turns_is_asked_by_the_prompt_of_its_study(said):
    code, text = said("/help\n수도는?\n", "--study", "korquad", "--arm", "base")
    assert code == 0 and "by the prompt korquad.plain (plain_gemma3)" in text and "[base] " in text


def test_the_program_ends_well_over_a_pipe_and_says_errors_in_a_line(work):
    def run(text, *arguments):
        return subprocess.run(
            [sys.executable, str(ROOT / "tools/chat.py"), *arguments],
            input=text,
            cwd=work,
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
        )

    done = run("안녕?\n", *GEMMA)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.startswith("> 안녕?\n[base] ") and json.dumps(done.stdout).count("\\u001b") == 0
    done = run("", "--arm", "qlra")
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.count("\n") == 1
