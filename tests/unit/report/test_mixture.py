"""A mixture in print: what parts give, what was left out and why, planned and seen shares side by side."""

import mixed_parts
import pytest

from kotune.curation.mixture import mixed
from kotune.printing.figure_style import INK, house_style
from kotune.report import mixture


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    spoken = [*mixed_parts.spoken(10), {"id": "x", "text": "표시 없음"}]
    rows = {"plain": [*mixed_parts.plain(20), mixed_parts.plain(1)[0]], "spoken": spoken}
    parts = mixed_parts.parts(folder, rows)
    return mixed(mixed_parts.settings(folder, rows, parts=[parts[0] | {"weight": 2}, parts[2]]))


def prompts(rows):
    count = rows.height
    table = {"id": rows["id"].to_list(), "prompt_tokens": [10] * count, "completion_tokens": [5] * count}
    table["excluded"] = ["too long"] + [None] * (count - 1)
    return [{"model": "m", "arms": ["tuned", "long"], "parts": ["plain", "spoken"], "table": table}]


def cells(table):
    names = [column.name for column in table.columns]
    return [dict(zip(names, (cell.text for cell in row), strict=True)) for row in table.rows]


def test_the_composition_has_a_row_a_part_and_their_sum(made):
    table = mixture.composition(made[1])
    plain, spoken, whole = cells(table)
    assert (plain["read"], plain["available"], plain["rows"], plain["copies"]) == ("21", "20", "40", "20")
    assert (plain["asked"], plain["rows_share"]) == ("× 2", "80.0")
    assert (spoken["several_turns"], whole["rows"], whole["part"]) == ("10", "50", "all")
    assert any("plain, of whose rows 20 are copies" in note for note in table.notes)


def test_what_was_left_out_is_told_by_reason_and_part(made):
    found = {row["reason"]: row for row in cells(mixture.left_out(made[1]))}
    assert found["no conversation: no mark of a speaker"]["spoken"] == "1"
    assert found["exact duplicate of an earlier row"]["plain"] == "1"


def test_planned_and_seen_shares_stand_side_by_side(made):
    rows, document = made
    seen = mixture.seen(document, prompts(rows), {})
    assert seen[0]["rows"] == {"plain": 39, "spoken": 10} and seen[0]["tokens"]["plain"] == 39 * 15
    first, second = cells(mixture.seen_table(document, seen))
    assert (first["planned"], first["rows"], first["rows_share"]) == ("80.0", "39", "79.6")
    assert (first["arms"], second["arms"]) == ("tuned, long", "")


def test_of_a_redrawn_part_an_epoch_has_its_share(made):
    rows, document = made
    seen = mixture.seen(document, prompts(rows), {"parts": {"spoken": 0.5}})
    assert seen[0]["rows"]["spoken"] == 5


def test_shares_are_among_the_parts_that_an_arm_learns(made):
    rows, document = made
    one = prompts(rows.filter(part="spoken"))[0] | {"parts": ["spoken"]}
    (only,) = cells(mixture.seen_table(document, mixture.seen(document, [one], {})))
    assert (only["part"], only["planned"], only["mixed"], only["rows_share"]) == ("spoken", "100.0", "100.0", "100.0")


def test_the_figure_has_a_bar_for_each_way_of_counting(made):
    rows, document = made
    with house_style():
        axis = mixture.figure(document, mixture.seen(document, prompts(rows), {})).axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        "planned (rows)", "mixture, rows", "mixture, tokens", "seen, rows", "seen, tokens",
    ]  # fmt: skip
    assert {text.get_color() for text in axis.texts} == {"white", INK}, "by the bar that a number stands on"
    with house_style():
        assert len(mixture.figure(document, []).axes[0].get_yticklabels()) == 3
