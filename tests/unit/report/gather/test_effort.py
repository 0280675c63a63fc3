"""What was done and what it cost: what differs from run to run is in costs alone, what is missing is named."""

from __future__ import annotations

import fake_reports
import fake_results
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import read_jsonl, write_jsonl
from kotune.report.gather import effort
from kotune.report.view import Report

RECORD = "adapters/tiny-eeve/qlora/seed42/record.json"


def test_what_differs_from_run_to_run_is_in_costs_alone(plain, tmp_path):
    made = plain.copied(tmp_path / "again")
    path = made.report.answers(("tiny-eeve", "qlora", 42), "record.json")
    made.change(path, lambda record: record.update(cost={"seconds": 999.0, "peak_memory_gib": 2.5}))
    made.gather()
    for path, same in ((fake_reports.NUMBERS, True), (fake_reports.COSTS, False)):
        assert ((made.root / path).read_bytes() == (plain.root / path).read_bytes()) is same
    assert made.costs["econ-qa.cost.qlora.tiny-eeve.seed42.answers.seconds"]["text"] == "999.0"


def test_a_record_without_its_cost_is_named(plain, tmp_path):
    made = plain.copied(tmp_path / "broken")
    made.change(f"{fake_reports.STUDY}/{RECORD}", lambda record: record["cost"].pop("seconds"))
    with pytest.raises(UserError, match=r"tiny-eeve/qlora/seed42/record.json: there is no key 'seconds'"):
        made.gather()


def test_a_training_tells_what_its_curve_and_its_adapter_tell(plain):
    numbers, start = plain.numbers, "econ-qa.training.qlora.tiny-eeve.seed42"
    lines = read_jsonl(plain.study / "adapters/tiny-eeve/qlora/seed42/curve.jsonl")
    assert numbers[f"{start}.steps"]["value"] == lines[-1]["step"]
    assert numbers[f"{start}.first_loss"]["value"] == lines[0]["loss"]
    assert numbers[f"{start}.last_loss"]["value"] == lines[-1]["loss"]
    assert numbers[f"{start}.rows"]["value"] == fake_results.SPLITS["train"]
    assert numbers[f"{start}.trainable_parameters"]["value"] == 104_000
    assert numbers[f"{start}.trainable_percent"]["text"] == f"{100 * 104_000 / 3_600_000:.2f}"


def test_rows_that_are_samples_are_counted_by_the_training_that_learned_them(plain, tmp_path):
    made = plain.copied(tmp_path / "sampled")
    made.settings["arms"]["qlora"]["learns"] = "kept"
    for path in sorted((made.study / "adapters").glob("*/*/*/record.json")):
        made.change(path.relative_to(made.root), lambda record: record["found"].update(rows={"train": 7}))
    made.gather()
    entry = made.numbers["econ-qa.training.qlora.tiny-eeve.seed42.rows"]
    assert entry["value"] == 7 and entry["records"][0].endswith("record.json")


def test_a_curve_without_a_loss_is_named(plain, tmp_path):
    made = plain.copied(tmp_path / "broken")
    write_jsonl(made.study / "adapters/tiny-eeve/qlora/seed42/curve.jsonl", [{"step": 5, "epoch": 0.1}])
    with pytest.raises(UserError, match=r"curve.jsonl: holds no loss; remove the folder"):
        made.gather()


def test_a_report_is_made_without_the_adapters_weights(plain, tmp_path):
    """Results that were joined from several machines have none."""
    made = plain.copied(tmp_path / "joined")
    for weights in made.study.glob("adapters/*/*/*/adapter_model.safetensors"):
        weights.unlink()
    made.gather()
    assert (made.root / fake_reports.NUMBERS).read_bytes() == (plain.root / fake_reports.NUMBERS).read_bytes()


def test_a_record_that_does_not_say_what_was_trained_is_named(plain, tmp_path):
    made = plain.copied(tmp_path / "broken")
    made.change(f"{fake_reports.STUDY}/{RECORD}", lambda record: record["found"].pop("trainable_parameters"))
    with pytest.raises(UserError, match=r"tiny-eeve/qlora/seed42/record.json: there is no key 'trainable_parameters'"):
        made.gather()


def test_answers_that_ran_into_the_limit_are_counted(plain, tmp_path):
    made = plain.copied(tmp_path / "cut")
    path = made.root / made.report.answers(("tiny-eeve", "base", 42))
    lines = read_jsonl(path)
    ids = [line["id"] for line in lines if line["split"] == "test"][:7]
    write_jsonl(path, [{**line, "finish_reason": "length" if line["id"] in ids else "stop"} for line in lines])
    numbers = made.gather()
    assert numbers["econ-qa.answered.base.tiny-eeve.test.cut_off"]["value"] == 7
    assert numbers["econ-qa.answered.base.tiny-eeve.test.rows"]["value"] == fake_results.SPLITS["test"]


