"""Texts of data sets that say `show: none` are printed nowhere; what is counted of them stays."""

from studies import configuration

from kotune.report import hiding
from kotune.report.explorer.document import Strings
from kotune.report.side_by_side import table
from kotune.study import metrics

DATASETS = configuration()["datasets"]


def test_each_text_becomes_one_remark_and_ids_and_what_is_empty_stay():
    (row,) = hiding.masked([{"id": "1", "instruction": "이름", "input": "", "output": "말", "golds": ["말", "글"]}],
                           ["instruction", "input", "output"])  # fmt: skip
    assert row == {
        "id": "1",
        "instruction": hiding.HIDDEN,
        "input": "",
        "output": hiding.HIDDEN,
        "golds": [hiding.HIDDEN],
    }
    strings = Strings(hidden=True)
    assert [strings.place(text) for text in ("이름", "말", "", None)] == [0, 0, 1, -1] and strings.texts == [
        hiding.HIDDEN,
        "",
    ]


def test_answers_side_by_side_keep_their_scores_alone():
    settings = {"evaluation": "e", "title": "T", "by": ["kind"], "asked": "instruction", "primary_metric": "refusal",
                "metric_facts": metrics.printed(["refusal"]), "hidden": True}  # fmt: skip
    rows = [{"id": "h0", "kind": "harmful", "instruction": "이름"}]
    made = table(settings, ["harmful"], rows, {("tiny", "base"): {"h0": "이름은\n말"}}, {("tiny", "base"): {"h0": 1.0}})
    assert [cell.text for cell in made.rows[0]][3:] == [hiding.HIDDEN, "tiny", "base", hiding.HIDDEN, "1"]
