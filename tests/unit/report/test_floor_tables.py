"""The table of what preferences can show says what is not known by a dash."""

from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.report.floor_tables import table

SHARE = {"mean": 0.62, "low": 0.5, "high": 0.71}
PAIRS = {"pairs": 1107, "prompts": 104, "topics": 18, "largest": [64, 20], "detectable": 0.641}


def test_each_number_has_its_row():
    made = table({"mine": {"pairs": {**PAIRS, "by_question": SHARE, "by_topic": None}}})
    assert "| mine: pairs | 1,107 of 104 prompts in 18 topics; the two largest hold 64 and 20 |" in made
    assert "| bigrams right by question, % | 62 [50, 71] |" in made and "by topic, % | – |" in made
    assert "| accuracy that 80 % power detects, % | 64 |" in made and "annotators" not in made


def test_what_was_measured_stands_in_the_docs():
    kept = read_json(ROOT / "docs/measured/floors.json")
    assert table(kept) in (ROOT / "docs/quality.md").read_text(encoding="utf-8")
