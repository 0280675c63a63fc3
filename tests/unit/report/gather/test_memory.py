"""What each training took is told from its record; what a record does not hold has no number."""

from __future__ import annotations

import pytest

from kotune.core.storage import write_json
from kotune.report.gather.memory import price_of
from kotune.report.view import Report

RECORD = "adapters/tiny-eeve/qlora/seed42/record.json"
START = "econ-qa.cost.qlora.tiny-eeve.seed42.training"
TOOK = {
    "seconds": 1800.0,
    "peak_memory_gib": 12.0,
    "start_memory_gib": 6.5,
    "card_memory_gib": 80.0,
    "joules": 360000.0,
}
PRICE = {"an_hour": 3.0, "currency": "USD", "source": "a bill", "date": "2026-01-31"}
CARDS = {"H100 80 GB": {"match": ["H100"], "price": PRICE}, "T4 16 GB": {"match": ["T4"]}}


def on_a_card(made, device="NVIDIA H100 80GB HBM3", **more):
    """Have one training's record tell of a card."""

    def change(record):
        record["cost"] |= {**TOOK, "energy": "NVML, the whole card"}
        record["on"] |= {"device": device, **more}

    made.change(f"results/mini/econ-qa/{RECORD}", change)


def test_memory_share_of_the_card_time_and_energy(plain, tmp_path):
    made = plain.copied(tmp_path / "card")
    on_a_card(made)
    made.gather()
    shown = {name: made.costs[f"{START}.{name}"]["text"] for name in (
        "start_memory_gib", "peak_memory_gib", "memory_gib", "card_percent", "training_card_percent", "minutes", "wh",
    )}  # fmt: skip
    assert shown == {
        "start_memory_gib": "6.50", "peak_memory_gib": "12.00", "memory_gib": "5.50", "card_percent": "15.0",
        "training_card_percent": "6.9", "minutes": "30.00", "wh": "100.00",
    }  # fmt: skip
    assert f"{START}.money" not in made.costs and f"{START}.rehearsed_gib" not in made.costs


def test_a_record_of_before_has_no_such_numbers(plain):
    assert f"{START}.minutes" in plain.costs
    assert not [key for key in plain.costs if key.endswith((".memory_gib", ".card_percent", ".wh", ".money"))]


@pytest.mark.parametrize(("more", "paid"), [({}, "1.50 USD"), ({"jobs_per_gpu": 3}, "0.50 USD")])
def test_money_is_hours_by_the_price_of_that_card(plain, tmp_path, more, paid):
    made = plain.copied(tmp_path / "paid", cards=CARDS)
    on_a_card(made, **more)
    made.gather()
    assert made.costs[f"{START}.money"]["text"] == paid
    assert "econ-qa.cost.qlora.tiny-solar.seed42.training.money" not in made.costs


def test_a_card_without_a_price_costs_nothing_that_is_known(plain):
    report = Report({**plain.settings, "cards": CARDS}, plain.study)
    assert price_of(report, "Tesla T4") is None and price_of(report, "cpu") is None
    assert price_of(report, "NVIDIA H100 PCIe") == PRICE


@pytest.mark.parametrize(
    ("device", "said"),
    [("NVIDIA H100 80GB HBM3", ("11.00", "12.0")), ("Tesla T4", ("9.00", "90.0")), ("NVIDIA B200", None)],
)
def test_a_rehearsal_is_what_it_measured_on_that_card_else_what_it_predicts(plain, tmp_path, device, said):
    path = "results/rehearsal/econ-qa/rehearsal/tiny-eeve/qlora.json"
    made = plain.copied(tmp_path / "rehearsed", cards=CARDS, rehearsals={"tiny-eeve/qlora": path})
    write_json(made.root / path, {
        "on": {"device": "NVIDIA H100 80GB HBM3"},
        "measured": {"training": {"fits": True, "gib": 11.0, "hours": 0.2}},
        "predicted": [{"card": "T4 16 GB", "training": {"gib": 9.0, "hours": 1.5}}],
    })  # fmt: skip
    on_a_card(made, device)
    made.gather()
    keys = [f"{START}.rehearsed_gib", f"{START}.rehearsed_minutes"]
    assert [made.costs.get(key, {}).get("text") for key in keys] == list(said or (None, None))
    if said:
        assert path in made.costs[keys[0]]["records"]


def test_a_rehearsal_that_did_not_fit_says_nothing(plain, tmp_path):
    path = "results/rehearsal/econ-qa/rehearsal/tiny-eeve/qlora.json"
    made = plain.copied(tmp_path / "full", cards=CARDS, rehearsals={"tiny-eeve/qlora": path})
    write_json(made.root / path, {"on": {"device": "cpu"}, "measured": {"training": {"fits": False}}, "predicted": []})
    made.gather()
    assert f"{START}.rehearsed_gib" not in made.costs
