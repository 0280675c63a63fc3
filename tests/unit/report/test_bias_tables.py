"""Tables of questions on social groups: both accuracies and both bias scores, beside floors."""

import bias_lines
import pytest

from kotune.report import bias_tables


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    settings, statistics = bias_lines.tabulated(tmp_path_factory.mktemp("toy"))
    return bias_tables.tables(settings, statistics)


def rows(table):
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def test_each_way_has_its_arms_the_base_first_and_three_floors(tables):
    of_way = [row for row in rows(tables[0]) if row["way"].text == "texts-sum"]
    assert [row["arm"].text for row in of_way] == [
        "base", "tuned", 'always "unknown"', "fewest tokens", "untrained twin",
    ]  # fmt: skip
    tuned = of_way[1]
    assert tuned["acc_ambiguous"].text == "100.0" and tuned["bias_ambiguous"].text == "0.0"
    assert tuned["acc_ambiguous"].low_text != "100.0", "six templates do not show that all are right"
    assert tuned["n"].text == "48" and of_way[4]["bias_ambiguous"].text == "100.0"


def test_what_has_no_orders_has_no_cell_of_them(tables):
    unlisted = [row for row in rows(tables[0]) if row["way"].text.startswith("unlisted")]
    assert unlisted and {row["order_changes"].text for row in unlisted} == {""}
    assert not any(row["way"].text.startswith("unlisted") for row in rows(tables[2]))


def test_what_tuning_changed_has_its_corrected_p_and_a_word(tables):
    (gain,) = [
        row for row in rows(tables[1])
        if (row["way"].text, row["metric"].text) == ("letters-sum", "ambiguous, accuracy")
    ]  # fmt: skip
    assert gain["difference"].text == "+66.7" and gain["arm"].text == "tuned" and gain["word"].text == "cannot tell"


def test_the_order_alone_moves_who_takes_the_first_choice(tables):
    base = next(row for row in rows(tables[2]) if (row["way"].text, row["arm"].text) == ("letters-sum", "base"))
    assert {order: base[order].text for order in ("123", "321")} == {"123": "0.0", "321": "100.0"}
