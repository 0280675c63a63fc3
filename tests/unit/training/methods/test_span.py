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


@pytest.fixture(scope="module")
def prompts(tmp_path_factory):
    import polars as pl

    folder = tmp_path_factory.mktemp("prompts")
    variants = yaml.safe_load((ROOT / "config/prompts/econ-qa.yaml").read_text(encoding="utf-8"))["variants"]
    family = family_from("qwen2", yaml.safe_load((ROOT / "config/families.yaml").read_text(encoding="utf-8"))["qwen2"])
    rows = [
        {"id": f"r{n}", "article": f"a{n}", "context": f"올해 물가가 {n}% 올랐다.", "question": "?", "answer": f"{n}%"}
        for n in range(10, 22)
    ]
    prompt = {"name": "econ-qa", "variant": "pointed", "content": variants["pointed"]}
    for split in ("train", "test"):
        made, _ = render_split(rows, split, prompt, family, load_tokenizer(FOLDER, family), 1000)
        write_parquet(folder / f"{split}.parquet", pl.DataFrame(made))
    return folder


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

    output = tmp_path / "answers.jsonl"
    answer.answer(
        answer.Order(
            model=MODEL, quantization=None, adapter=tmp_path / "one", prompts=[prompts / "test.parquet"],
            generation={"max_new_tokens": 8, "do_sample": False, "batch_size": 4, "stop": ["<|im_end|>"]},
            compute=CPU, seed=42, output=output, record=tmp_path / "record.json", label="span",
        )
    )  # fmt: skip
    lines = read_jsonl(output)
    assert len(lines) == 12 and all(line["finish_reason"] == "stop" and line["answer"] for line in lines)
    assert sum(line["answer"] == f"{place + 10}%" for place, line in enumerate(lines)) >= 9
    assert read_json(tmp_path / "record.json")["found"]["engine"] == "pointing"


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
