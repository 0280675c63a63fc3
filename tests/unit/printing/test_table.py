"""Tables: hostile text stays text in every format, each number traces to its key, equal inputs give equal bytes."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import fake_results
import gather_numbers
import make_tables
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import read_json, write_json
from kotune.printing.escaping import csv_text, html_text, latex_text, markdown_text, visible
from kotune.printing.numbers import Numbers
from kotune.printing.table import Column, build, shown, shown_below, text, with_best
from kotune.printing.table_files import to_csv, to_document, to_html, to_latex, to_markdown
from kotune.report.inputs import tables_inputs
from kotune.report.view import TABLE_ENDINGS, TABLES, Report

STUDY = "results/mini/econ-qa"
NUMBERS = Numbers(
    {
        "s.a": {"value": 0.25, "text": "0.250", "low": -0.1, "high": 0.5, "low_text": "-0.100", "high_text": "0.500"},
        "s.b": {"value": 12345, "text": "12,345"},
    },
    "numbers.json",
)


def run(root: Path, settings: dict, monkeypatch) -> Path:
    monkeypatch.chdir(root)
    files = ["--numbers", "results/mini/numbers.json", "--costs", "results/mini/costs.json"]
    if not Path("results/mini/numbers.json").exists():
        gather_numbers.main(["--study-dir", STUDY, "--settings", json.dumps([settings]), *files])
    make_tables.main(
        ["--study-dir", STUDY, "--settings", json.dumps(settings), *files, "--output-dir", f"{STUDY}/tables"]
    )
    return root / STUDY / "tables"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """All tables of a study whose wrong answers are full of markup."""
    root = tmp_path_factory.mktemp("results")
    settings, _ = fake_results.make(root, hostile=True)
    with pytest.MonkeyPatch.context() as patch:
        return root, settings, run(root, settings, patch)


@pytest.mark.parametrize(
    ("hostile", "markdown", "latex"),
    [
        ("a|b", r"a\|b", r"a\textbar{}b"),
        ("<script>", "&lt;script&gt;", r"\textless{}script\textgreater{}"),
        ("*a* _b_ `c`", r"\*a\* \_b\_ \`c\`", r"{*}a{*} \_b\_ \textasciigrave{}c\textasciigrave{}"),
        (r"\input{x}", r"\\input{x}", r"\textbackslash{}input\{x\}"),
        ("$x^2$ & 50% #1", r"\$x^2\$ &amp; 50% #1", r"\$x\textasciicircum{}2\$ \& 50\% \#1"),
        ("[a](http://x)", r"\[a\](http://x)", "{[}a{]}(http://x)"),
        ("줄\n바꿈", r"줄\\n바꿈", r"줄\textbackslash{}n바꿈"),
        ("---", "---", "-{}-{}-"),
    ],
)
def test_hostile_text_is_escaped(hostile, markdown, latex):
    assert markdown_text(hostile) == markdown
    assert latex_text(hostile) == latex


def test_hostile_text_is_no_element_and_ends_no_attribute():
    assert html_text('<img src=x onerror="a()">&\n') == "&lt;img src=x onerror=&quot;a()&quot;&gt;&amp;\\n"


def test_characters_that_cannot_be_seen_are_spelt_out():
    assert visible("한글 ㈜ é") == "한글 ㈜ é"
    assert visible("a\x00b\x1b[31m\u202e\u200b") == r"a\x00b\x1b[31m\u202e\u200b"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-3.5%", "-3.5%"),
        ("+1,200", "+1,200"),
        ("3조2000억원", "3조2000억원"),
        ("a\x1b[31mb\n", "a\\x1b[31mb\n"),
    ],
)
def test_a_spreadsheet_and_a_terminal_find_nothing_to_run(value, cell):
    assert csv_text(value) == cell


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


def test_the_best_of_a_column_is_strong_and_ties_are_by_what_is_printed():
    entries = {
        str(place): {"value": value, "text": f"{value:.3f}"} for place, value in enumerate((0.5, 0.9001, 0.9002))
    }
    column = Column("a", "a", "number")
    rows = [{"a": shown(Numbers(entries, ""), key, column)} for key in entries]
    assert [row["a"].strong for row in with_best(rows, ["a"])] == [False, True, True]
    assert not any(row["a"].strong for row in with_best(rows[1:], ["a"])), "where all are alike none is the best"


def test_a_missing_number_fails_with_its_key(made, tmp_path, monkeypatch):
    root = tmp_path / "copy"
    shutil.copytree(made[0], root)
    path = root / "results/mini/numbers.json"
    numbers = read_json(path)
    del numbers["econ-qa.base.tiny-eeve.test.char_f1"]
    write_json(path, numbers)
    with pytest.raises(UserError, match=r"numbers.json: there is no number 'econ-qa.base.tiny-eeve.test.char_f1'"):
        run(root, made[1], monkeypatch)


def test_every_table_is_there_in_every_format(made):
    wanted = {f"{name}.{ending}" for name in TABLES for ending in TABLE_ENDINGS}
    assert {path.name for path in made[2].iterdir()} == wanted


def test_every_cell_with_a_number_traces_to_its_records(made):
    root, _, folder = made
    known = read_json(root / "results/mini/numbers.json") | read_json(root / "results/mini/costs.json")
    cells = 0
    for name in TABLES:
        document = read_json(folder / f"{name}.json")
        for row in document["rows"]:
            for column, cell in zip(document["columns"], row, strict=True):
                if column["kind"] != "text" and cell:
                    assert known[cell["key"]]["records"], (name, cell)
                    cells += 1
    assert cells > 500


def test_the_oracle_is_marked_as_upper_bound_and_never_best(made):
    document = read_json(made[2] / "ensembles.json")
    oracles = [row for row in document["rows"] if row[1]["text"] == "oracle (upper bound)"]
    assert len(oracles) == 2
    assert not any(cell.get("strong") for row in oracles for cell in row)
    assert document["rows"][0][1]["text"].startswith("best member: ")


def test_stand_ins_are_never_named_after_what_they_stand_for(made):
    document = read_json(made[2] / "models.json")
    assert [row[0]["text"] for row in document["rows"]] == list(fake_results.MODELS)
    assert document["columns"][-1]["title"] == "stands for at full scale"
    assert "no result here is about" in document["notes"][0]


def test_published_scores_stand_beside_ours_with_a_warning(made):
    document = read_json(made[2] / "published.json")
    assert "not said which split" in document["notes"][0]
    row = next(row for row in document["rows"] if row[1]["text"] == "rtzr/ko-gemma-2-9b-it")
    assert (row[2]["text"], row[3]["text"]) == ("74.6", "tiny-gemma2")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The tables of a study whose models are themselves, on a user's rows, with answers that marks cut."""
    root = tmp_path_factory.mktemp("real")
    settings, _ = fake_results.make(root, own=True)
    with pytest.MonkeyPatch.context() as patch:
        return root, settings, run(root, settings, patch)


