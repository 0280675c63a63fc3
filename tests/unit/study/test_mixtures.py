"""Mixtures of the catalogue: which file each part has at a scale, under which names, and what cannot be mixed."""

import pytest
from studies import configuration

from kotune.core.errors import UserError
from kotune.study.mixtures import mixture_at, redrawn, source_of

DATASETS = configuration()["datasets"]
NAME = "open-ko-instructions"


def at(parts, stand_ins=False, task="chat", **mixture):
    given = {"weights": "rows", "parts": parts, **mixture}
    datasets = {**DATASETS, "toy": {"title": "t", "source": "mixture", "mixture": given}}
    return mixture_at("toy", task, datasets, stand_ins, lambda name: f"resources/hub/datasets/{name}")


def refused(parts, **given):
    with pytest.raises(UserError) as error:
        at(parts, **given)
    return str(error.value)


def test_the_shipped_mixture_is_as_its_card_says():
    found = mixture_at(NAME, "chat", DATASETS, False, lambda name: name)
    assert [(part["name"], part["dataset"], part["weight"]) for part in found["parts"]] == [
        ("koalpaca", "koalpaca-v1.1a", 1),
        ("openorca", "openorca-ko", 1),
        ("guanaco", "openassistant-guanaco-ko", 1),
    ]
    first, second, third = found["parts"]
    assert first["instruction"] == third["instruction"] and first["instruction"]["probability"] == 0.8
    assert first["instruction"]["text"].startswith("당신은 인공지능 비서입니다. 사용자가 답을 이해하기 위해")
    assert "instruction" not in second
    assert third["conversation"]["marks"] == {"user": "### Human:", "assistant": "### Assistant:"}


def test_a_download_has_the_entrys_names_and_a_file_its_own():
    parts = {"a": {"dataset": "mini-safe-chat"}, "b": {"dataset": "korean-safe-conversation", "weight": 0.5}}
    own, hub = at(parts)["parts"]
    assert own["path"] == "resources/mini/safe-chat/train.jsonl.xz" and "hub" not in own
    assert (hub["path"], hub["hub"]) == (
        "resources/hub/datasets/korean-safe-conversation/train.parquet",
        "korean-safe-conversation",
    )
    assert (own["weight"], hub["weight"]) == (1, 0.5)


def test_at_a_scale_of_stand_ins_a_part_is_that_of_its_data_set():
    found = at({"b": {"dataset": "korean-safe-conversation", "cap": 20}}, stand_ins=True)["parts"][0]
    assert (found["dataset"], found["stand_in"]) == ("mini-safe-chat", True)
    assert found["cap"] == 20 and "weight" not in found
    assert "names no stand_in" in refused({"a": {"dataset": "alpaca"}}, stand_ins=True)


def test_columns_can_be_named_otherwise():
    found = at(
        {"a": {"dataset": "klue-mrc", "columns": {"instruction": "question", "input": "context", "output": "answer"}}}
    )
    assert found["parts"][0]["columns"]["output"] == "answer"
    said = refused({"a": {"dataset": "klue-mrc", "columns": {"instruction": "qestion"}}})
    assert "'klue-mrc' has no column 'qestion'; did you mean 'question'" in said
    said = refused({"a": {"dataset": "mini-safe-chat", "columns": {"outptu": "output"}}})
    assert "the task 'chat' has no column 'outptu'; did you mean 'output'" in said


def test_parts_of_different_tasks_are_refused():
    said = refused({"a": {"dataset": "mini-safe-chat"}, "b": {"dataset": "korquad-1.0"}})
    assert "part 'b': the data set 'korquad-1.0' has no column 'instruction'" in said
    assert "its rows are of the task 'context-qa', and a mixture's of 'chat'" in said
    assert "it cannot be mixed" in refused({"b": {"dataset": "kobest-wic"}})
    assert "the study's are of 'context-qa'" in refused({"a": {"dataset": "mini-safe-chat"}}, task="context-qa")


def test_a_mixture_has_no_mixture_within():
    assert f"'{NAME}' is a mixture itself; name its parts instead" in refused({"a": {"dataset": NAME}})


def test_rows_that_must_be_brought_say_how():
    said = refused({"a": {"dataset": "dacon-236291", "columns": {"instruction": "question", "output": "answer"}}})
    assert "must be brought by you. Join the DACON competition" in said


def test_a_redraw_needs_rows_and_a_weight_below_one():
    again = {"a": {"dataset": "mini-safe-chat", "weight": 0.25, "redraw_each_epoch": True}}
    assert redrawn(at(again, seed=7)) == {"seed": 7, "parts": {"a": 0.25}}
    assert redrawn(at({"a": {"dataset": "mini-safe-chat"}})) == {}
    assert "each epoch has as many rows; set the mixture's weights to rows" in refused(again, weights="tokens")
    again["a"]["weight"] = 2
    assert "a weight of 2 takes every row in each epoch" in refused(again)


def test_its_rows_are_split_like_those_of_one_file_and_copies_are_told():
    split = {"valid": 0.1, "test": 0.1, "seed": 1}
    once = source_of("toy", at({"a": {"dataset": "mini-safe-chat"}}), {"split": split}, "s")
    assert once["split"] == split and once["columns"]["article"] == "article" and "repeats" not in once
    twice = source_of("toy", at({"a": {"dataset": "mini-safe-chat", "weight": 2}}), {"split": split}, "s")
    assert twice["repeats"] is True
    with pytest.raises(UserError, match="config/studies/s.yaml: the rows of a mixture need the key 'split'"):
        source_of("toy", at({"a": {"dataset": "mini-safe-chat"}}), {}, "s")
