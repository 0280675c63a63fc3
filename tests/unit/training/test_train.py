"""Training: the loss is where it should be, and the same order gives the same bytes, killed in the middle or not."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
import shutil
import signal
import subprocess
import sys

import orders
import polars
import pytest

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, read_jsonl, sha256_of
from kotune.models import loading
from kotune.prompts import encoding
from kotune.training import companions, train

BESIDE = ("record.json", "README.md", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
SCRIPTS = ROOT / "scripts"
RESULTS = ("adapter_model.safetensors", "adapter_config.json", "curve.jsonl")
# A training that kills itself: KILL_AT names the step, KILL_IN what it is doing then.
KILLED = """
import os, signal, sys
from kotune.core import console
from kotune.training import checkpoints
step, place = int(os.environ["KILL_AT"]), os.environ["KILL_IN"]
def die(): os.kill(os.getpid(), int(os.environ["KILL_WITH"]))
def update(self, done, note=""):
    if place == "step" and done == step: die()
def mark(checkpoint, asked, state, write=checkpoints.mark):
    if place == "saving" and checkpoint.name == f"checkpoint-{step}": die()
    write(checkpoint, asked, state)
console.Progress.update, checkpoints.mark = update, mark
import train_adapter
train_adapter.main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """What the trainings of this module are asked to do; ``folder`` is not made yet."""
    return orders.training(tmp_path_factory.mktemp("training"), excluded=3)


@pytest.fixture(scope="module")
def undisturbed(order):
    train.train(order)
    return order.folder


@pytest.fixture
def said(monkeypatch):
    """What the user is told, as one text."""
    monkeypatch.setattr(console, "_terminal", io.StringIO())
    return lambda: console._terminal.getvalue()


def with_trainer(order, folder, **changes):
    recipe = {**order.recipe, "trainer": {**order.recipe["trainer"], **changes}}
    return dataclasses.replace(order, recipe=recipe, folder=folder)


def bytes_of(folder):
    return {name: sha256_of(folder / name) for name in RESULTS}


def kill(order, folder, step, place, number=signal.SIGKILL, ends=-signal.SIGKILL):
    """Train in a process that kills itself, or tells itself to stop; see KILLED."""
    words = [json.dumps(part) for part in (order.model, order.recipe, order.compute)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, "--model", words[0], "--recipe", words[1], "--compute", words[2]]
        + ["--prompts", str(order.prompts), "--valid", str(order.valid), "--seed", str(order.seed)]
        + ["--adapter-dir", str(folder), "--label", order.label, "--log", f"{folder}.log"],
        env={
            **os.environ,
            "PYTHONPATH": str(SCRIPTS),
            "KILL_AT": str(step),
            "KILL_IN": place,
            "KILL_WITH": str(int(number)),
            "PYTHONHASHSEED": "5",
        },
        check=False,
    )
    assert killed.returncode == ends


def with_loss(order, folder, loss, **trainer):
    changed = with_trainer(order, folder, **trainer)
    return dataclasses.replace(changed, recipe={**changed.recipe, "loss": loss})


