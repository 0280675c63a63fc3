"""Kept results have a page whose blocks are filled, and a figure; without any there is neither."""

import fill_measured
import kept_results
import pytest

from kotune.core.names import ROOT
from kotune.printing.figure_style import house_style
from kotune.report import kept, kept_page, kept_tables
from kotune.speed.tables import BLOCK, fill


@pytest.fixture(scope="module")
def whole(kept_plain):
    return kept.read(kept_plain)


def test_the_page_has_a_block_for_each_table_and_keeps_what_was_written_by_hand(whole):
    fewer = kept_results.with_fewer_rows(whole)
    page = fill(kept_page.page([fewer]), kept_tables.blocks(fewer), "docs/results.md")
    shown = {found[2] for found in BLOCK.finditer(page)}
    assert shown == {name for name in kept_tables.blocks(fewer) if "-short" not in name}
    by_hand = page + "\nBy hand.\n"
    assert kept_page.page([fewer], by_hand) == by_hand
    assert "### Rows" not in kept_page.page([whole])


def test_nothing_kept_needs_no_page_and_no_block(tmp_path):
    assert not any(name.startswith("kept-") for name in fill_measured.tables_at(ROOT, []))
    if not (ROOT / fill_measured.RESULTS).is_file():
        assert fill_measured.RESULTS not in fill_measured.pages_at(ROOT, [])
    kept_page.save([], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_is_in_the_tables_of_the_pages(whole):
    assert set(kept_tables.blocks(whole)) <= set(fill_measured.tables_at(ROOT, [whole]))
    assert "kept-econ-qa-of-five-arms" in fill_measured.pages_at(ROOT, [whole])[fill_measured.RESULTS]


def test_the_figure_shows_each_arm_and_the_curve_where_there_is_one(whole, tmp_path):
    with house_style():
        arms, curve = kept_page.draw(kept_results.with_fewer_rows(whole)).axes
        (alone,) = kept_page.draw(whole).axes
    labels = [label.get_text() for label in arms.get_yticklabels()]
    assert labels[0] == "base, tiny-gemma2" and labels[-1] == "rows_20, tiny-gemma2" and "oracle" not in str(labels)
    assert [label.get_text() for label in curve.get_xticklabels()] == ["0", "20", "80"]
    assert alone.get_xlabel() == "char-F1 on test"
    kept_page.save([whole], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept-econ-qa-of-five.svg"]
