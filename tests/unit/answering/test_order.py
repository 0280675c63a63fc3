"""A run that was killed goes on only where all that its answers depend on is the same."""

import dataclasses
from pathlib import Path

import pytest

from kotune.answering.order import Order, fingerprint

ORDER = Order(
    model={"name": "tiny", "path": "models/tiny", "family": "gemma2"},
    quantization=None,
    adapter=None,
    prompts=[],
    generation={"max_new_tokens": 6, "cleanup": {"cut_at": ["\n"]}},
    compute={"device": "cpu", "threads": 1},
    seed=42,
    output=Path("answers.jsonl"),
    record=Path("answers.record.json"),
    label="tiny/base/seed42",
)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"seed": 7}, False),
        ({"quantization": {"load_in_4bit": True}}, False),
        ({"generation": {"max_new_tokens": 7}}, False),
        ({"compute": {"device": "cpu", "threads": 2}}, False),
        ({"output": Path("elsewhere.jsonl"), "label": "another"}, True),
        ({"model": {**ORDER.model, "path": "elsewhere"}}, True),
    ],
)
def test_what_answers_depend_on_is_in_the_fingerprint(tmp_path, changes, same):
    file = tmp_path / "model.safetensors"
    file.write_text("weights")
    before = fingerprint(ORDER, {"model.safetensors": file})
    assert (fingerprint(dataclasses.replace(ORDER, **changes), {"model.safetensors": file}) == before) is same
    file.write_text("other weights")
    assert fingerprint(ORDER, {"model.safetensors": file}) != before


def test_nothing_is_cut_where_nothing_is_said():
    assert ORDER.cleanup == {"cut_at": ["\n"]}
    assert dataclasses.replace(ORDER, generation={"cleanup": None}).cleanup == {}