def test_training_on_all_tokens_says_so_in_its_record_and_begins_anew(order, undisturbed, tmp_path):
    own = with_loss(order, tmp_path / "run", "all")
    done = train.train(own)
    record = read_json(own.folder / "record.json")
    assert record["asked"]["recipe"]["loss"] == "all"
    rows = done["rows"]["train"]
    seen = sum(
        min(4, rows - 4 * (step % -(-rows // 4))) for step in range(done["steps"])
    )  # an epoch's last step has fewer
    assert done["target_tokens"] == done["tokens"] - seen, "all but each row's first, which follows nothing"
    assert bytes_of(own.folder) != bytes_of(undisturbed)
    asked = [train.fingerprints(one, {}, [])["recipe"] for one in (own, order)]
    assert asked[0] != asked[1]


def test_adapter_curve_and_record(order, undisturbed):
    from safetensors.torch import load_file

    assert sorted(path.name for path in undisturbed.iterdir()) == sorted([*RESULTS, *BESIDE])
    tensors = load_file(undisturbed / "adapter_model.safetensors")
    assert {str(tensor.dtype) for tensor in tensors.values()} == {"torch.float32"}
    config = read_json(undisturbed / "adapter_config.json")
    assert config["target_modules"] == ["down_proj", "q_proj", "v_proj"]
    assert (config["base_model_name_or_path"], config["revision"]) == companions.base_of(order.model)
    curve = read_jsonl(undisturbed / "curve.jsonl")
    assert [line["step"] for line in curve] == [2, 4, 6, 8]
    assert list(curve[0]) == ["step", "epoch", "loss", "grad_norm", "learning_rate", "tokens", "target_tokens"]
    assert curve[-1]["loss"] < curve[0]["loss"]
    record = read_json(undisturbed / "record.json")
    assert record["found"]["rows"] == {"train": 23}
    assert record["found"]["rows_excluded"] == {"train": {"over the context window": 1}}
    assert record["found"]["steps"] == 8
    assert record["found"]["trainable_parameters"] == sum(tensor.numel() for tensor in tensors.values())
    assert record["found"]["stop_token"] == "<end_of_turn>"
    assert record["found"]["resumed_from"] is None
    assert record["cost"]["tokens"] == curve[-1]["tokens"]
    assert record["with"]["files"]["prompts"]["sha256"] == sha256_of(order.prompts)


def test_tokens_are_counted_without_padding(order, tmp_path):
    tokenizer = loading.load_tokenizer(order.model)
    rows = encoding.encode_rows(order.prompts, tokenizer)
    done = train.train(with_trainer(order, tmp_path / "one epoch", max_steps=-1, num_train_epochs=1))
    assert done["tokens"] == sum(map(len, rows.ids))
    assert done["target_tokens"] == sum(map(sum, rows.mask))


@pytest.mark.slow
@pytest.mark.parametrize(("step", "place", "resumed"), [(7, "step", 6), (6, "saving", 4)])
def test_killed_and_resumed_gives_the_bytes_of_an_undisturbed_run(
    order, undisturbed, tmp_path, said, step, place, resumed
):
    folder = tmp_path / "killed"
    kill(order, folder, step, place)
    assert not (folder / "adapter_model.safetensors").exists()
    shutil.copytree(folder, tmp_path / "left behind")
    (folder / "curve.jsonl").unlink()  # Snakemake removes a failed job's outputs before it tries again
    train.train(dataclasses.replace(order, folder=folder))
    assert f"continues from checkpoint-{resumed}" in said()
    assert bytes_of(folder) == bytes_of(undisturbed)
    record = read_json(folder / "record.json")
    assert record["found"]["resumed_from"] == resumed
    assert sorted(path.name for path in folder.iterdir()) == sorted([*RESULTS, *BESIDE])

    if place == "step":  # the same folder under another seed: nothing of it may be continued
        other = dataclasses.replace(order, folder=tmp_path / "left behind", seed=43)
        train.train(other)
        assert "made under other settings (seed), set aside as refused-checkpoint-6" in said()
        assert read_json(other.folder / "record.json")["found"]["resumed_from"] is None
        assert (other.folder / "refused-checkpoint-6").is_dir()
        assert bytes_of(other.folder) != bytes_of(undisturbed)


@pytest.mark.slow
def test_told_to_stop_it_keeps_the_step_and_resumes_to_the_same_bytes(order, tmp_path):
    undisturbed = with_trainer(order, tmp_path / "undisturbed", logging_steps=4, save_steps=8)
    train.train(undisturbed)
    folder = tmp_path / "told"
    again = dataclasses.replace(undisturbed, folder=folder)
    kill(again, folder, 3, "step", signal.SIGTERM, ends=130)  # between two lines of the curve, and no save_steps
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "checkpoint-3", "curve.jsonl"]
    log = (tmp_path / "told.log").read_text().splitlines()
    assert [line for line in log if "told to stop" in line] == [
        f"train {order.label}: told to stop at step 3; checkpoint-3 is kept, run again to continue"
    ]
    assert train.train(again)["resumed_from"] == 3
    assert bytes_of(folder) == bytes_of(undisturbed.folder)


def test_told_at_the_last_step_it_ends_as_ever(order, undisturbed, tmp_path, monkeypatch):
    real = console.Progress.update

    def update(self, done, note=""):
        real(self, done, note)
        if done == 8:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(console.Progress, "update", update)
    before = signal.getsignal(signal.SIGTERM)
    train.train(dataclasses.replace(order, folder=tmp_path / "run"))
    assert bytes_of(tmp_path / "run") == bytes_of(undisturbed)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.slow
@pytest.mark.parametrize("steps", [8, 6], ids=["at the end of an epoch", "within an epoch"])
def test_killed_after_the_last_step_only_writes_the_adapter(order, tmp_path, monkeypatch, steps):
    undisturbed = with_trainer(order, tmp_path / "undisturbed", max_steps=steps)
    train.train(undisturbed)
    again = dataclasses.replace(undisturbed, folder=tmp_path / "run")

    def full(*_):
        raise UserError("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(UserError, match="disk"):
        patch.setattr(train, "write_adapter", full)
        train.train(again)
    assert not (again.folder / "adapter_model.safetensors").exists()
    done = train.train(again)
    assert (done["resumed_from"], done["steps"]) == (steps, steps)
    assert bytes_of(again.folder) == bytes_of(undisturbed.folder)


def test_a_training_shorter_than_logging_steps_has_a_loss_to_show(order, tmp_path):
    done = train.train(with_trainer(order, tmp_path / "run", max_steps=3, logging_steps=1000, save_steps=1000))
    assert [line["step"] for line in read_jsonl(tmp_path / "run" / "curve.jsonl")] == [3]
    assert done["final_loss"] > 0


@pytest.mark.slow
def test_an_evaluation_s_loss_does_not_depend_on_the_batches(order, tmp_path):
    def loss(name: str, way: dict | None = None, **trainer) -> float:
        asked = with_trainer(order, tmp_path / name, max_steps=1, eval_strategy="steps", eval_steps=1, **trainer)
        lora = {**asked.recipe["lora"], "lora_dropout": 0.0}
        asked = dataclasses.replace(asked, recipe={**asked.recipe, "lora": lora, **({"passes": way} if way else {})})
        train.train(asked)
        return next(line["eval_loss"] for line in read_jsonl(asked.folder / "curve.jsonl") if "eval_loss" in line)

    one = loss("one", per_device_eval_batch_size=1)
    assert loss("four", per_device_eval_batch_size=4) == pytest.approx(one, rel=1e-5)
    assert loss("fused", {"layers": "fused"}, per_device_eval_batch_size=3) == pytest.approx(one, rel=1e-4)


def test_evaluation_on_valid_rows_goes_into_the_curve(order, tmp_path):
    done = train.train(with_trainer(order, tmp_path / "run", max_steps=4, eval_strategy="steps", eval_steps=4))
    curve = read_jsonl(tmp_path / "run" / "curve.jsonl")
    assert [sorted(line) for line in curve if "eval_loss" in line] == [["epoch", "eval_loss", "step"]]
    assert done["rows"] == {"train": 23, "valid": 6}


# eval_loss falls until step 10, and no more at 12 and 14
WATCHED = {"max_steps": 16, "learning_rate": 5e-2, "eval_strategy": "steps", "eval_steps": 2, "eval_on_start": True}
WATCH = {"best": True, "patience": 2, "samples": 2, "sample_tokens": 6}


def watched(order, folder, watch=WATCH, **trainer):
    order = with_trainer(order, folder, **{**WATCHED, **trainer})
    return dataclasses.replace(order, recipe={**order.recipe, "watch": watch})


@pytest.fixture(scope="module")
def stopped(order, tmp_path_factory):
    """A training that stopped early, and what its best step is written as: folder and facts."""
    asked = watched(order, tmp_path_factory.mktemp("watched") / "run")
    return asked.folder, train.train(asked)


def losses(folder):
    return {line["step"]: line["eval_loss"] for line in read_jsonl(folder / "curve.jsonl") if "eval_loss" in line}


def test_early_stopping_and_the_best_step(order, stopped, tmp_path):
    folder, done = stopped
    found = losses(folder)
    assert list(found) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert min(found, key=found.get) == 10
    assert (done["best_step"], done["stopped_early"], done["stopped_at"], done["steps"]) == (10, True, 14, 14)
    assert done["best_eval_loss"] == found[10]
    assert read_json(folder / "record.json")["found"]["best_step"] == 10
    assert sorted(path.name for path in folder.iterdir()) == sorted([*RESULTS, *BESIDE])
    # the adapter is the one of step 10: as written by a training that is stopped there by its own patience
    short = watched(order, tmp_path / "short", {**WATCH, "best": False, "patience": 1, "threshold": 0.03})
    done = train.train(short)
    assert (done["best_step"], done["stopped_at"]) == (10, 10)
    assert sha256_of(short.folder / RESULTS[0]) == sha256_of(folder / RESULTS[0])


def test_an_end_is_no_early_stop(order, tmp_path):
    done = train.train(watched(order, tmp_path / "run", {"patience": 3}))
    assert (done["steps"], done["stopped_early"], done["stopped_at"]) == (16, False, None)


def test_without_the_best_the_last_step_is_written(order, stopped, tmp_path):
    last = watched(order, tmp_path / "last", {**WATCH, "best": False})
    assert train.train(last)["best_step"] == 10
    assert sha256_of(last.folder / "curve.jsonl") == sha256_of(stopped[0] / "curve.jsonl")
    assert sha256_of(last.folder / RESULTS[0]) != sha256_of(stopped[0] / RESULTS[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "place", "trainer"),
    [
        (13, "step", {}),
        (14, "saving", {}),
        (11, "step", {"save_steps": 6, "eval_steps": 4}),
        (11, "step", {"save_steps": 4, "train_sampling_strategy": "group_by_length"}),
    ],
    ids=["while it waits", "as it stops", "between evaluations", "rows grouped by length"],
)
def test_a_killed_watched_training_ends_with_the_same_bytes(order, tmp_path, step, place, trainer):
    asked = watched(order, tmp_path / "undisturbed", **trainer)
    whole = train.train(asked)
    kill(asked, tmp_path / "killed", step, place)
    done = train.train(dataclasses.replace(asked, folder=tmp_path / "killed"))
    assert done["resumed_from"] is not None
    assert bytes_of(tmp_path / "killed") == bytes_of(asked.folder)
    same = ("best_step", "best_eval_loss", "stopped_early", "stopped_at", "steps", "final_loss")
    assert {name: done[name] for name in same} == {name: whole[name] for name in same}


def test_killed_after_an_early_stop_only_writes_the_adapter(order, stopped, tmp_path, monkeypatch):
    again = watched(order, tmp_path / "run")

    def full(*_):
        raise UserError("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(UserError, match="disk"):
        patch.setattr(train, "write_adapter", full)
        train.train(again)
    done = train.train(again)
    assert (done["resumed_from"], done["steps"], done["stopped_at"], done["best_step"]) == (14, 14, 14, 10)
    assert bytes_of(again.folder) == bytes_of(stopped[0])


def test_samples_are_greedy_answers_and_leave_the_training_alone(order, stopped, tmp_path):
    curve = read_jsonl(stopped[0] / "curve.jsonl")
    samples = [line for line in curve if "samples" in line]
    assert [line["step"] for line in samples] == list(losses(stopped[0]))
    table = polars.read_parquet(order.valid)
    for line in samples:
        assert sorted(line) == ["samples", "step"]
        assert [row["id"] for row in line["samples"]] == ["valid-0", "valid-1"]
        golds = [text.removesuffix("<end_of_turn>") for text in table["completion"][:2]]
        assert [row["gold"] for row in line["samples"]] == golds
    assert len({row["answer"] for line in samples for row in line["samples"]}) > 1
    quiet = watched(order, tmp_path / "quiet", {**WATCH, "samples": 0})
    train.train(quiet)
    assert read_jsonl(quiet.folder / "curve.jsonl") == [line for line in curve if "samples" not in line]
    assert sha256_of(quiet.folder / RESULTS[0]) == sha256_of(stopped[0] / RESULTS[0])


@pytest.mark.parametrize(
    ("watch", "trainer", "message"),
    [
        ({"best": True}, {"eval_strategy": "no", "eval_on_start": False}, "recipe.watch.best: .*'no'; set it to steps"),
        ({"samples": 1}, {"eval_strategy": "epoch"}, "recipe.watch.samples: .* 'epoch'; set it to steps"),
        ({"best": True}, {"eval_steps": 20}, "recipe.watch.best: the training has 16 steps and evaluates every 20"),
        ({}, {"eval_strategy": "no"}, "recipe.trainer.eval_on_start: eval_strategy is no"),
    ],
)
def test_a_watch_that_cannot_be(order, tmp_path, watch, trainer, message):
    with pytest.raises(UserError, match=message):
        train.train(watched(order, tmp_path / "run", watch, **trainer))


@pytest.mark.parametrize(
    ("lora", "message"),
    [
        ({"rank": 4}, "peft's LoraConfig has no argument 'rank'"),
        ({"r": 4, "target_modules": ["q_proj", "k_prj"]}, "no layer 'k_prj'; did you mean 'k_proj'"),
        ({"r": 0}, "recipe: `r` should be a positive integer"),
    ],
)
def test_lora_argument_that_cannot_be(order, tmp_path, lora, message):
    with pytest.raises(UserError, match=message):
        train.train(dataclasses.replace(order, recipe={**order.recipe, "lora": lora}, folder=tmp_path / "run"))
    assert not (tmp_path / "run" / "adapter_model.safetensors").exists()


def test_a_loss_that_is_not_a_number_stops_the_training(order, tmp_path):
    with pytest.raises(UserError, match="is not a number at step .*; lower trainer.learning_rate"):
        train.train(with_trainer(order, tmp_path / "run", learning_rate=1e37, max_grad_norm=0.0))
    assert not (tmp_path / "run" / "adapter_model.safetensors").exists()


def test_a_gradient_that_is_no_number_stops_at_its_step_and_names_the_rows(tmp_path, monkeypatch):
    from trl import SFTTrainer

    own = orders.training(tmp_path)
    real, calls = SFTTrainer._get_grad_norm, []

    def norm(self, *args, **kwargs):
        calls.append(1)
        return math.nan if len(calls) == 3 else real(self, *args, **kwargs)

    monkeypatch.setattr(SFTTrainer, "_get_grad_norm", norm)
    with pytest.raises(UserError, match=r"not a number at step 3; .*rows of that step \(train-\d+, train-\d+"):
        train.train(own)
    assert not (own.folder / "adapter_model.safetensors").exists()
