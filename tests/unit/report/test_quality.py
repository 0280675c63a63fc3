"""Tables of ratings: how far they may be believed, what rules find, what is chosen, beside what was published."""

from rated_lines import DOCUMENT, PUBLISHED

from kotune.report.quality import chosen_table, filter_table, rules_table


def cells(table, column):
    place = [one.name for one in table.columns].index(column)
    return [row[place].text for row in table.rows]


def test_both_f1s_stand_by_name_and_shares_beside_what_was_published():
    table = filter_table(DOCUMENT, PUBLISHED)
    assert cells(table, "what")[:2] == ["binary F1 at 3", "macro-F1 over the classes 0 to 5"]
    assert cells(table, "ours") == ["1.000", "0.500", "0.667", "0.200", "0.400", "0.600"]
    assert cells(table, "published") == ["", "", "", "", "0.92", ""]
    assert (table.rows[0][2].low, table.rows[0][2].high) == (0.5, 1.0)
    assert "learned 3 labels of 5; 2 others" in table.notes[0]


def test_without_anything_published_the_column_is_empty():
    assert set(cells(filter_table(DOCUMENT, {}), "published")) == {""}


def test_rules_are_counted_and_topics_the_largest_first():
    table = rules_table(DOCUMENT)
    assert cells(table, "what")[-2:] == ["topic: b", "topic: a"]
    assert cells(table, "share")[-2:] == ["80.0", "20.0"]
    assert "99.83 %" in table.notes[0]
    bare = rules_table({**DOCUMENT, "features": {"near_duplicate": 2}})
    assert not any("mccabe" in note for note in bare.notes)


def test_what_is_chosen_stands_with_its_lengths_and_what_was_published_below():
    lengths = {side: {"mean": 10.25, "median": 9} for side in ("asked", "learned")}
    told = {"of_rows": 50, "kept": 8, "added": 2, "found": {}, "lengths": lengths}
    table = chosen_table({"lima": {"chosen": told | {"by": "deita", "rows": 8}}, "more": {"chosen": told}}, PUBLISHED)
    assert cells(table, "by") == ["deita", "all", "random"]
    assert cells(table, "rows") == ["10", "10", "10"]
    assert cells(table, "learned_median")[:2] == ["9.0", "9.0"]
    assert cells(table, "mt_bench") == ["", "", "5.50"]
    assert any(note.startswith("deita: the highest product") for note in table.notes)
