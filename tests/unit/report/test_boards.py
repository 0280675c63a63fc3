"""What is kept of a public board is what its scores give, stands in the docs, and is told of no model that is not on it."""

import pytest

from kotune.choice.board import summary
from kotune.choice.board_files import read_board
from kotune.core.catalogue import check, read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import sha256_of
from kotune.report import boards

LOGICKOR = "logickor-11c3a84"
PUBLISHED = ROOT.parent / "shared/data" / LOGICKOR / "scores.tsv"
CATALOGUE = read_yaml(ROOT / "config/models.yaml")["models"]


def kept():
    return boards.kept_at(ROOT)[LOGICKOR]


def test_the_kept_board_stands_in_the_docs():
    page = (ROOT / "docs/leaderboards.md").read_text(encoding="utf-8")
    assert boards.blocks({LOGICKOR: kept()})[f"board-{LOGICKOR}"] in page
    assert "65 models, 42 questions of 2 turns" in page and "no licence" in page


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="needs the board's scores as numbers in ../shared/data")
def test_the_kept_board_is_what_its_scores_give():
    assert kept()["sha256"] == sha256_of(PUBLISHED)
    assert summary(read_board(PUBLISHED)) == kept()["found"]


def test_a_key_that_nobody_knows_is_refused_and_so_is_a_text():
    document = kept()
    document["found"]["models"][0]["answer"] = "글"
    with pytest.raises(UserError, match="unknown key 'answer'"):
        check(document, "board", "config/boards")


def test_a_model_of_a_board_is_the_catalogues_only_under_its_hub_id():
    told = boards.standing({LOGICKOR: kept()}, CATALOGUE, ["eeve-korean-instruct-10.8b", "qwen2.5-3b-instruct"])
    assert [one["name"] for one in told if not one["on"]] == ["eeve-korean-instruct-10.8b", "qwen2.5-3b-instruct"]
    on = [one for one in told if one["on"]]
    assert on and all(one["on"][0]["model"] == CATALOGUE[one["name"]]["hub_id"] for one in on)
    table = boards.table(told)
    assert [row[2].text for row in table.rows] == ["on none"] * 2 + [kept()["title"]] * len(on)
    assert "not measured here" in table.notes[0] and table.rows[2][3].low < table.rows[2][3].value


def test_a_board_on_the_terminal_names_each_model_and_the_rule():
    shown = boards.on_terminal(kept()["found"])
    assert all(one["model"] in shown for one in kept()["found"]["models"])
    assert boards.RULE in shown and f"{kept()['found']['faults']['empty']} are empty" in shown
