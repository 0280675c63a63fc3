"""A table's files: raw values in CSV, intervals and groups in print, keys in HTML and JSON, hostile text in none."""

from __future__ import annotations

import csv
import io

from kotune.core.storage import read_json
from kotune.printing.numbers import Numbers
from kotune.printing.table import Column, build, shown, text
from kotune.printing.table_files import WRITERS, to_csv, to_document, to_html, to_latex, to_markdown, write_table

NUMBERS = Numbers(
    {
        "s.a": {"value": 0.25, "text": "0.250", "low": -0.1, "high": 0.5, "low_text": "-0.100", "high_text": "0.500"},
        "s.b": {"value": 12345, "text": "12,345"},
    },
    "numbers.json",
)


def table(strong: bool = False):
    columns = [Column("who", "who"), Column("a", "mean", "interval", "group"), Column("b", "rows", "count", "group")]
    numbers = {"a": shown(NUMBERS, "s.a", columns[1], strong), "b": shown(NUMBERS, "s.b", columns[2])}
    return build("t", "A title", columns, [[{"who": text('x,"y"\nz'), **numbers}]], ["A note."])


def test_csv_holds_raw_values_with_the_ends_of_intervals():
    rows = list(csv.reader(io.StringIO(to_csv(table()))))
    assert rows == [["who", "a", "a_low", "a_high", "b"], ['x,"y"\nz', "0.25", "-0.1", "0.5", "12345"]]


def test_markdown_and_latex_print_numbers_with_their_intervals():
    assert "| group: mean | group: rows |" in to_markdown(table())
    assert "**0.250** [-0.100, 0.500] | 12,345 |" in to_markdown(table(strong=True))
    latex = to_latex(table(strong=True))
    assert r"\multicolumn{2}{c}{group}" in latex
    assert r"\cmidrule(lr){2-3}" in latex
    assert r"\textbf{0.250} {\scriptsize [$-$0.100, 0.500]} & 12,345 \\" in latex


def test_html_shows_where_a_number_comes_from():
    page = to_html(table(strong=True))
    assert '<th class="span" colspan="2">group</th>' in page
    assert '<td title="s.a"><strong>0.250</strong><small>[-0.100, 0.500]</small></td>' in page


def test_the_document_keeps_line_breaks_and_spells_out_the_rest():
    document = to_document(build("t", "", [Column("a", "a")], [[{"a": text("한 줄\n두 줄\x1b")}]]))
    assert document["rows"][0][0]["text"] == "한 줄\n두 줄\\x1b"


def test_a_line_between_sections_is_drawn_where_a_format_can():
    parted = build("t", "", [Column("a", "a")], [[{"a": text("1")}], [{"a": text("2")}]])
    assert to_latex(parted).count(r"\midrule") == 2
    assert '<tr class="rule"><td class="text">2</td></tr>' in to_html(parted)
    assert to_document(parted)["rules"] == [1]


def test_a_long_text_stands_in_csv_and_json_alone():
    columns = [Column("a", "a"), Column("article", "article", printed=False)]
    made = build("t", "", columns, [[{"a": text("1"), "article": text("긴 기사")}]])
    assert "긴 기사" in to_csv(made)
    assert to_document(made)["rows"][0][1] == {"text": "긴 기사"}
    assert not any("긴 기사" in write(made) for write in (to_markdown, to_html, to_latex))


def test_a_table_is_written_in_every_format(tmp_path):
    write_table(tmp_path / "tables", table())
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {f"t.{ending}" for ending in WRITERS}
    assert read_json(tmp_path / "tables/t.json")["title"] == "A title"
