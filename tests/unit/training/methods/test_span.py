"""A model that points learns where answers begin and end; twice the same bytes, and its answers are pieces of the text."""

import pytest
import yaml

from kotune.answering import answer
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, read_jsonl, write_parquet
from kotune.prompts.families import family_from
from kotune.prompts.rendering import render_split
from kotune.prompts.tokenizers import load_tokenizer
from kotune.training import train
from kotune.training.methods import span

FOLDER = ROOT / "resources/mini/models/tiny-qwen2"
MODEL = {
    "name": "tiny-qwen2", "path": str(FOLDER), "family": "qwen2", "context_window": 1024, "dtype": "float32",
    "pad": "<|endoftext|>", "stop": ["<|im_end|>"], "hub_id": None, "attn_implementation": None,
}  # fmt: skip
RECIPE = {
    "method": "span",
    "lora": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"]},
    "quantization": None,
    "trainer": {"max_steps": 12, "per_device_train_batch_size": 4, "learning_rate": 2e-2, "logging_steps": 4,
                "save_steps": 4, "optim": "adamw_torch"},
}  # fmt: skip
CPU = {"device": "cpu", "threads": 1}


def rendered(folder, rows, **windows):
    import polars as pl

    variants = yaml.safe_load((ROOT / "config/prompts/econ-qa.yaml").read_text(encoding="utf-8"))["variants"]
    family = family_from("qwen2", yaml.safe_load((ROOT / "config/families.yaml").read_text(encoding="utf-8"))["qwen2"])
    content = {**variants["pointed"], **({"windows": windows} if windows else {})}
    prompt = {"name": "econ-qa", "variant": "pointed", "content": content}
    for split in ("train", "test"):
        made, _ = render_split(rows, split, prompt, family, load_tokenizer(FOLDER, family), 1000)
        write_parquet(folder / f"{split}.parquet", pl.DataFrame(made))
    return folder


def row(number, before="", behind=""):
    text = f"{before}올해 물가가 {number}% 올랐다.{behind}"
    return {"id": f"r{number}", "article": f"a{number}", "context": text, "question": "?", "answer": f"{number}%"}


@pytest.fixture(scope="module")
def prompts(tmp_path_factory):
    return rendered(tmp_path_factory.mktemp("prompts"), list(map(row, range(10, 22))))


def answered(prompts, folder):
    output = folder / "answers.jsonl"
    answer.answer(
        answer.Order(
            model=MODEL, quantization=None, adapter=folder / "one", prompts=[prompts / "test.parquet"],
            generation={"max_new_tokens": 8, "do_sample": False, "batch_size": 4, "stop": ["<|im_end|>"]},
            compute=CPU, seed=42, output=output, record=folder / "record.json", label="span",
        )
    )  # fmt: skip
    return read_jsonl(output), read_json(folder / "record.json")["found"]


def order(folder, prompts):
    return train.Order(
        model=MODEL, recipe=RECIPE, prompts=prompts / "train.parquet", valid=None, seed=42, compute=CPU,
        tracking={"mode": "disabled"}, folder=folder, shared=folder, label="span",
    )  # fmt: skip


def test_it_learns_to_point_and_a_killed_training_ends_with_the_same_bytes(prompts, tmp_path, monkeypatch):
    train.train(order(tmp_path / "one", prompts))
    told = iter([False] * 5 + [True] + [False] * 99)
    monkeypatch.setattr("kotune.training.stopping.Stop.wanted", lambda self: next(told))
    with pytest.raises(SystemExit):
        train.train(order(tmp_path / "two", prompts))
    monkeypatch.undo()
    train.train(order(tmp_path / "two", prompts))
    for file in ("adapter_model.safetensors", "curve.jsonl"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file
    assert read_json(tmp_path / "two/record.json")["found"]["resumed_from"] == 6
    assert read_json(tmp_path / "one/adapter_config.json")["task_type"] == "QUESTION_ANS"
    losses = [line["loss"] for line in read_jsonl(tmp_path / "one/curve.jsonl") if "loss" in line]
    assert losses[-1] < losses[0] / 2
    assert "AutoModelForQuestionAnswering" in (tmp_path / "one/README.md").read_text(encoding="utf-8")

    lines, found = answered(prompts, tmp_path)
    assert len(lines) == 12 and all(line["finish_reason"] == "stop" and line["answer"] for line in lines)
    assert sum(line["answer"] == f"{place + 10}%" for place, line in enumerate(lines)) >= 9
    assert found["engine"] == "pointing" and not any("windows" in note for note in found["notes"])


def test_it_finds_answers_in_long_texts_by_windows(tmp_path):
    filler = " 금리는 그대로였다." * 12
    rows = [row(n, filler * (n % 3), filler * (2 - n % 3)) if n % 2 else row(n) for n in range(10, 22)]
    prompts = rendered(tmp_path / "prompts", rows, tokens=96, stride=24)
    train.train(order(tmp_path / "one", prompts))
    lines, found = answered(prompts, tmp_path)
    right = [line["answer"] == f"{place + 10}%" for place, line in enumerate(lines)]
    assert len(lines) == 12 and sum(right) >= 8 and any(right[1::2])
    assert any("6 prompts were longer" in note for note in found["notes"])


def test_windows_of_a_row_are_one_row_and_a_single_window_is_cross_entropy():
    import torch

    logits = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    text, places = torch.tensor([[0, 1, 1, 1, 0]] * 4), torch.tensor([1, 3, -1, 2])
    inside = logits.masked_fill(text == 0, -torch.inf)
    alone = span.loss_of(logits[:2], text[:2], places[:2], torch.tensor([1, 1]))
    assert torch.equal(alone, torch.nn.functional.cross_entropy(inside[:2], places[:2]))
    mixed = span.loss_of(logits, text, torch.tensor([1, 3, -1, 2]), torch.tensor([1, 3]))
    three = span.loss_of(logits[1:], text[1:], places[1:], torch.tensor([3]))
    whole = inside[1:].flatten().softmax(0)
    assert three.item() == pytest.approx(-torch.log(whole[3] + whole[10 + 2]).item(), rel=1e-6)
    first = span.loss_of(logits[:1], text[:1], places[:1], torch.tensor([1]))
    assert mixed.item() == pytest.approx((first.item() + three.item()) / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"loss": "all"}, "recipe.loss: 'all' is for sft"),
        ({"passes": {"tokens": 8}}, "recipe.passes: span has one way"),
        ({"trainer": {"eval_strategy": "steps"}}, "eval_strategy: span is not evaluated"),
        ({"quantization": {"load_in_4bit": True}}, "quantization: the head would be quantized"),
    ],
)
def test_what_it_cannot_do_is_refused(changed, why):
    with pytest.raises(UserError, match=why):
        span.check({**RECIPE, **changed})
