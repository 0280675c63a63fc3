"""A budget of tokens in the loss: arms on other rows learn as many, whatever way they go and after a kill."""

import dataclasses

import orders
import pairs
import pytest
from tiny_model import RECIPE

from kotune.core.errors import UserError
from kotune.core.storage import read_json
from kotune.training import budget
from kotune.training.train import train

WANTED = 600
TRAINER = {key: value for key, value in RECIPE["trainer"].items() if key != "max_steps"}


def recipe(tokens=WANTED, trainer=(), **more):
    asked = {**TRAINER, "per_device_train_batch_size": 2, "learning_rate": 1e-3, **dict(trainer)}
    return {
        **RECIPE,
        "quantization": None,
        "method": "sft",
        "trainer": asked,
        "budget": {"loss_tokens": tokens},
        **more,
    }


def learned(folder):
    found = read_json(folder / "record.json")["found"]
    return found["target_tokens"], found["steps"], found["notes"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("budget")


@pytest.mark.parametrize("strategy", ["random", "sequential", "group_by_length"])
@pytest.mark.parametrize("rows", [7, 24])
def test_trainings_on_other_rows_learn_as_many_tokens(tmp_path, rows, strategy):
    asked = recipe(trainer={"train_sampling_strategy": strategy})
    train(orders.training(tmp_path, rows, recipe=asked, valid=None))
    tokens, steps, notes = learned(tmp_path / "undisturbed")
    assert abs(tokens - WANTED) <= 0.01 * WANTED
    assert any(note.startswith(f"{steps} steps for 600 tokens in the loss: {tokens}, ") for note in notes)


@pytest.mark.parametrize(
    "way",
    [
        {"trainer": {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 2}},
        {"passes": {"layers": "fused"}},
    ],
    ids=["accumulated", "fused"],
)
def test_the_steps_are_the_same_whatever_goes_through_at_once(tmp_path, way):
    lora = {**RECIPE["lora"], "lora_dropout": 0.0}
    train(orders.training(tmp_path / "a", 9, recipe=recipe(lora=lora), valid=None))
    train(orders.training(tmp_path / "b", 9, recipe=recipe(**{"lora": lora, **way}), valid=None))
    one, other = learned(tmp_path / "a" / "undisturbed"), learned(tmp_path / "b" / "undisturbed")
    assert one[:2] == other[:2]


def test_a_killed_training_goes_on_with_the_same_rows(tmp_path, monkeypatch):
    whole = orders.training(tmp_path, 7, recipe=recipe(), valid=None)
    train(whole)
    order, count = dataclasses.replace(whole, folder=tmp_path / "killed"), 0

    def told(self):
        nonlocal count
        count += 1
        return count == 11

    monkeypatch.setattr("kotune.training.stopping.Stop.wanted", told)
    with pytest.raises(SystemExit):
        train(order)
    monkeypatch.undo()
    train(order)
    for name in ("adapter_model.safetensors", "curve.jsonl"):
        assert (order.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


def test_pairs_are_counted_with_both_sides(tmp_path):
    order = pairs.preferring(pairs.started(tmp_path), tmp_path / "run")
    asked = {**order.recipe, "trainer": {**TRAINER, "per_device_train_batch_size": 2}, "budget": {"loss_tokens": 2000}}
    train(dataclasses.replace(order, recipe=asked))
    assert abs(learned(order.folder)[0] - 2000) <= 20


def test_what_no_step_ends_near_to_is_refused_with_a_way_out(tmp_path):
    order = orders.training(tmp_path, 24, recipe=recipe(tokens=31, trainer={"per_device_train_batch_size": 8}))
    message = (
        r"loss_tokens: 31 cannot be met within 1%: a step has some \d+ tokens .* ends at \d+; ask for at least [\d,]+"
    )
    with pytest.raises(UserError, match=message):
        train(order)


def test_what_cannot_go_with_it_is_named():
    for change, fault in (
        ({"trainer": {"packing": True}}, "trainer.packing: packs hold rows"),
        ({"watch": {"patience": 2}}, "watch.patience: it ends a training early"),
        ({"redraw": {}}, "budget: the mixture draws rows again"),
    ):
        assert budget.fault_of(recipe(**change)).startswith(fault)
    assert budget.fault_of(recipe(), cards=2).endswith("take `cards` away")
    assert budget.fault_of(recipe()) is None and budget.fault_of({"trainer": {"packing": True}}) is None
    assert budget.written_fault(recipe(trainer={"max_steps": 3})).startswith("trainer.max_steps: `budget` chooses")
    assert budget.written_fault(recipe()) is None


def test_the_nearest_step_is_taken():
    order = budget.Order([1] * 4, "sequential", 2, 42)
    assert budget.steps_for(140 * 5, order, [30, 30, 40, 40]) == (10, 700)
    assert budget.steps_for(7057, order, [30, 30, 40, 40]) == (101, 7060)