def test_beside_real_models_published_scores_have_a_difference_and_our_interval(real):
    document = read_json(real[2] / "published.json")
    numbers = read_json(real[0] / "results/mini/numbers.json")
    assert [column["name"] for column in document["columns"]][4:6] == ["ours", "difference"]
    row = next(row for row in document["rows"] if row[1]["text"] == "rtzr/ko-gemma-2-9b-it")
    ours = numbers["econ-qa.base.tiny-gemma2.test.char_f1"]
    assert (row[2]["text"], row[3]["text"]) == ("74.6", "tiny-gemma2")
    assert row[4]["text"] == f"{100 * ours['value']:.1f}"
    assert (row[4]["low_text"], row[4]["high_text"]) == (f"{100 * ours['low']:.1f}", f"{100 * ours['high']:.1f}")
    assert row[5]["text"] == f"{100 * ours['value'] - 74.6:+.1f}"
    assert not any(cell.get("text") for cell in document["rows"][2][3:6]), (
        "a model that is not ours has nothing beside it"
    )
    votes = next(row for row in document["rows"] if row[1]["text"] == "members agree 3:0:0")
    here = numbers["econ-qa.votes.submission.3:0:0.share"]
    assert (votes[4]["text"], here["n"]) == (here["text"], fake_results.SUBMITTED)
    rows = next(row for row in document["rows"] if row[1]["text"] == "rows of train.csv")
    assert (rows[2]["text"], rows[4]["text"]) == ("33,716", str(sum(fake_results.SPLITS.values())))


def test_the_notes_say_how_the_splits_differ(real, tmp_path, monkeypatch):
    notes = " ".join(read_json(real[2] / "published.json")["notes"])
    assert "measured on rows that are not named, ours on test, rows of dacon-236291" in notes
    assert "the splits differ" in notes
    assert "1,507 test questions (test.csv), ours of submission, the same rows" in notes
    root = tmp_path / "other"
    shutil.copytree(real[0], root, ignore=shutil.ignore_patterns("tables"))
    settings = real[1] | {"dataset": real[1]["dataset"] | {"name": "mine"}}
    notes = " ".join(read_json(run(root, settings, monkeypatch) / "published.json")["notes"])
    assert "mine is not the data that the published numbers are of" in notes
    assert "ours of submission, other rows" in notes


def test_stand_ins_have_no_difference_to_what_was_published(made):
    document = read_json(made[2] / "published.json")
    assert "difference" not in [column["name"] for column in document["columns"]]
    assert not [key for key in read_json(made[0] / "results/mini/numbers.json") if "published" in key and "diff" in key]


