"""The table of rehearsals: what was measured first, then what is predicted for every other card."""

import copy

import pytest
from rehearsed import document, measured

from kotune.printing.table_files import to_csv, to_markdown
from kotune.rehearsal.table import summary, table_of


@pytest.fixture(scope="module")
def tuned():
    return document()


def test_the_table_has_the_measured_card_first_and_every_other_predicted(tuned):
    table = table_of([tuned, tuned])
    cards = [card["card"] for card in tuned["predicted"]]
    assert [row[2].text for row in table.rows] == ["cpu", *cards] * 2
    assert table.rules == {len(cards) + 1}
    assert [row[3].text for row in table.rows[:2]] == ["measured, shrunken shape", "predicted"]
    assert "assumed" in to_markdown(table) and "6 x weights of LoRA" in to_markdown(table)
    assert to_csv(table).startswith("model,arm,card,basis,fits,training.gib,training.tokens_per_second")


def test_the_summary_says_what_does_not_fit(tuned):
    assert "1 of 1 fit" in summary([tuned], [2])[0] and "with 2 seeds" in summary([tuned], [2])[0]
    full = copy.deepcopy(tuned)
    full["measured"] |= {"training": {"fits": False}, "fits": False}
    full["change"] = "trainer.gradient_checkpointing: true"
    lines = summary([tuned, full], [1, 1])
    assert "1 of 2 fit" in lines[0] and lines[1].endswith("does not fit: trainer.gradient_checkpointing: true")
    assert table_of([full]).rows[0][4].text == "no"


def test_hours_and_energy_are_those_of_the_full_run_for_each_seed(tuned):
    hours = tuned["measured"]["training"]["hours"] + tuned["measured"]["answers"]["hours"]
    watt_hours = tuned["measured"]["training"]["wh"] + tuned["measured"]["answers"]["wh"]
    assert f"{hours:,.1f} h, {watt_hours:,.0f} Wh with 1 seed;" in summary([tuned], [1])[0]
    assert f"{2 * hours:,.1f} h, {2 * watt_hours:,.0f} Wh with 2 seeds" in summary([tuned], [2])[0]
    assert f"{3 * hours:,.1f} h" in summary([tuned, tuned], [2, 1])[0], "an arm may have fewer seeds than another"
    unknown = document(found=measured(joules=None))
    assert "Wh" not in summary([unknown], [1])[0]
