"""The documentation's tables are those of config/speed/."""

import fill_measured
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import write_json
from kotune.report.kept import kept_at
from kotune.speed import tables as measured_tables


def test_every_page_shows_what_is_kept():
    tables = fill_measured.tables_at(ROOT)
    shown = set()
    for page, text in fill_measured.pages_at(ROOT, kept_at(ROOT)).items():
        assert measured_tables.fill(text, tables, str(page)) == text, "run tools/fill_measured.py"
        shown |= {found[2] for found in measured_tables.BLOCK.finditer(text)}
    optional = {
        name for name in tables if name.startswith("kept-") and "-short" in name
    }  # for a README that wants them
    assert shown | optional == set(tables)


def test_predictions_of_kept_rehearsals_are_within_their_bounds():
    for line in fill_measured.tables_at(ROOT)["rehearsals"].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert abs(int(cells[3].rstrip("%"))) <= 20 and abs(int(cells[5].rstrip("%"))) <= 10, line


def test_a_table_that_nobody_makes_is_named():
    with pytest.raises(UserError, match="page.md: there is no measured table 'trainig'; known: training"):
        measured_tables.fill("<!-- measured: trainig -->\n<!-- end -->", {"training": ""}, "page.md")


def test_the_readme_names_what_fits_and_what_to_change():
    lines = fill_measured.predictions_at(ROOT)["fits"].splitlines()[2:]
    cells = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines}
    assert cells["ko-gemma-2-9b-it"][-1].startswith("`generation.batch_size: ")
    assert cells["qwen2.5-3b-instruct"][-1] == "–"
    assert not {"exaone-3.5-2.4b-instruct", "a.x-4.0-light"} & set(cells), "code of its own, no known shape"
    for name, (_, training, answers, *_) in cells.items():
        assert max(float(training), float(answers)) < 24, name


def test_a_comparison_with_llama_cpp_has_each_programs_own_figures(tmp_path):
    kept = {
        "file": {"name": "model.gguf", "quantisation": "Q4_K_M"},
        "text": {"name": "text.txt"},
        "ids": {"NFC": {"first_difference": None}, "NFD": {"first_difference": 7}},
        "positions": 2048,
        "argmax_equal": 0.9326,
        "logprob_difference": {"mean": 0.0976, "max": 0.7789},
        "perplexity": {"transformers": 17.85, "llama.cpp": 18.02},
    }
    write_json(tmp_path / "kept.json", kept)
    line = measured_tables.agreements([tmp_path / "kept.json"]).splitlines()[2]
    assert "| equal / other | 2,048 | 93.3% | 0.0976 / 0.779 | 17.85 / 18.02 |" in line
