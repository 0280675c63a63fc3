"""How a model was made: base with revision, data with licences, recipe under its libraries' names, hours and card."""

import toy_cards

from kotune.export import card_making


def test_the_base_has_a_revision_a_licence_and_the_precision_of_its_tuning():
    said = "\n".join(card_making.base(toy_cards.facts("full", adapter={"revision": "a" * 40})))
    assert f"`{'a' * 40}`" in said and "| licence | llama3.1 |" in said and "8,030,000,000" in said
    assert "(bnb_4bit_quant_type=nf4, " in said and "load_in_4bit=True), the rest in bfloat16" in said


def test_data_have_licences_and_say_what_was_left_out():
    said = "\n".join(card_making.data(toy_cards.facts("full")))
    assert "`jojo0217/korean_safe_conversation` | apache-2.0" in said
    assert "train 1,000, test 120" in said and "submission" not in said and "empty answer (3)" in said
    assert "Learned: 990 rows. Left out of training: too long (10)." in said


def test_the_recipe_has_the_names_of_peft_and_trl_and_hours_and_card():
    said = "\n".join(card_making.training(toy_cards.facts()))
    assert "1 h 30 min (1.50 h) on 1 × NVIDIA H100 80GB HBM3" in said and "0.500 kWh" in said
    assert "| `lora_alpha` | `16` |" in said and "| `learning_rate` | `0.0002` |" in said and "trl 1.16.0" in said


def test_what_a_record_does_not_know_is_not_there():
    record = toy_cards.record("plain-llama-chat")
    record = {**record, "cost": {"seconds": 3.0, "peak_memory_gib": 0.5}, "found": {}, "commit": None}
    said = "\n".join(card_making.training(toy_cards.facts(record=record)))
    assert "energy" not in said and "final loss" not in said and "None" not in said


def test_a_mixture_shows_the_parts_that_were_learned():
    part = {
        "name": "a",
        "dataset": "mini-safe-chat",
        "rows": 900,
        "tokens": 1200,
        "shares": {"rows": 0.9, "tokens": 0.8},
    }
    mixture = {"parts": [part, {**part, "name": "b", "dataset": "another"}]}
    said = "\n".join(card_making.data(toy_cards.facts(mixture=mixture)))
    assert "| a | `mini-safe-chat` | 900 | 1,200 | 90.0 % | 80.0 % |" in said and "another" not in said


def test_rows_that_are_samples_say_of_how_many_answers_they_are():
    audit = {"answers": 40, "rows": 10, "kept": 7, "excluded": {"score too low": 30}, "reference": {}}
    kept = "\n".join(card_making.data(toy_cards.facts(audit=audit)))
    assert "What is learned are 7 rows, made of 40 answers of a model to 10 rows. Answers left out: score" in kept
    pairs = "\n".join(card_making.data(toy_cards.facts(audit={**audit, "without_pair": {}})))
    assert "What is learned are 7 pairs of a better and a worse one, made of 40 answers" in pairs
