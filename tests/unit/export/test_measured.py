"""The table of exports of real models."""

from kotune.core.names import ROOT
from kotune.export import measured


def document(loses):
    score = {"metric": "char_f1", "before": 0.7154, "after": 0.7139, "low": -0.0135, "high": 0.0081}
    answers = {"agreement": 0.967, "rows": 584, "split": "valid", "score": score, "loses": loses}
    report = {"form": "gguf-q8_0", "model": "small", "arm": "lora", "seed": 1, "answers": answers}
    asked = {
        "study": "korquad",
        "card": "a card",
        "on": "1 May 2026",
        "dtype": "bfloat16",
        "commit": "0123456789abcdef",
    }
    return {**asked, "reports": [report]}


def test_a_form_is_a_row_with_its_scores_and_what_the_rule_says_of_it():
    lines = measured.table([document(False), document(True)]).splitlines()
    assert lines[2] == (
        "| korquad, small, lora, seed 1 | gguf-q8_0 | 96.7 % | char_f1, 584 rows of valid | 71.5 | 71.4 | -1.4 to +0.8 |  |"
    )
    assert "loses more than its noise" in lines[3]
    assert lines[-1] == "Measured on a card, 1 May 2026, bfloat16, commit 0123456789ab."


def test_what_is_kept_holds_each_form_of_an_arm():
    for one in measured.kept_at(ROOT):
        assert {report["form"] for report in one["reports"]} == {"merged", "gguf-f16", "gguf-q8_0", "adapter"}
