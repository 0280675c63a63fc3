"""The table of what each training took shows what is known, and says what is not."""

from __future__ import annotations

import fake_results

RECORDS = "results/mini/econ-qa/adapters"
PRICE = {"an_hour": 3.0, "currency": "USD", "source": "a bill", "date": "2026-01-31"}


def names(document):
    return [column["name"] for column in document["columns"]]


def test_on_a_cpu_each_training_has_its_memory_and_time_and_nothing_of_a_card(plain, tmp_path):
    made = plain.copied(tmp_path / "cpu")
    for path in sorted((made.root / RECORDS).glob("*/*/*/record.json")):
        started = {"start_memory_gib": 0.4, "card_memory_gib": None, "joules": None, "energy": "no GPU"}
        made.change(path.relative_to(made.root), lambda record, started=started: record["cost"].update(started))
    made.gather()
    made.make_tables()
    document = made.table("memory")
    assert names(document) == [
        "model", "arm", "seed", "start_memory_gib", "peak_memory_gib", "memory_gib", "seconds", "minutes",
    ]  # fmt: skip
    assert [row[0]["text"] for row in document["rows"]] == fake_results.TUNED
    assert {row[3]["text"] for row in document["rows"]} == {"0.40"}
    said = " ".join(document["notes"])
    assert "On a CPU it is the process's peak of resident memory" in said
    assert "Energy is not measured: no GPU." in said and "not measured; the record" not in said


def test_records_of_before_leave_cells_empty_and_it_is_said(plain):
    document = plain.table("memory")
    assert all(row[3] == {} and row[4]["text"] for row in document["rows"])
    assert "Empty: not measured; the record was written before this was." in document["notes"]


def test_a_card_with_a_price_has_columns_for_all_that_is_known(plain, tmp_path):
    made = plain.copied(tmp_path / "card", cards={"H100 80 GB": {"match": ["H100"], "price": PRICE}})
    took = {"start_memory_gib": 6.5, "card_memory_gib": 80.0, "joules": 7200.0, "energy": "NVML, the whole card"}

    def change(record):
        record["cost"] |= took
        record["on"]["device"] = "NVIDIA H100 80GB HBM3"

    made.change(f"{RECORDS}/tiny-eeve/qlora/seed42/record.json", change)
    made.gather()
    made.make_tables()
    document = made.table("memory")
    assert {"card_percent", "training_card_percent", "wh", "money"} <= set(names(document))
    said = " ".join(document["notes"])
    assert "3.00 USD an hour of NVIDIA H100 80GB HBM3 (a bill, 2026-01-31)" in said
