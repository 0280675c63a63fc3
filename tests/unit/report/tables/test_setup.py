"""The tables on what was done with what: a missing count is named."""

from __future__ import annotations

import fake_reports
import fake_results
import pytest

from kotune.core.errors import UserError


def test_each_split_has_its_rows_and_below_a_line_what_was_left_out(hostile):
    document = hostile.table("data")
    rows = {row[0]["text"]: row[1]["text"] for row in document["rows"]}
    assert {split: rows[split] for split in fake_results.SPLITS} == {
        split: str(count) for split, count in fake_results.SPLITS.items()
    }
    assert rows["left out: duplicate question"] == "3"
    assert document["rules"] == [len(fake_results.SPLITS)]
    assert rows["left out: prompt not usable, by any model"] == "0"


def test_rows_with_several_gold_answers_and_decomposed_hangul_are_noted_where_there_are_any(plain, tmp_path):
    made = plain.copied(tmp_path / "golds")
    made.gather()
    made.make_tables()
    assert not [note for note in made.table("data")["notes"] if "several" in note or "NFD" in note]
    facts = {
        "train": {"several_golds": 1200, "golds": 2500},
        "test": {"several_golds": 2, "golds": 25, "decomposed": 7},
    }
    for split, more in facts.items():
        path = "results/mini/econ-qa/rows/all/audit.json"
        made.change(path, lambda document, split=split, more=more: document["splits"][split].update(more))
    made.gather()
    made.make_tables()
    notes = made.table("data")["notes"]
    assert [note.split(". ")[0] for note in notes if "several" in note] == [
        "Rows with several gold answers: train 1,200, test 2"
    ]
    assert [note for note in notes if note.startswith("Rows with decomposed Hangul (NFD): test 7. It costs tokens (")]


def test_rows_with_personal_data_and_what_was_masked_are_noted_where_there_are_any(plain, tmp_path):
    made = plain.copied(tmp_path / "personal")

    def change(audit):
        audit["splits"]["train"]["personal_data"] = {"telephone": 1200, "card": 3}
        audit["masked"] = {"e_mail": 4}

    made.gather()
    made.make_tables()
    assert not [note for note in made.table("data")["notes"] if "personal data" in note]
    made.change("results/mini/econ-qa/rows/all/audit.json", change)
    made.gather()
    made.make_tables()
    assert [note for note in made.table("data")["notes"] if "personal data" in note] == [
        "Rows with what looks like personal data: train: 3 card, 1,200 telephone.",
        "Rows in which personal data was masked: 4 e_mail.",
    ]


def test_rows_that_were_drawn_are_counted_beside_all(plain, tmp_path):
    made = plain.copied(tmp_path / "drawn")
    path = "results/mini/econ-qa/rows/all/audit.json"
    for split, of in {"train": 4719, "test": 594}.items():
        made.change(path, lambda document, split=split, of=of: document["splits"][split].update(of=of))
    made.gather()
    made.make_tables()
    kept, rows = "Rows that are kept, drawn by seed: ", fake_results.SPLITS
    assert [note for note in made.table("data")["notes"] if note.startswith(kept)] == [
        f"{kept}train {rows['train']} of 4,719, test {rows['test']} of 594."
    ]


def test_prompts_that_cannot_be_used_are_counted_by_split_and_model(plain, tmp_path):
    """Three rows of train are not added to two of test, nor those of one model to another's."""
    made = plain.copied(tmp_path / "long")
    for model, split, count in (("tiny-eeve", "train", 3), ("tiny-eeve", "test", 2), ("tiny-solar", "test", 1)):
        path = f"results/mini/econ-qa/prompts/{model}/all/econ-qa.clean/prompts.json"
        made.change(path, lambda document, split=split, count=count: document["splits"][split].update(excluded=count))
    numbers = made.gather()
    made.make_tables()
    rows = {row[0]["text"]: row[1]["text"] for row in made.table("data")["rows"]}
    assert {title: count for title, count in rows.items() if "not usable" in title} == {
        "left out of train for tiny-eeve: prompt not usable": "3",
        "left out of test for tiny-eeve: prompt not usable": "2",
        "left out of test for tiny-solar: prompt not usable": "1",
    }
    assert (numbers["econ-qa.prompts.short_models"]["value"], numbers["econ-qa.prompts.short_models"]["n"]) == (2, 5)


@pytest.mark.parametrize(
    ("file", "key"),
    [
        (fake_reports.NUMBERS, "econ-qa.data.all.test.rows"),
        (fake_reports.NUMBERS, "econ-qa.training.qlora.tiny-eeve.seed42.steps"),
        (fake_reports.COSTS, "econ-qa.cost.base.tiny-eeve.seed42.answers.seconds"),
    ],
)
def test_a_row_without_its_first_number_is_no_row(plain, tmp_path, file, key):
    made = plain.copied(tmp_path / "copy")
    made.change(file, lambda numbers: numbers.pop(key))
    with pytest.raises(UserError, match=f"there is no number '{key}'"):
        made.make_tables()


def test_a_training_has_one_row_and_a_base_no_cost_of_training(plain):
    trained = plain.table("training")["rows"]
    assert [row[0]["text"] for row in trained] == fake_results.TUNED
    costs = plain.table("costs")
    names = [column["name"] for column in costs["columns"]]
    by_arm = {row[1]["text"]: row[names.index("training.seconds")] for row in costs["rows"]}
    assert by_arm["base"] == {}
    assert by_arm["qlora"]["text"]
    assert "Machine: cpu, 2 cores, 15.6 GiB." in costs["notes"]


def test_the_training_table_says_whose_loss_is_on_the_prompt_too(plain, tmp_path):
    made = plain.copied(tmp_path / "copy")
    assert not any("prompt's tokens" in note for note in plain.table("training")["notes"])
    made.settings["arms"]["qlora"]["recipe"]["loss"] = "all"
    made.make_tables()
    assert made.table("training")["notes"][1] == "Of qlora the prompt's tokens are in the loss, too."


def test_the_training_table_says_whose_steps_a_budget_chose_and_who_learns_pairs(plain, tmp_path):
    made = plain.copied(tmp_path / "copy")
    made.settings["arms"]["qlora"]["recipe"]["budget"] = {"loss_tokens": 60000}
    made.settings["preferences"] = ["qlora"]
    made.make_tables()
    assert made.table("training")["notes"][1:3] == [
        "Of qlora rows are pairs, and the tokens of both answers are in the loss.",
        "Of qlora the steps were chosen for 60,000 tokens in the loss, within 1 %.",
    ]
