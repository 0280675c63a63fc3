"""The table of published accuracies: counts, the model's own card, tests, our run where it was made, what is confounded."""

import published_kobest as toy

from kotune.report.gather.published import document_of
from kotune.report.tables.published_tasks import table
from kotune.report.tables.quoted import published_table


def made(report, ours=None):
    numbers = toy.gathered(report, ours)
    found = table(report, numbers, document_of(report))
    names = [column.name for column in found.columns]
    return found, [{name: cell.text for name, cell in zip(names, row, strict=True)} for row in found.rows]


def test_fifteen_rows_say_what_was_counted_and_what_the_models_own_card_says():
    found, rows = made(toy.report())
    assert len(rows) == 15 and published_table(toy.report(), toy.gathered(toy.report())) == found
    boolq = next(row for row in rows if row["model"] == toy.BASE and row["task"] == "boolq")
    assert (boolq["right"], boolq["rows"], boolq["published"], boolq["stderr"]) == (
        "1,118",
        "1,404",
        "0.7963",
        "0.0108",
    )
    assert boolq["own_card"] == "0.7984" and boolq["word"] == ""


def test_what_is_confounded_is_flagged_and_the_reason_told():
    found, rows = made(toy.report())
    assert {row["model"] for row in rows if "confounded" in row["model"]} == {f"{toy.ORCA} (confounded)"}
    assert any("wrong RoPE theta" in note for note in found.notes)
    assert any("unpaired" in note for note in found.notes)


def test_the_base_has_no_difference_to_itself_and_others_have_one_in_items():
    _, rows = made(toy.report())
    of = {(row["model"], row["task"]): row for row in rows}
    assert of[toy.AOG, "boolq"]["items"] == "+49" and of[toy.AOG, "boolq"]["word"] == "cannot tell"


def test_our_run_has_columns_where_it_was_made_and_none_where_stand_ins_ran():
    _, rows = made(toy.report(), 0.7984)
    boolq = next(row for row in rows if row["model"] == toy.BASE and row["task"] == "boolq")
    assert (boolq["ours"], boolq["off"], boolq["within"]) == ("0.7984", "+0.0021", "yes")
    _, rows = made(toy.report(toy.BASE), 0.7984)
    assert "ours" not in rows[0]
