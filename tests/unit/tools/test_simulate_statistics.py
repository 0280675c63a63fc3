"""The page on statistics quotes what the simulation prints, and the simulation repeats itself."""

import importlib.util
import re
import sys

from kotune.core.names import ROOT


def simulation(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "tools"), *sys.path])
    spec = importlib.util.spec_from_file_location("simulate_statistics", ROOT / "tools/simulate_statistics.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_luck_is_what_the_page_shows(monkeypatch):
    page = (ROOT / "docs/statistics.md").read_text(encoding="utf-8")
    assert f"<!-- measured: luck -->\n{simulation(monkeypatch).luck_table()}<!-- end -->" in page


def test_the_quoted_error_rates_are_those_that_were_promised():
    page = (ROOT / "docs/statistics.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"<!-- measured: (\w+) -->\n(.*?)<!-- end -->", page, re.DOTALL))
    rows = {
        name: [[float(cell.strip(" %")) for cell in line.strip("|").split("|")] for line in text.split("\n")[2:-1]]
        for name, text in blocks.items()
    }
    assert all(covered >= 93 for _, _, covered, _ in rows["seeds"])
    assert all(corrected <= 7 for _, _, corrected, _, _ in rows["words"])
    assert all(called <= 5 for _, fall, called, _ in rows["gaps"] if fall >= 0.05)


def test_a_simulation_repeats_itself(monkeypatch):
    module = simulation(monkeypatch)
    monkeypatch.setattr(module, "RUNS", 20)
    assert module.coverage(3, 0.5) == module.coverage(3, 0.5)
