"""The documentation's tables are those of config/speed/."""

import fill_measured
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.speed import tables as measured_tables


def test_every_page_shows_what_is_kept():
    tables = fill_measured.tables_at(ROOT)
    shown = set()
    for page in fill_measured.PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert measured_tables.fill(text, tables, str(page)) == text, "run tools/fill_measured.py"
        shown |= {found[2] for found in measured_tables.BLOCK.finditer(text)}
    assert shown == set(tables)


def test_predictions_of_kept_rehearsals_are_within_their_bounds():
    for line in fill_measured.tables_at(ROOT)["rehearsals"].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert abs(int(cells[3].rstrip("%"))) <= 20 and abs(int(cells[5].rstrip("%"))) <= 10, line


def test_a_table_that_nobody_makes_is_named():
    with pytest.raises(UserError, match="page.md: there is no measured table 'trainig'; known: training"):
        measured_tables.fill("<!-- measured: trainig -->\n<!-- end -->", {"training": ""}, "page.md")