def test_rows_that_were_not_asked_and_answers_that_are_empty_are_counted(plain, tmp_path):
    made = plain.copied(tmp_path / "short")
    path = made.root / made.report.answers(("tiny-eeve", "qlora", 42))
    lines = read_jsonl(path)
    ids = [line["id"] for line in lines if line["split"] == "test"]
    for line in lines:
        if line["id"] in ids[:4]:
            line |= {"answer": "", "finish_reason": "excluded"}
        elif line["id"] in ids[4:9]:
            line |= {"answer": " ", "finish_reason": "stop"}
        elif line["split"] == "test":
            line |= {"answer": "금리", "finish_reason": "length" if line["id"] == ids[9] else "stop"}
    write_jsonl(path, lines)
    numbers, start = made.gather(), "econ-qa.answered.qlora.tiny-eeve.test"
    found = {what: numbers[f"{start}.{what}"]["value"] for what in ("rows", "asked", "cut_off", "empty")}
    assert found == {"rows": len(ids), "asked": len(ids) - 4, "cut_off": 1, "empty": 5}
    assert numbers[f"{start}.asked"]["n"] == len(ids)


def test_an_ensembles_answer_was_cut_off_where_the_one_that_it_took_was(plain, tmp_path):
    made = plain.copied(tmp_path / "taken")
    path = made.root / made.report.answers(("tiny-eeve", "qlora", 42))
    write_jsonl(path, [{**line, "finish_reason": "length"} for line in read_jsonl(path)])
    lines = read_jsonl(made.root / made.report.answers(("ensemble", "majority", 42)))
    taken = sum(line["chosen"] == "tiny-eeve" for line in lines if line["split"] == "test")
    assert taken > 0
    assert made.gather()["econ-qa.answered.majority.ensemble.test.cut_off"]["value"] == taken
    path.write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="takes the answer of 'tiny-eeve' to the row '.*' of '.*', who gave none"):
        effort.answers(Report(made.settings, made.study))


def test_the_minutes_of_a_study_are_all_seconds_together(plain):
    seconds = [entry["value"] for key, entry in plain.costs.items() if key.endswith(".seconds")]
    assert plain.costs["econ-qa.cost.minutes"]["value"] == pytest.approx(sum(seconds) / 60)


def limited(plain, tmp_path, **trainer):
    """Return a copy whose recipe names its steps, sixty of them, and the numbers and tables of it."""
    made = plain.copied(tmp_path / "limited")
    arm = made.settings["arms"]["qlora"]
    arm["steps_asked"] = 60
    arm["recipe"]["trainer"] |= {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 1, **trainer}
    for path in sorted((made.study / "adapters").glob("*/*/*/record.json")):
        made.change(path.relative_to(made.root), lambda record: record["found"].update(steps=60))
    made.gather()
    made.make_tables()
    return made


def test_steps_that_reach_some_rows_are_told_with_their_share(plain, tmp_path):
    made, start = limited(plain, tmp_path), "econ-qa.training.qlora.tiny-eeve.seed42"
    rows = fake_results.SPLITS["train"]
    assert (made.numbers[f"{start}.rows_seen"]["value"], made.numbers[f"{start}.rows_seen"]["n"]) == (60, rows)
    assert made.numbers[f"{start}.seen_percent"]["text"] == f"{100 * 60 / rows:.1f}"
    note = made.table("training")["notes"][-1]
    assert note.startswith(f"Rows that the steps see: 60 of {rows} (75.0 %) by tiny-gemma2 in arm qlora, tiny-eeve in")


def test_no_more_rows_are_seen_than_there_are_and_of_packs_as_many_as_the_epochs_say(plain, tmp_path):
    start = "econ-qa.training.qlora.tiny-eeve.seed42.rows_seen"
    assert limited(plain, tmp_path / "many", per_device_train_batch_size=16).numbers[start]["value"] == 80
    packed = effort.seen("a", 60, 0.018, 26979, {"packing": True}, ["a"])
    assert (packed["a.rows_seen"]["value"], packed["a.seen_percent"]["text"]) == (486, "1.8")
    assert effort.seen("a", 60, 2.5, 100, {"packing": True}, ["a"])["a.rows_seen"]["value"] == 100


def test_a_recipe_that_goes_by_epochs_says_nothing_of_it(plain):
    assert not [key for key in plain.numbers if key.endswith((".rows_seen", ".seen_percent"))]
