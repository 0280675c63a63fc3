"""Recall counts a question's own passage among the first that are found; on KorQuAD it is what is kept."""

import json

import numpy as np
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.prompts.retrieval import Bm25
from kotune.report.retrieval import kept_at
from kotune.scoring.recall import Asked, found_at, recall

KORQUAD = ROOT.parent / "shared/data/korquad-v1.0/KorQuAD_v1.0_dev.json"


def squad(path, articles):
    data = [
        {"paragraphs": [{"context": text, "qas": [{"question": one} for one in asked]} for text, asked in article]}
        for article in articles
    ]
    path.write_text(json.dumps({"data": data}, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_file_in_squads_layout_is_read_as_it_stands(tmp_path):
    asked = Asked.of_squad(
        squad(
            tmp_path / "a.json",
            [[("물가가 올랐다", ["무슨 물가?"])], [("강이 길다", []), ("산이 높다", ["산이?", "길다?"])]],
        )
    )
    assert asked.passages == ["물가가 올랐다", "강이 길다", "산이 높다"] and asked.places == [0, 2, 2]
    assert asked.articles == ["0", "1", "1"]
    assert found_at(asked, Bm25(asked.passages)).tolist() == [1, 1, 3], "the last asks for another passage"


def test_a_file_without_questions_is_one_error(tmp_path):
    with pytest.raises(UserError, match="it holds no question"):
        Asked.of_squad(squad(tmp_path / "a.json", []))


def test_shares_are_of_all_questions_and_intervals_hold_them():
    asked = Asked(["x"], ["q"] * 8, [0] * 8, ["a", "a", "b", "b", "c", "c", "d", "d"])
    found = recall(asked, np.array([1, 1, 2, 0, 6, 5, 1, 0]), 200)
    assert found["recall_1"]["mean"] == 0.375 and found["recall_5"]["mean"] == 0.625
    assert all(one["low"] <= one["mean"] <= one["high"] and one["low"] < one["high"] for one in found.values())


@pytest.mark.skipif(not KORQUAD.is_file(), reason="needs KorQuAD 1.0's dev file in ../shared/data")
def test_what_is_kept_is_what_korquad_gives():
    asked, kept = Asked.of_squad(KORQUAD), kept_at(ROOT)
    assert (len(asked.passages), len(asked.questions)) == (kept["passages"], kept["questions"])
    found = recall(asked, found_at(asked, Bm25(asked.passages)), 1000)
    by_name = {one["name"]: one for one in kept["found"]}
    assert [found[k]["mean"] for k in ("recall_1", "recall_5")] == [0.8961, 0.9822]
    assert all(found[k]["mean"] == by_name["bigrams"][k]["mean"] for k in found)
