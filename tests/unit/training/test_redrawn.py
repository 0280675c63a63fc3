"""Rows that are drawn again in each epoch: as many, others, and the same where a training is resumed."""

import dataclasses

import orders
import polars

from kotune.models import loading
from kotune.prompts import encoding
from kotune.training import train
from kotune.training.redrawn import Redrawn, sampler

NAMES = [f"a:{number}" for number in range(40)] + [f"b:{number}" for number in range(10)]


def drawn(seed=1, shuffled_by=42, names=NAMES):
    return Redrawn(names, {"a": 0.25}, seed, shuffled_by)


def test_an_epoch_has_a_share_of_what_is_redrawn_and_all_of_the_rest():
    rows = drawn()
    assert len(rows) == 20
    for epoch in range(3):
        order = rows.order(epoch)
        assert len(order) == len(set(order)) == 20
        assert {place for place in order if place >= 40} == set(range(40, 50))
    assert set(rows.order(0)) != set(rows.order(1))


def test_a_resumed_epoch_has_the_same_rows_in_the_same_order():
    done = {"epochs": 1.0}
    first = list(sampler(drawn(), lambda: done["epochs"]))
    assert list(sampler(drawn(), lambda: 1.6)) == first
    assert first != list(sampler(drawn(), lambda: None)) and len(sampler(drawn(), lambda: None)) == 20


def test_seeds_of_the_mixture_choose_and_those_of_the_training_order():
    assert set(drawn(shuffled_by=7).order(0)) == set(drawn().order(0))
    assert drawn(shuffled_by=7).order(0) != drawn().order(0)
    assert set(drawn(seed=2).order(0)) != set(drawn().order(0))


def test_only_a_recipe_that_asks_for_it_has_such_rows():
    assert Redrawn.of({"trainer": {}}, NAMES, 42) is None
    found = Redrawn.of({"redraw": {"seed": 3, "parts": {"a": 0.5}}}, NAMES, 42)
    assert (found.seed, found.shuffled_by, len(found)) == (3, 42, 30)


def test_a_training_sees_in_each_epoch_the_rows_that_are_drawn_for_it(tmp_path):
    order = orders.training(tmp_path)
    rows = polars.read_parquet(order.prompts)
    parts = ["a" if number < 16 else "b" for number in range(rows.height)]
    names = [f"{part}:{number}" for number, part in enumerate(parts)]
    rows.with_columns(polars.Series("id", names)).write_parquet(order.prompts)
    redraw = {"seed": 3, "parts": {"a": 0.25}}
    trainer = {**order.recipe["trainer"], "max_steps": -1, "num_train_epochs": 3}
    done = train.train(dataclasses.replace(order, recipe={**order.recipe, "trainer": trainer, "redraw": redraw}))
    encoded = encoding.encode_rows(order.prompts, loading.load_tokenizer(order.model))
    drawn = Redrawn(names, redraw["parts"], redraw["seed"], order.seed)
    seen = [sum(len(encoded.ids[place]) for place in drawn.order(epoch)) for epoch in range(3)]
    assert len(drawn) == 12 and len(set(seen)) > 1
    assert done["tokens"] == sum(seen)
