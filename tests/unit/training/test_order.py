"""What was asked of a training has a fingerprint, part by part; where it lies and what it is called have none."""

import dataclasses
from pathlib import Path

import pytest

from kotune.training.order import Order, fingerprints

ORDER = Order(
    model={"name": "tiny", "path": "models/tiny", "family": "gemma2"},
    recipe={"lora": {"r": 4}, "trainer": {"learning_rate": 1e-3}},
    prompts=Path("train.parquet"),
    valid=None,
    seed=42,
    compute={"device": "cpu", "threads": 1},
    tracking={"mode": "disabled"},
    folder=Path("adapters/tiny"),
    label="tiny/qlora/seed42",
)


@pytest.fixture
def files(tmp_path):
    for name in ("model.safetensors", "train.parquet"):
        (tmp_path / name).write_text(name)
    return {"model.safetensors": tmp_path / "model.safetensors"}, [tmp_path / "train.parquet"]


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"seed": 7}, ["seed"]),
        ({"recipe": {**ORDER.recipe, "lora": {"r": 8}}}, ["recipe"]),
        ({"compute": {"device": "cpu", "threads": 2}}, ["compute"]),
        ({"model": {**ORDER.model, "family": "llama3"}}, ["model"]),
        ({"folder": Path("elsewhere"), "label": "another", "tracking": {"mode": "offline"}}, []),
        ({"model": {**ORDER.model, "path": "elsewhere", "name": "another"}}, []),
    ],
)
def test_a_part_of_what_was_asked_changes_its_own_fingerprint(files, changes, parts):
    before, after = fingerprints(ORDER, *files), fingerprints(dataclasses.replace(ORDER, **changes), *files)
    assert [name for name in before if before[name] != after[name]] == parts


def test_files_count_by_what_is_in_them(files):
    before = fingerprints(ORDER, *files)
    files[1][0].write_text("other rows")
    after = fingerprints(ORDER, *files)
    assert [name for name in before if before[name] != after[name]] == ["prompts"]


def test_the_adapter_that_is_started_from_is_a_part(files, tmp_path):
    (tmp_path / "adapter_model.safetensors").write_text("weights")
    started = dataclasses.replace(ORDER, adapter=tmp_path)
    before = fingerprints(started, *files)
    assert before.keys() - fingerprints(ORDER, *files).keys() == {"adapter"}
    (tmp_path / "adapter_model.safetensors").write_text("other weights")
    assert fingerprints(started, *files)["adapter"] != before["adapter"]
