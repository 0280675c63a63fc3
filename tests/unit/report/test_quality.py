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


def test_f1s_by_a_second_source_stand_below_with_what_the_first_labels_have():
    one = DOCUMENT["validation"] | {"kind": "labels", "source": "b.csv", "rows": 7}
    between = {"rows": 4, "binary_f1": 0.8, "macro_f1": 0.25}
    known = {key: value for key, value in one.items() if key != "macro_f1"} | {"kind": "truth", "source": "noise"}
    table = filter_table({**DOCUMENT, "second": [one | {"between": between}, known]}, PUBLISHED)
    named = dict(zip(cells(table, "what"), cells(table, "ours"), strict=True))
    assert named["binary F1 at 3, by b.csv"] == named["binary F1 at 3, by noise"] == "1.000"
    assert (named["macro-F1, by b.csv"], named["macro-F1 of the first labels, by b.csv"]) == ("0.500", "0.250")
    assert "macro-F1, by noise" not in named
    assert any(note.startswith("By noise: the held-out rows again") for note in table.notes)


def test_without_anything_published_the_column_is_empty():
    assert set(cells(filter_table(DOCUMENT, {}), "published")) == {""}


def test_rules_are_counted_and_topics_the_largest_first():
    table = rules_table(DOCUMENT)
    assert cells(table, "what")[-2:] == ["topic: b", "topic: a"]
    assert cells(table, "share")[-2:] == ["80.0", "20.0"]
    assert "99.83 %" in table.notes[0]
    bare = rules_table({**DOCUMENT, "features": {"near_duplicate": 2}})
    assert not any("mccabe" in note for note in bare.notes)


def test_how_topics_were_evened_is_said_below():
    lengths = {side: {"mean": 10.25, "median": 9} for side in ("asked", "learned")}
    evened = {"share": 0.5, "left_out": 2, "before": {"rows": {"a": 3, "b": 1}, "largest": 0.75, "even": 1.75},
              "after": {"rows": {"a": 1, "b": 1}, "largest": 0.5, "even": 2.0}}  # fmt: skip
    told = {"of_rows": 4, "kept": 2, "added": 0, "found": {"rated below 3": 0}, "lengths": lengths, "topics": evened}
    table = chosen_table({"even": {"chosen": told}}, {})
    assert any("2 rows were left out for it, by lot. The largest topic had 75.0 % and has 50.0 %" in note
               for note in table.notes)  # fmt: skip


def test_what_is_chosen_stands_with_its_lengths_and_what_was_published_below():
    lengths = {side: {"mean": 10.25, "median": 9} for side in ("asked", "learned")}
    told = {"of_rows": 50, "kept": 8, "added": 2, "found": {}, "lengths": lengths}
    table = chosen_table({"lima": {"chosen": told | {"by": "deita", "rows": 8}}, "more": {"chosen": told}}, PUBLISHED)
    assert cells(table, "by") == ["deita", "all", "random"]
    assert cells(table, "rows") == ["10", "10", "10"]
    assert cells(table, "learned_median")[:2] == ["9.0", "9.0"]
    assert cells(table, "mt_bench") == ["", "", "5.50"]
    assert any(note.startswith("deita: the highest product") for note in table.notes)