def test_facts_that_nobody_confirmed_carry_a_dagger(real, made):
    document = read_json(real[2] / "models.json")
    gemma, *_, qwen, _ = document["rows"]
    assert (gemma[3]["text"], gemma[6]["text"]) == ("9.24 B†", "gemma†")
    assert not [cell for cell in qwen if cell.get("text", "").endswith("†")]
    assert "tiny-gemma2: licence, parameters; of tiny-qwen2: popularity.date" in document["notes"][0]
    assert next(csv.DictReader(io.StringIO((real[2] / "models.csv").read_text("utf-8"))))["licence"] == "gemma†"
    assert "†" not in (made[2] / "models.json").read_text(encoding="utf-8")


def test_marks_are_listed_with_what_they_did(real, made):
    document = read_json(real[2] / "cleanup.json")
    marks = [row[4]["text"] for row in document["rows"]]
    assert marks == ["Con", "line break", "all marks", "line break", "all marks"] * 2
    first = document["rows"][2]
    assert float(first[10]["text"]) - float(first[9]["text"]) == pytest.approx(float(first[8]["text"]), abs=0.0011)
    none = read_json(made[2] / "cleanup.json")
    assert (none["rows"], none["notes"]) == ([], ["No answer was cut: the prompts have no clean-up marks."])


def test_markup_in_answers_stays_text_in_every_format(made):
    markdown, latex = ((made[2] / f"examples.{ending}").read_text(encoding="utf-8") for ending in ("md", "tex"))
    assert "<script>" not in markdown
    assert "&lt;script&gt;" in markdown
    page = (made[2] / "examples.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert r"\input{/" not in latex
    assert "\\{중괄호\\}" in latex
    assert "\x1b" not in (made[2] / "examples.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO((made[2] / "examples.csv").read_text(encoding="utf-8")))
    assert not any(row["answer"].startswith("=") for row in rows)
    widths = {line.count("|") - line.count(r"\|") for line in markdown.split("\n") if line.startswith("|")}
    assert len(widths) == 1


def test_examples_are_the_rows_that_their_rules_name(made):
    document = read_json(made[2] / "examples.json")
    rules = [row[0]["text"] for row in document["rows"] if row[0].get("text")]
    assert len(rules) == 8
    group = next(n for n, row in enumerate(document["rows"]) if row[0].get("text", "").startswith("largest gain"))
    base, tuned = (float(document["rows"][group + n][8]["text"]) for n in (0, 1))
    assert tuned - base > 0.5


def test_equal_inputs_give_equal_bytes(made, tmp_path, monkeypatch):
    root, settings, folder = made
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    copy = tmp_path / "elsewhere"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("tables"))
    assert {path.name: path.read_bytes() for path in run(copy, settings, monkeypatch).iterdir()} == before


def test_nothing_but_the_declared_inputs_is_read(made, tmp_path, monkeypatch):
    root, settings, _ = made
    monkeypatch.chdir(root)
    paths = tables_inputs(Report(settings, Path(STUDY)))
    for path in [*paths, "results/mini/numbers.json", "results/mini/costs.json"]:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    assert len(list(run(tmp_path, settings, monkeypatch).iterdir())) == len(TABLES) * len(TABLE_ENDINGS)


def test_a_row_with_a_column_that_the_table_has_not_is_a_fault():
    with pytest.raises(ValueError, match="table t: there is no column 'losss'; did you mean 'loss'"):
        build("t", "", [Column("loss", "loss")], [[{"losss": text("1")}]])


def test_what_a_row_leaves_out_is_empty_and_sections_have_lines_between_them():
    columns = [Column("a", "a"), Column("b", "b")]
    found = build("t", "", columns, [[], [{"b": text("1")}, {}], [], [{"b": text("2"), "a": text("3")}], []])
    assert [[cell.text for cell in row] for row in found.rows] == [["", "1"], ["", ""], ["3", "2"]]
    assert found.rules == {2}


def test_numbers_are_found_below_a_key_and_only_required_ones_are_missed():
    columns = [Column("who", "who"), Column("a", "a", "interval"), Column("c", "c", "number")]
    assert {name: cell.key for name, cell in shown_below(NUMBERS, columns, "s").items()} == {"a": "s.a"}
    with pytest.raises(UserError, match="there is no number 's.c'"):
        shown_below(NUMBERS, columns, "s", required=["c"])


def test_the_document_keeps_line_breaks_and_spells_out_the_rest():
    document = to_document(build("t", "", [Column("a", "a")], [[{"a": text("한 줄\n두 줄\x1b")}]]))
    assert document["rows"][0][0]["text"] == "한 줄\n두 줄\\x1b"
