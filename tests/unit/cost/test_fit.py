"""Whether a tuning fits a card, and the smallest change that makes it fit."""

from dataclasses import replace

import pytest
from measured_card import CARD, CARDS, CONSTANTS, LLAMA, PLAN, ROWS
from rehearsed import shrunken

from kotune.cost import fit


def job(plan=PLAN, **changes):
    given = {"tuned": True, "row_count": 1000, "prompt_count": 100, "new_tokens": 64, "batch": 16} | changes
    return fit.Job(shape=LLAMA, plan=plan, rows=ROWS, prompts=[prompt for prompt, _ in ROWS], **given)


def test_what_fits_needs_no_change():
    said = fit.predicted(job(), CARD, CONSTANTS)
    assert said["fits"] and said["change"] == ""
    assert said["training"]["hours"] == pytest.approx(1000 / said["training"]["rows_per_second"] / 3600)


@pytest.mark.parametrize(
    ("card", "plan", "change"),
    [
        ("A100 40 GB", {"checkpointing": False}, "trainer.gradient_checkpointing: true"),
        (
            "T4 16 GB",
            {"batch": 16, "accumulation": 1},
            "per_device_train_batch_size: 8, gradient_accumulation_steps: 2",
        ),
        ("T4 16 GB", {"four_bit": False, "adapter_bytes": 4, "batch": 8}, "trainer.per_device_train_batch_size: 4"),
    ],
)
def test_what_does_not_fit_is_told_the_smallest_change(card, plan, change):
    asked = job(replace(PLAN, **plan))
    said = fit.predicted(asked, CARDS[card], CONSTANTS)
    assert not said["fits"] and change in said["change"]


def test_what_can_never_fit_is_told_so():
    tiny = replace(CARDS["T4 16 GB"], gib=2.0)
    assert "a smaller model" in fit.advice(job(), tiny, CONSTANTS)


def test_a_card_without_bfloat16_is_told_to_take_float16():
    assert "float16 for bfloat16" in fit.advice(job(batch=1), CARDS["T4 16 GB"], CONSTANTS)


def test_the_change_that_is_advised_makes_it_fit():
    asked, card = job(replace(PLAN, batch=16, accumulation=1)), CARDS["T4 16 GB"]
    assert "per_device_train_batch_size: 8" in fit.advice(asked, card, CONSTANTS)
    assert fit.predicted(job(replace(PLAN, batch=8, accumulation=2)), card, CONSTANTS)["training"]["fits"]


def test_answering_that_does_not_fit_is_told_a_smaller_batch():
    advised = fit.advice(job(tuned=False, batch=512), CARDS["T4 16 GB"], CONSTANTS)
    assert "generation.batch_size: " in advised and "trainer" not in advised
    batch = int(advised.rpartition("generation.batch_size: ")[2])
    assert fit.predicted(job(tuned=False, batch=batch), CARDS["T4 16 GB"], CONSTANTS)["answers"]["fits"]
    tiny = replace(CARDS["T4 16 GB"], gib=2.0)
    assert "not even one prompt at a time" in fit.advice(job(tuned=False), tiny, CONSTANTS)


def test_a_base_trains_nothing():
    said = fit.predicted(job(tuned=False), CARD, CONSTANTS)
    assert said["training"] is None and said["fits"] and said["answers"]["hours"] > 0


def test_a_loss_on_all_tokens_is_predicted_and_rehearsed_as_rows_that_are_learned_whole():
    settings = shrunken("llama-3.2-3b-instruct", "qlora")
    plain = fit.job_of(settings, None, None)
    settings["recipe"]["loss"] = "all"
    whole = fit.job_of(settings, None, None)
    assert [sum(row) for row in whole.rows] == [sum(row) for row in plain.rows]
    assert {prompt for prompt, _ in whole.rows} == {0} and whole.prompts == plain.prompts


def test_steps_decide_how_many_rows_are_learned_where_a_recipe_names_them():
    whole = job(row_count=26979)
    assert whole.rows_learned == 26979 * PLAN.epochs
    few = replace(PLAN, batch=2, accumulation=4, max_steps=60)
    assert job(few, row_count=26979).rows_learned == 480
    packed = job(replace(few, max_length=2048), row_count=26979)
    assert packed.rows_learned == pytest.approx(480 * 2048 / (sum(map(sum, packed.rows)) / len(packed.rows)))


def test_a_budget_decides_how_many_rows_are_learned():
    plan = replace(PLAN, loss_tokens=60_000, max_steps=7)
    asked = job(plan, row_count=26979)
    mean = sum(answer for _, answer in asked.rows) / len(asked.rows)
    assert asked.rows_learned == pytest.approx(60_000 / mean)


REWARDED = {"samples": 8, "drawn": 256, "looks": 1}


def test_drawn_answers_are_learned_once_each_and_take_the_time_of_answering_besides():
    drawing = job(replace(PLAN, max_steps=100, batch=32, accumulation=2, **REWARDED))
    assert drawing.rows_learned == 6400
    learned = fit.model.training(drawing.shape, drawing.plan, drawing.rows, CARD, CONSTANTS)
    said = fit.predicted(drawing, CARD, CONSTANTS)["training"]
    answers = fit.engine_costs.answering(drawing.shape, drawing.plan, drawing.prompts, 256, 64, CARD, CONSTANTS)
    slower = 1 / learned["rows_per_second"] + 1 / answers["prompts_per_second"]
    assert said["rows_per_second"] == pytest.approx(1 / slower)
    assert said["gib"] == max(learned["gib"], answers["gib"])
    epochs = job(replace(PLAN, epochs=2, max_steps=-1, **REWARDED), row_count=30)
    assert epochs.rows_learned == 30 * 2 * 8


def test_a_pair_is_two_sequences_and_its_reference_reads_both():
    pairs = job(replace(PLAN, epochs=1, max_steps=-1, sides=2, looks=1, all_logits=True), row_count=500)
    assert pairs.rows_learned == 1000
    plain = job(replace(PLAN, epochs=1, max_steps=-1), row_count=500)
    said, alone = (fit.predicted(one, CARD, CONSTANTS)["training"] for one in (pairs, plain))
    assert said["hours"] > 2 * alone["hours"]
    assert said["gib"] > alone["gib"] and said["gib_parts"]["reference"] > 0


def test_samples_and_other_evaluations_take_the_time_of_their_answers():
    once, sampled = job(), job(samples=10, others=50.0)
    assert (once.answer_count, sampled.answer_count) == (100, 1050)
    hours = [fit.predicted(one, CARD, CONSTANTS)["answers"]["hours"] for one in (once, sampled)]
    assert hours[1] == pytest.approx(10.5 * hours[0])
    settings = shrunken("llama-3.2-3b-instruct", "base")
    settings["generation"] |= {"samples": 4, "do_sample": True}
    asked = fit.job_of(settings | {"others": [{"rows": 20, "samples": 8, "new_tokens": 12}]}, None, None)
    assert (asked.samples, asked.others) == (4, 20 * 8 * 2)
