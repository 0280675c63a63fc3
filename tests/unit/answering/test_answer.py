"""Answering: the same bytes however the prompts are batched and however often the run was killed."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
from types import SimpleNamespace

import answer_prompts
import orders
import polars
import pytest
from killed_answers import answered_until_killed
from tiny_model import CPU, RECIPE, make_model, write_prompts

from kotune.answering import answer as generation
from kotune.answering import padded, side_by_side
from kotune.answering.lines import clean
from kotune.answering.unfinished import Part
from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl
from kotune.training import train


@pytest.fixture
def said(monkeypatch):
    """What the user is told, as one text."""
    monkeypatch.setattr(console, "_terminal", io.StringIO())
    return lambda: console._terminal.getvalue()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("answering")


@pytest.fixture(scope="module")
def order(root):
    """What the runs of this module are asked to do: 11 prompts in two splits, one of them excluded."""
    return orders.answering(root)


@pytest.fixture(scope="module")
def answered(order):
    generation.answer(order)
    return order.output


@pytest.fixture(scope="module")
def adapter(root, order):
    folder = root / "adapter"
    prompts = write_prompts(root / "train.parquet", order.model, 16)
    train.train(train.Order(order.model, RECIPE, prompts, None, 42, CPU, {"mode": "disabled"}, folder, "tiny/qlora"))
    return folder


def to(order, tmp_path, name="run", **changes):
    return dataclasses.replace(order, output=tmp_path / f"{name}.jsonl", record=tmp_path / f"{name}.json", **changes)


def test_answers_stand_in_the_order_of_the_prompts(order, answered):
    lines = read_jsonl(answered)
    names = [(path.stem, name) for path in order.prompts for name in polars.read_parquet(path)["id"]]
    assert [(line["split"], line["id"]) for line in lines] == names
    assert all(list(line) == ["id", "split", "answer", "raw", "finish_reason", "new_tokens", "cut"] for line in lines)
    asked = [line for line in lines if line["id"] != "test-2"]
    assert {line["finish_reason"] for line in asked} <= {"stop", "length"}
    assert all(line["new_tokens"] == 6 for line in asked if line["finish_reason"] == "length")
    assert not answered.with_name("base.jsonl.part").exists()


def test_a_model_that_answers_nothing_is_warned_of(tmp_path, monkeypatch, said, order, answered):
    found = read_json(order.record)["found"]
    assert found["all_empty"] is False
    lines = [{"split": "test", "answer": text, "finish_reason": "stop", "cut": None} for text in ("", " \n")]
    engine = SimpleNamespace(name="padded", notes=[])
    assert generation._facts(lines, 0, engine)["all_empty"] is True
    for empty in (False, True):
        done = {"finish_reasons": {"stop": 2}, "answers": {"test": 2}, "seconds": 1.0, "tokens_per_second": 2.0}
        monkeypatch.setattr(generation, "answer", lambda _, done=done, empty=empty: {**done, "all_empty": empty})
        options = {"model": "{}", "generation": "{}", "seed": 1, "output": tmp_path / "a", "record": tmp_path / "r"}
        options |= {"label": "tiny/base/seed1", "quantization": "null", "prompts": tmp_path / "test.parquet"}
        answer_prompts.main([str(part) for name, value in options.items() for part in (f"--{name}", value)])
        assert ("warning: answered tiny/base/seed1: every answer is empty; look at 'raw'" in said()) is empty


def test_an_excluded_row_gets_an_empty_answer(answered):
    (line,) = [line for line in read_jsonl(answered) if line["id"] == "test-2"]
    assert line == {
        "id": "test-2",
        "split": "test",
        "answer": "",
        "raw": "",
        "finish_reason": "excluded",
        "new_tokens": 0,
        "cut": None,
    }


def test_record(order, answered):
    record = read_json(order.record)
    assert record["kind"] == "answers"
    assert record["found"]["answers"] == {"valid": 5, "test": 6}
    assert sum(record["found"]["finish_reasons"].values()) == 11
    assert sorted(record["with"]["files"]) == ["answers", "model.safetensors", "prompts/test", "prompts/valid"]
    assert record["asked"]["generation"] == order.generation
    assert record["found"]["cuts"] == {}


def test_batched_is_single(order, answered, tmp_path):
    alone = to(order, tmp_path, generation={**order.generation, "batch_size": 1})
    generation.answer(alone)
    assert alone.output.read_bytes() == answered.read_bytes()


def test_the_adapter_changes_the_answers_and_its_record_names_it(order, answered, adapter, tmp_path):
    tuned = to(order, tmp_path, adapter=adapter)
    generation.answer(tuned)
    assert tuned.output.read_bytes() != answered.read_bytes()
    assert "adapter_model.safetensors" in read_json(tuned.record)["with"]["files"]


@pytest.mark.parametrize("done", [0, 1, 2])
@pytest.mark.parametrize("sampled", [False, True])
def test_killed_and_resumed_gives_the_same_bytes(order, answered, tmp_path, monkeypatch, said, done, sampled):
    settings = {**order.generation, "do_sample": True, "temperature": 1.5} if sampled else order.generation
    whole, killed = (to(order, tmp_path, name, generation=settings) for name in ("whole", "killed"))
    generation.answer(whole)
    seen = []

    def dies(*arguments):
        if len(seen) == done:
            raise KeyboardInterrupt
        seen.append(arguments)
        return answer_batch(*arguments)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        answer_batch = padded.answer_batch
        patch.setattr(padded, "answer_batch", dies)
        generation.answer(killed)
    part = killed.output.with_name("killed.jsonl.part")
    half = json.dumps({"id": "of a batch that was cut off"}) + '\n{"id": "of a line that was cut o'
    part.write_bytes(part.read_bytes() + half.encode())
    assert not killed.output.exists()
    result = generation.answer(killed)
    assert killed.output.read_bytes() == whole.output.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["whole.jsonl", "whole.json", "killed.jsonl", "killed.json"]
    )
    assert result["resumed_after"] == (4 * done or None)
    assert ("continues after" in said()) == bool(done)


def test_the_packed_engine_gives_the_padded_one_s_answers_and_goes_on_where_it_was_killed(
    order, answered, tmp_path, monkeypatch, said
):
    packed = {**order.generation, "engine": "packed"}
    whole, killed = (to(order, tmp_path, name, generation=packed) for name in ("whole", "killed"))
    assert generation.answer(whole)["engine"] == "packed"
    assert whole.output.read_bytes() == answered.read_bytes()
    monkeypatch.setattr(side_by_side, "WRITTEN", 2)
    answered_until_killed(killed, 2)
    assert not killed.output.exists()
    assert generation.answer(killed)["resumed_after"] == 4
    assert killed.output.read_bytes() == whole.output.read_bytes()


def test_an_engine_that_cannot_answer_so_is_refused_in_one_line(order, tmp_path):
    asked = {**order.generation, "engine": "packed", "do_sample": True, "temperature": 1.5}
    with pytest.raises(UserError, match="packed cannot answer here: it is greedy and knows no do_sample True; set it"):
        generation.answer(to(order, tmp_path, generation=asked))
    with pytest.raises(UserError, match="generation.engine: unknown 'pakced'; did you mean 'packed'"):
        generation.answer(to(order, tmp_path, generation={**order.generation, "engine": "pakced"}))


def test_a_part_of_other_settings_is_set_aside(order, answered, tmp_path, said):
    again = to(order, tmp_path)
    part = Part(tmp_path / "run.jsonl.part", "other settings")
    part.open()
    part.add([{"id": "valid-0", "split": "valid", "answer": "not ours"}], 1.0)
    part.file.close()
    generation.answer(again)
    assert again.output.read_bytes() == answered.read_bytes()
    assert (tmp_path / "refused-run.jsonl.part").exists()
    assert "made under other settings, set aside as refused-run.jsonl.part" in said()


@pytest.mark.parametrize(
    ("text", "cleanup", "answer", "cut"),
    [
        (" 3.4% \n", {}, "3.4%", None),
        ("한빛전자Question: 다음", {"cut_at": ["⊙", "Que", "\n"]}, "한빛전자", "Que"),
        ("a⊙b\nc", {"cut_at": ["\n", "⊙"]}, "a", "⊙"),
        ("한빛전자  \n", {"cut_at": ["\n", "  "]}, "한빛전자", None),
        ("\n한빛전자", {"cut_at": ["\n"]}, "", "\n"),
        ("Contents", {"cut_at": ["Con", "Conte"]}, "", "Con"),
        ("", {"cut_at": ["\n"]}, "", None),
    ],
)
def test_clean(text, cleanup, answer, cut):
    assert clean(text, cleanup) == (answer, cut)


def test_the_record_counts_what_each_mark_cut(order, answered, tmp_path):
    marks = [max(line["answer"].split(), key=len) for line in read_jsonl(answered) if line["answer"]]
    cut = to(order, tmp_path, generation={**order.generation, "cleanup": {"cut_at": sorted(set(marks[:3]))}})
    result = generation.answer(cut)
    lines = read_jsonl(cut.output)
    assert all(line["answer"] in line["raw"] and line["raw"] for line in lines if line["cut"])
    counts = {mark: sum(line["cut"] == mark for line in lines) for mark in result["cuts"]}
    assert read_json(cut.record)["found"]["cuts"] == result["cuts"] == counts
    assert counts


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_new_token": 5}, "generation: unknown key 'max_new_token'; did you mean 'max_new_tokens'"),
        ({"max_new_tokens": 0}, "generation.max_new_tokens: 0 is not a whole number above 0"),
        ({"batch_size": "8"}, "generation.batch_size: '8' is not a whole number"),
        ({"stop": ["<end>"]}, "has no token '<end>', which the stop list"),
        ({"cleanup": {"cut": ["\n"]}}, "cleanup: unknown key 'cut'"),
    ],
)
def test_generation_settings_that_cannot_be(order, tmp_path, settings, message):
    with pytest.raises(UserError, match=message):
        generation.answer(to(order, tmp_path, generation={**order.generation, **settings}))


def test_a_prompt_that_fills_the_window(order, tmp_path):
    with pytest.raises(UserError, match=r"row valid-\d+ has \d+ prompt tokens, the model's window is 20"):
        generation.answer(to(order, tmp_path, model={**order.model, "context_window": 20}))


def test_prompts_of_another_tokenizer(order, tmp_path):
    path = tmp_path / "test.parquet"
    polars.read_parquet(order.prompts[0]).with_columns(prompt_tokens=polars.lit(3)).write_parquet(path)
    with pytest.raises(UserError, match="prompt of row valid-0 has .* rendered for another one"):
        generation.answer(to(order, tmp_path, prompts=[path]))


def test_adapter_that_is_missing_cut_off_or_another_models(order, adapter, tmp_path):
    with pytest.raises(UserError, match="nowhere: adapter_config.json is missing; train the adapter first"):
        generation.answer(to(order, tmp_path, adapter=tmp_path / "nowhere"))
    broken = shutil.copytree(adapter, tmp_path / "broken")
    weights = broken / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(UserError, match="adapter_model.safetensors: not a whole safetensors file"):
        generation.answer(to(order, tmp_path, adapter=broken))
    other = make_model(tmp_path / "other", "qwen2")
    with pytest.raises(UserError, match="adapter: tuned on other weights than .*other holds; train it again"):
        generation.answer(to(order, tmp_path, adapter=adapter, model=other))


def test_no_answer_at_all_is_asked(order, tmp_path):
    path = tmp_path / "test.parquet"
    polars.read_parquet(order.prompts[0]).with_columns(excluded=polars.lit("too long")).write_parquet(path)
    only = to(order, tmp_path, prompts=[path])
    generation.answer(only)
    assert {line["finish_reason"] for line in read_jsonl(only.output)} == {"excluded"}
