"""Several processes train one adapter as one process does; tried on a CPU, where gloo joins them."""

import json
import subprocess
import sys

import pytest
import torch
from checkout import ROOT
from safetensors.torch import load_file
from tiny_model import CPU, RECIPE, make_model, write_prompts

from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl
from kotune.training import processes


@pytest.mark.parametrize(
    ("count", "given", "shared"),
    [
        (1, (1, 16), (1, 16)),
        (2, (4, 8), (2, 8)),  # each batch stays whole
        (2, (1, 16), (1, 8)),
        (4, (2, 8), (2, 2)),
    ],
)
def test_a_step_has_the_same_rows_however_many_cards_share_it(monkeypatch, count, given, shared):
    if count > 1:
        monkeypatch.setenv("LOCAL_RANK", "1")
        monkeypatch.setenv("WORLD_SIZE", str(count))
    keys = ("gradient_accumulation_steps", "per_device_train_batch_size")
    found = processes.shared_out(dict(zip(keys, given, strict=True)))
    assert tuple(found[key] for key in keys) == shared
    assert found[keys[0]] * found[keys[1]] * count == given[0] * given[1]


def test_a_step_that_cannot_be_shared_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="a step of 3 rows in 1 batches cannot be shared by 2 cards"):
        processes.shared_out({"gradient_accumulation_steps": 1, "per_device_train_batch_size": 3})


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    root = tmp_path_factory.mktemp("processes")
    model = make_model(root / "model")
    return model, write_prompts(root / "train.parquet", model, 22), write_prompts(root / "valid.parquet", model, 11, 1)


def trained(given, folder, cards, passes, watch=None, **trainer):
    """Train by the script, with a process for each of so many cards; return the curve and what the record found."""
    model, rows, valid = given
    lora = {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj", "down_proj"]}
    steps = {"max_steps": 4, "logging_steps": 1, "save_steps": 4, "eval_strategy": "steps", "eval_steps": 2}
    recipe = {**RECIPE, "lora": lora, "trainer": {**RECIPE["trainer"], **steps, **trainer}, "passes": passes}
    recipe |= {"watch": watch} if watch else {}
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/train_adapter.py", "--model", json.dumps(model), "--recipe",
         json.dumps(recipe), "--prompts", rows, "--valid", valid, "--seed", "42", "--compute", json.dumps(CPU),
         "--cards", str(cards), "--adapter-dir", folder, "--label", "tiny"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return read_jsonl(folder / "curve.jsonl"), read_json(folder / "record.json")["found"]


PACKING = {"packing": True, "max_length": 64, "per_device_train_batch_size": 2}


@pytest.fixture(scope="module")
def alone(given, tmp_path_factory):
    """What one process trains through transformers' own layers, in a folder of its own: of rows, and of packs."""
    folders = {"rows": tmp_path_factory.mktemp("rows"), "packs": tmp_path_factory.mktemp("packs")}
    trained(given, folders["rows"], 1, {"layers": "plain"})
    trained(given, folders["packs"], 1, {"layers": "plain"}, **PACKING)
    return folders


@pytest.mark.parametrize(
    ("way", "passes", "trainer"),
    [
        ("padded", {"layers": "plain"}, {}),
        ("packed", {"layers": "plain"}, PACKING),
        ("fused", {"layers": "fused"}, {}),
        # each process puts its two rows of a step into two passes
        ("fused", {"layers": "fused", "tokens": 30}, {}),
        ("fused", {"layers": "fused"}, PACKING),
    ],
)
def test_two_processes_train_what_one_does_on_each_way(given, alone, tmp_path, way, passes, trainer):
    folder = alone["packs" if trainer else "rows"]
    expected_curve = read_jsonl(folder / "curve.jsonl")
    together, found = trained(given, tmp_path, 2, passes, **trainer)
    assert found["passes"]["way"] == way
    assert found["processes"] == 2
    assert len(expected_curve) == len(together) == 6
    for line, expected in zip(together, expected_curve, strict=True):
        assert line.keys() == expected.keys()
        for name in line.keys() - {"epoch"}:  # counted in batches, which other passes make others of
            assert line[name] == pytest.approx(expected[name], rel=2e-4), (line, expected)
    weights = [load_file(path / "adapter_model.safetensors") for path in (tmp_path, folder)]
    for name, weight in weights[1].items():
        torch.testing.assert_close(weights[0][name], weight, rtol=1e-3, atol=2e-4)


def test_two_processes_stop_at_the_same_step_as_one(given, tmp_path):
    watch = {"best": True, "patience": 1, "threshold": 2.0, "samples": 2, "sample_tokens": 4}  # no step falls by 2
    asked = {"eval_on_start": True, "max_steps": 8, "save_steps": 2, "train_sampling_strategy": "group_by_length"}
    curves, found = zip(
        *(trained(given, tmp_path / str(cards), cards, {"layers": "fused"}, watch, **asked) for cards in (1, 2)),
        strict=True,
    )
    assert [(one["steps"], one["stopped_at"], one["best_step"]) for one in found] == [(2, 2, 2)] * 2
    kinds = [[(line["step"], "samples" in line) for line in curve] for curve in curves]
    assert kinds == [[(0, False), (0, True), (1, False), (2, False), (2, False), (2, True)]] * 2
